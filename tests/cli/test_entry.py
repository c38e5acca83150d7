"""Who answers: the window, the command line, or __main__ itself."""

import pytest

from softtoken import __main__, __version__
from softtoken.__main__ import _home, _wants_window


@pytest.mark.parametrize(
    ("args", "window"),
    [
        ([], True),
        (["--"], True),
        (["--", "otpauth://totp/x?secret=A"], True),
        (["softtoken://activate?server=a"], True),
        (["OTPAUTH://totp/x"], True),
        (["demo"], True),
        (["demo", "--headless"], False),
        (["demo", "--help"], False),
        (["list"], False),
        (["--", "list"], False),
        (["--", "otpauth://a", "otpauth://b"], False),
        (["-style", "fusion"], False),
        (["--help"], False),
    ],
)
def test_who_answers(args: list[str], window: bool) -> None:
    assert _wants_window(args) is window


@pytest.mark.parametrize(
    ("args", "home", "rest"),
    [
        (["--home", "/a", "list"], "/a", ["list"]),
        (["--home=/a"], "/a", []),
        (["--home"], None, ["--home"]),
        (["list", "--home", "/a"], None, ["list", "--home", "/a"]),
    ],
)
def test_home_is_found(args: list[str], home: str | None, rest: list[str]) -> None:
    assert _home(args) == (home, rest)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out == f"softtoken {__version__}\n"
