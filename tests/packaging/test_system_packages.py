"""What dev.py says a Debian system lacks, and what it does where there is no Debian."""

from collections.abc import Sequence

import pytest
from devtools import system

_LISTING = (
    "libegl1\tinstalled\t\n"
    "libglib2.0-0t64\tinstalled\tlibglib2.0-0 (= 2.84), libgthread-2.0-0\n"
    "xvfb\tconfig-files\t\n"
    "libfoo:amd64\tinstalled\tlibbar:amd64 (= 1)\n"
)


class Dpkg:
    """Answers for dpkg-query with a listing, or for a system that has none."""

    def __init__(self, listing: str | None) -> None:
        self.listing = listing
        self.asked: list[str] = []

    def __call__(self, command: Sequence[str]) -> str | None:
        self.asked.append(command[0])
        return self.listing if command[0] == "dpkg-query" else None


def test_a_package_is_there_by_name_or_because_another_provides_it() -> None:
    lacks = system.missing(["libegl1", "libglib2.0-0", "libbar"], Dpkg(_LISTING))
    assert lacks == system.Shortage(())


def test_a_package_whose_settings_alone_are_left_is_missing() -> None:
    lacks = system.missing(["xvfb", "libegl1", "openbox"], Dpkg(_LISTING))
    assert lacks is not None
    assert lacks.packages == ("openbox", "xvfb")
    assert lacks.command == "apt-get install --no-install-recommends openbox xvfb"


def test_without_dpkg_nobody_knows_and_nothing_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert system.missing(["xvfb"], Dpkg(None)) is None
    assert not system.provide(["xvfb"], "the tests", Dpkg(None))
    assert "xvfb" in capsys.readouterr().out


def test_nothing_is_asked_of_apt_when_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    dpkg = Dpkg(_LISTING)
    assert system.provide(["libegl1"], "the window", dpkg)
    assert dpkg.asked == ["dpkg-query"]
    assert capsys.readouterr().out == ""


def test_who_is_not_root_is_told_the_exact_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not system.provide(["openbox", "libegl1"], "the tests", Dpkg(_LISTING))
    assert "As root, run: apt-get install --no-install-recommends openbox" in capsys.readouterr().out


def test_the_real_dpkg_answers_as_expected() -> None:
    lacks = system.missing(["dpkg", "no-such-package-at-all"])
    if lacks is None:
        pytest.skip("this is not a Debian system")
    assert lacks.packages == ("no-such-package-at-all",)


def test_names_of_venv_packages() -> None:
    assert system.venv_package((3, 11)) == "python3.11-venv"
