"""What of a frozen program is left out, and what must never be."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from devtools import trim
from devtools.trim import Entry

_QT = "PySide6/Qt"


@pytest.mark.parametrize(
    "name",
    [
        f"{_QT}/plugins/platforms/libqxcb.so",
        f"{_QT}/plugins/platforms/libqwayland.so",
        f"{_QT}/plugins/platforms/libqwayland-egl.so",
        f"{_QT}/plugins/platforms/libqoffscreen.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        f"{_QT}/plugins/platforms/libqcocoa.dylib",
        f"{_QT}/plugins/imageformats/libqsvg.so",
        f"{_QT}/plugins/wayland-shell-integration/libxdg-shell.so",
        f"{_QT}/plugins/printsupport/libcupsprintersupport.so",  # the recovery code on paper
        "PySide6/plugins/printsupport/windowsprintersupport.dll",
        f"{_QT}/translations/qtbase_de.qm",
        f"{_QT}/translations/qtbase_pt_BR.qm",
        "keyring-25.7.0.dist-info/entry_points.txt",
        "softtoken/resources/manifest.json",
    ],
)
def test_what_the_window_needs_stays(name: str) -> None:
    assert trim.is_wanted(name)


@pytest.mark.parametrize(
    "name",
    [
        f"{_QT}/plugins/platformthemes/libqgtk3.so",
        f"{_QT}/plugins/platforms/libqvnc.so",
        f"{_QT}/plugins/sqldrivers/libqsqlite.so",
        f"{_QT}/plugins/a-folder-of-the-next-release/libnew.so",
        f"{_QT}/translations/qtdeclarative_de.qm",
        "PySide6/opengl32sw.dll",
        "keyring-25.7.0.dist-info/RECORD",
        "softtoken-0.1.0.dist-info/direct_url.json",
    ],
)
def test_what_nothing_uses_goes(name: str) -> None:
    assert not trim.is_wanted(name)


def test_qt_is_not_loaded_before_anybody_wants_a_window() -> None:
    names = ("harden_first", "pyi_rth_inspect", "pyi_rth_pyside6", "launcher")
    scripts: list[Entry] = [(name, f"/{name}.py", "PYSOURCE") for name in names]
    left = [entry[0] for entry in trim.without_eager_qt(scripts, "linux")]
    assert left == ["harden_first", "pyi_rth_inspect", "launcher"]
    assert trim.without_eager_qt(scripts, "win32") == scripts
    with pytest.raises(ValueError, match="pyi_rth_pyside6"):
        trim.without_eager_qt(scripts[:1], "linux")


def test_libraries_of_debian_are_left_to_debian() -> None:
    system = ("libssl.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3", "BINARY")
    python = ("libpython3.11.so.1.0", "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "BINARY")
    extension = ("lib-dynload/_ssl.so", "/usr/lib/python3.11/lib-dynload/_ssl.so", "EXTENSION")
    wheel = (f"{_QT}/lib/libQt6Core.so.6", "/venv/PySide6/Qt/lib/libQt6Core.so.6", "BINARY")
    assert [trim.comes_from_the_system(entry) for entry in (system, python, extension, wheel)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_library_stays_while_something_left_needs_it_through_others_too() -> None:
    def library(name: str) -> Entry:
        return f"{_QT}/lib/{name}", name, "BINARY"

    binaries: list[Entry] = [
        (f"{_QT}/plugins/platforms/libqxcb.so", "xcb", "BINARY"),
        ("PySide6/QtCore.abi3.so", "core", "EXTENSION"),
        library("libQt6XcbQpa.so.6"),
        library("libicudata.so.73"),
        library("libQt6Quick.so.6"),
        library("libQt6Qml.so.6"),
        ("libQt6XcbQpa.so.6", f"{_QT}/lib/libQt6XcbQpa.so.6", "SYMLINK"),
        ("libQt6Quick.so.6", f"{_QT}/lib/libQt6Quick.so.6", "SYMLINK"),
        ("libpython3.11.so.1.0", "python", "BINARY"),
    ]
    needs = {"xcb": ["libQt6XcbQpa.so.6", "libc.so.6"], "libQt6XcbQpa.so.6": ["libicudata.so.73"]}
    needs["libQt6Quick.so.6"] = ["libQt6Qml.so.6"]

    def needed(path: str) -> Iterable[str]:
        return needs.get(path, [])

    left = {entry[0] for entry in trim.only_needed(binaries, needed)}
    gone = {entry[0] for entry in binaries} - left
    assert gone == {f"{_QT}/lib/libQt6Quick.so.6", f"{_QT}/lib/libQt6Qml.so.6", "libQt6Quick.so.6"}


def test_no_link_is_left_that_points_to_nothing() -> None:
    datas: list[Entry] = [
        ("PySide6/a.so", "Qt/lib/gone.so", "SYMLINK"),
        ("PySide6/b.so", "../kept", "SYMLINK"),
        ("kept", "/venv/kept", "DATA"),
    ]
    _, left = trim.trimmed([], datas, "linux")
    assert [entry[0] for entry in left] == ["PySide6/b.so", "kept"]


def test_an_archive_is_the_same_whatever_order_it_was_written_in(tmp_path: Path) -> None:
    for number, names in enumerate((["a", "b"], ["b", "a"])):
        with zipfile.ZipFile(tmp_path / str(number), "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, f"content of {name}")
        trim.sort_archive(tmp_path / str(number))
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()
    with zipfile.ZipFile(tmp_path / "0") as archive:
        assert archive.read("b") == b"content of b"
