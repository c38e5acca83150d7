"""What goes with a build: notices, bill of materials, changelog, desktop files, checksums."""

import configparser
import hashlib
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from devtools import build, debian, environment, notices
from devtools.project import DevError, this_project

from softtoken.cli.main import cli

_PROJECT = this_project()
_LINUX = _PROJECT.packaging / "linux"
_EPOCH = 1790000000
_SCHEMES = {f"x-scheme-handler/{scheme}" for scheme in ("softtoken", "otpauth")}


def test_every_runtime_package_installed_here_has_a_licence_and_its_text() -> None:
    names = environment.locked_names((_PROJECT.requirements / "runtime.txt").read_text("utf-8"))
    packages = notices.bundled(names)
    assert {"cryptography", "httpx", "keyring"} <= {each.name for each in packages}
    assert [each.name for each in packages if each.licence == "see below"] == []
    assert {each.name for each in packages if not each.texts} <= {"PySide6_Essentials", "shiboken6"}


def test_notices_name_each_package_carry_its_text_and_say_how_to_replace_qt() -> None:
    one = notices.Bundled("alpha", "1.0", "MIT", (("LICENSE", "Permission is hereby granted"),))
    text = notices.notices([one], [("LGPL-3", "GNU LESSER")], "PSF LICENSE")
    for part in ("alpha 1.0: MIT", "Permission is hereby granted", "GNU LESSER", "PSF LICENSE"):
        assert part in text
    assert "You may replace these libraries" in text


def test_a_package_that_is_not_installed_is_not_bundled() -> None:
    assert notices.bundled(["no-such-package-at-all"]) == []


def test_the_bill_of_materials_is_cyclonedx_with_unique_references() -> None:
    packages = notices.bundled(["httpx", "msgspec"])
    bill = json.loads(notices.bill_of_materials(packages, "softtoken", "1"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    addresses = [each["purl"] for each in bill["components"] if "purl" in each]
    assert [address.split("@")[0] for address in addresses] == ["pkg:pypi/httpx", "pkg:pypi/msgspec"]


def test_debians_tools_read_our_changelog(tmp_path: Path) -> None:
    if shutil.which("dpkg-parsechangelog") is None:
        pytest.skip("dpkg-parsechangelog is not installed")
    path = tmp_path / "changelog"
    path.write_text(debian.changelog("1.2.3", _EPOCH), "utf-8")
    told = subprocess.run(
        ["dpkg-parsechangelog", "-l", str(path)], capture_output=True, encoding="utf-8", check=True
    ).stdout
    assert "Version: 1.2.3\n" in told
    assert f"Timestamp: {_EPOCH}\n" in told


def test_the_desktop_file_hands_over_links_as_arguments_only() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[method-assign,assignment]
    entry.read(_LINUX / f"{debian.APP_ID}.desktop", "utf-8")
    fields = entry["Desktop Entry"]
    assert fields["Exec"] == "softtoken -- %u"
    assert set(fields["MimeType"].strip(";").split(";")) == _SCHEMES
    assert (fields["Icon"], fields["StartupWMClass"]) == (debian.APP_ID, "softtoken")


def test_templates_are_filled_in(tmp_path: Path) -> None:
    shutil.copytree(_LINUX, tmp_path / "linux")
    debian.fill_in(tmp_path / "linux", "1.2.3", _EPOCH)
    assert not list((tmp_path / "linux").glob("*.in"))
    info = ElementTree.parse(tmp_path / "linux" / f"{debian.APP_ID}.metainfo.xml").getroot()  # noqa: S314 - ours
    release = info.find("releases/release")
    assert release is not None
    assert release.attrib == {"version": "1.2.3", "date": "2026-09-21"}
    assert {each.text for each in info.findall("provides/mediatype")} == _SCHEMES
    assert "softtoken 1.2.3" in (tmp_path / "linux" / "softtoken.1").read_text("utf-8")


def test_the_manual_page_has_every_command_and_no_other() -> None:
    text = (_LINUX / "softtoken.1.in").read_text("utf-8")
    listed = text[text.index(".SH COMMANDS") : text.index(".SH OPTIONS")]
    heads = re.findall(r"^\.TP\n\.BR? (.+)$", listed, re.MULTILINE)
    named = {word for head in heads for word in re.findall(r"[a-z]{3,}", re.sub(r"pin \" \" [a-z]+|\[.*", "pin", head))}
    assert named == set(cli.commands)


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    build.write_checksums(tmp_path)
    lines = build.write_checksums(tmp_path)
    assert lines == [f"{hashlib.sha256(text).hexdigest()}  {name}" for name, text in (("a", b"one"), ("b", b"two"))]
    assert (tmp_path / "SHA256SUMS").read_text("utf-8").splitlines() == lines


def test_a_folder_with_a_mount_in_it_is_not_deleted(tmp_path: Path) -> None:
    mounts = "proc /proc proc rw 0 0\nudev {0}/a\\040b/dev devtmpfs rw 0 0\n"
    with pytest.raises(DevError, match="a b/dev"):
        build.require_nothing_mounted(tmp_path, mounts.format(tmp_path))
    build.require_nothing_mounted(tmp_path / "other", mounts.format(tmp_path))


def test_the_build_takes_its_time_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "42")
    assert build.source_date(_PROJECT) == 42


def test_a_frozen_program_that_says_something_else_fails_the_build(tmp_path: Path) -> None:
    program = tmp_path / "softtoken"
    program.touch(0o755)
    bad = {
        "echo softtoken 1.0; echo warning >&2": "--version",
        "echo softtoken 0.9": "--version",
        "echo softtoken 1.0; test $1 != demo": "demo --headless",
    }
    for script, where in bad.items():
        program.write_text(f"#!/bin/sh\n{script}\n")
        with pytest.raises(DevError, match=f"fails at {where}"):
            build.smoke(program, "1.0")
    program.write_text("#!/bin/sh\necho softtoken 1.0\n")
    build.smoke(program, "1.0")


def test_the_icon_is_one_drawing_without_foreign_parts() -> None:
    drawing = ElementTree.parse(_PROJECT.root / "resources" / "icons" / "softtoken.svg").getroot()  # noqa: S314 - ours
    assert drawing.attrib["viewBox"] == "0 0 128 128"
    tags = {each.tag.split("}")[1] for each in drawing.iter()}
    assert tags.isdisjoint({"image", "use", "script", "foreignObject", "style"})
