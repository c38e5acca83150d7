"""What of a frozen program is not shipped: Qt's unused plug-ins, and libraries that the system brings.

An entry is PyInstaller's (destination, source, kind), with kinds BINARY, EXTENSION, DATA and SYMLINK.
"""

import os
import posixpath
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

Entry = tuple[str, str, str]

EXCLUDED_MODULES = [
    "_pytest", "distutils", "doctest", "ensurepip", "idlelib", "lib2to3", "pip", "pkg_resources", "pydoc",
    "pytest", "setuptools", "test", "tkinter",
    # optional parts of httpx and pydantic that are not installed, or are for developers
    "IPython", "h2", "mypy", "numpy", "pygments", "rich", "socksio", "trio",
]  # fmt: skip

# what stays of each folder of Qt's plug-ins; the GTK theme alone would pull in some thirty libraries
_KEPT_PLUGINS = {
    "iconengines": r"qsvgicon",
    "imageformats": r"q(svg|ico|jpeg|gif|webp)",
    "platforminputcontexts": r"(compose|ibus)platforminputcontextplugin",
    "platforms": r"q(xcb|wayland.*|offscreen|minimal|windows|cocoa)",
    "platformthemes": r"qxdgdesktopportal",
    "printsupport": r"(cups|cocoa|windows)printersupport",
    "styles": r".*",
    "wayland-decoration-client": r"adwaita|bradient",
    "wayland-shell-integration": r"xdg-shell",
}
_PLUGIN = re.compile(r"PySide6/(?:Qt/)?plugins/([^/]+)/(?:lib)?([^/]+?)\.(?:so|dll|dylib)$")
_TRANSLATION = re.compile(r"PySide6/(?:Qt/)?translations/(\w+?)_[a-z]{2}(?:_[A-Z]{2})?\.qm$")
# RECORD hashes scripts that name the build folder, direct_url.json names it itself
_OF_THE_BUILD = re.compile(r"\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$")
_LIBRARY = re.compile(r"lib[^/]+\.so(\.\d+)*$")
_ROOT_LIBRARY = re.compile(r"lib(python3|pyside6|shiboken6)")

# loads QtCore at each start, for commands too, and names the bundle's plug-ins to every program that ours starts;
# PySide6's wheels find their plug-ins by themselves
_EAGER_QT = "pyi_rth_pyside6"

# the libraries that a file names as needed
Needed = Callable[[str], Iterable[str]]


def trimmed(binaries: list[Entry], datas: list[Entry], platform: str) -> tuple[list[Entry], list[Entry]]:
    """What stays of `binaries` and `datas` on `platform` (sys.platform's names)."""
    binaries = [entry for entry in binaries if is_wanted(entry[0])]
    datas = [entry for entry in datas if is_wanted(entry[0])]
    if platform == "linux":
        binaries = [entry for entry in binaries if not comes_from_the_system(entry)]
        binaries = only_needed(binaries, needed_by)
        kept = {entry[0] for entry in binaries} | {entry[0] for entry in datas}
        binaries = [entry for entry in binaries if not _dangles(entry, kept)]
        datas = [entry for entry in datas if not _dangles(entry, kept)]
    return binaries, datas


def without_eager_qt(scripts: Iterable[Entry], platform: str) -> list[Entry]:
    """What runs at the start, on Linux without PyInstaller's hook for Qt. Raises ValueError if there is none."""
    found = list(scripts)
    if platform != "linux":
        return found  # never run there without it
    left = [entry for entry in found if entry[0] != _EAGER_QT]
    if len(left) == len(found):
        raise ValueError(f"PyInstaller has no {_EAGER_QT} any more: look at what it does instead")
    return left


def is_wanted(destination: str) -> bool:
    """Whether a file of the bundle is one that the product uses or has to carry."""
    name = destination.replace("\\", "/")
    if _OF_THE_BUILD.search(name):
        return False
    if plugin := _PLUGIN.search(name):
        return re.fullmatch(_KEPT_PLUGINS.get(plugin[1], r"(?!)"), plugin[2]) is not None
    if translation := _TRANSLATION.search(name):
        return translation[1] == "qtbase"
    # Windows: software OpenGL, 20 MB, is for Qt Quick alone
    return not name.lower().endswith("opengl32sw.dll")


def comes_from_the_system(entry: Entry) -> bool:
    """Whether a Debian package that the .deb depends on brings this library, and its security updates."""
    destination, source, kind = entry
    real = os.path.realpath(source)
    if kind != "BINARY" or posixpath.basename(destination).startswith("libpython3") or "/python3" in real:
        return False
    return re.match(r"/(usr/)?lib/", real) is not None


def only_needed(binaries: list[Entry], needed: Needed) -> list[Entry]:
    """`binaries` without the libraries that nothing left still needs, followed through all of them."""
    libraries = {
        posixpath.basename(entry[0]): entry for entry in binaries if entry[2] == "BINARY" and _is_library(entry)
    }
    todo = [entry[1] for entry in binaries if not _is_library(entry) and entry[2] != "SYMLINK"]
    seen: set[str] = set()
    while todo:
        for name in needed(todo.pop()):
            if name in libraries and name not in seen:
                seen.add(name)
                todo.append(libraries[name][1])
    return [entry for entry in binaries if not _is_library(entry) or posixpath.basename(entry[0]) in seen]


def needed_by(path: str) -> list[str]:
    """The DT_NEEDED names of an ELF file; none for another file."""
    done = subprocess.run(["objdump", "-p", path], capture_output=True, encoding="utf-8", errors="replace", check=False)
    return re.findall(r"NEEDED\s+(\S+)", done.stdout)


def sort_archive(path: Path) -> None:
    """Write a zip file again, members sorted and without times: PyInstaller writes them in a set's order."""
    if not path.exists():
        return
    with zipfile.ZipFile(path) as archive:
        members = sorted((info.filename, archive.read(info)) for info in archive.infolist())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def _is_library(entry: Entry) -> bool:
    # plug-ins and extension modules are looked up by path at run time: nothing names them, and all stay
    destination, base = entry[0], posixpath.basename(entry[0])
    top = "/" not in destination or "/Qt/lib/" in destination
    return top and _LIBRARY.match(base) is not None and not _ROOT_LIBRARY.match(base)


def _dangles(entry: Entry, kept: set[str]) -> bool:
    destination, source, kind = entry
    return kind == "SYMLINK" and posixpath.normpath(posixpath.join(posixpath.dirname(destination), source)) not in kept
