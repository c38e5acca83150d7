"""The licence allow-list: what it lets through, and that the locks of today hold to it."""

from email.message import Message
from importlib.metadata import PackageMetadata
from pathlib import Path
from typing import cast

import pytest
from devtools.licences import Locked, Rule, Rules, faults, locked, rules_of, spdx_of

PACKAGING = Path(__file__).parents[2] / "packaging"


def rules(**changed: object) -> Rules:
    parts: dict[str, object] = {
        "allowed": frozenset({"MIT", "Apache-2.0"}),
        "words": {"MIT License": "MIT"},
        "exceptions": {},
        "read": {},
    }
    return Rules(**{**parts, **changed})  # type: ignore[arg-type]


def metadata(*fields: tuple[str, str]) -> PackageMetadata:
    message = Message()
    for name, value in fields:
        message[name] = value
    return cast("PackageMetadata", message)


def test_the_locks_hold_to_the_list() -> None:
    real = rules_of((PACKAGING / "licences.toml").read_text("utf-8"))
    assert faults(locked(PACKAGING / "requirements", real), real) == []
    assert not [each for each in real.allowed if "GPL" in each]


@pytest.mark.parametrize(
    ("licence", "fault"),
    [
        ("MIT", False),
        ("GPL-3.0-only OR MIT", False),
        ("MIT AND Apache-2.0", False),
        ("MIT AND GPL-3.0-only", True),
        ("GPL-3.0-only", True),
        ("AGPL-3.0-only", True),
        ("(MIT AND GPL-3.0-only)", True),
        ("Something of our own", True),
        (None, True),
    ],
)
def test_what_may_be_locked(licence: str | None, fault: bool) -> None:
    assert bool(faults([Locked("one", licence, shipped=True)], rules())) is fault


def test_an_exception_is_for_one_package_one_licence_and_one_use() -> None:
    known = rules(exceptions={"tool": Rule("GPL-2.0-only", shipped=False, reason="we run it")})
    assert faults([Locked("tool", "GPL-2.0-only", shipped=False)], known) == []
    assert "development alone" in faults([Locked("tool", "GPL-2.0-only", shipped=True)], known)[0]
    assert faults([Locked("tool", "GPL-3.0-only", shipped=False)], known) == ["tool: GPL-3.0-only"]
    assert faults([Locked("other", "GPL-2.0-only", shipped=False)], known)[0] == "other: GPL-2.0-only"


def test_nothing_under_the_gpl_is_shipped_whatever_the_file_says() -> None:
    for licence, refused in (("GPL-3.0-only", True), ("AGPL-3.0-only", True), ("LGPL-3.0-only", False)):
        known = rules(exceptions={"one": Rule(licence, shipped=True, reason="because")})
        assert bool(faults([Locked("one", licence, shipped=True)], known)) is refused


def test_the_file_has_no_line_that_nothing_needs_and_none_without_a_reason() -> None:
    known = rules(exceptions={"gone": Rule("MPL-2.0", shipped=False, reason=" ")}, read={"gone-too": "MIT"})
    assert faults([], known) == [
        "gone: exception of a package that is not locked",
        "gone-too: read licence of a package that is not locked",
        "gone: an exception without a reason",
    ]


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "ignored")], "MIT OR Apache-2.0"),
        ([("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        ([("Classifier", "License :: OSI Approved :: BSD License"), ("License", "MIT")], "MIT"),
        ([("Classifier", "License :: OSI Approved :: BSD License")], None),  # which of them?
        ([("License", "MIT License")], "MIT"),
        ([("License", "A whole text\nof many lines")], None),
        ([], None),
    ],
)
def test_what_metadata_says(fields: list[tuple[str, str]], licence: str | None) -> None:
    assert spdx_of(metadata(*fields), {"MIT License": "MIT"}) == licence
