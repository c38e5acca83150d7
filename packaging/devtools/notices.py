"""THIRD-PARTY-NOTICES and the software bill of materials of a build: what is bundled, under which licence.

Run by the Python of the environment that was frozen: `notices.py RUNTIME_LOCK OUT_FOLDER QT_LICENCES...`.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import quote

_RULE = "=" * 78

_QT = """\
Soft Token uses Qt and Qt for Python (PySide6, shiboken6) under the GNU Lesser General Public License,
version 3. Both are unchanged. Their source code is published by The Qt Company at https://download.qt.io/
under the version numbers above; Qt's own list of third-party code is at
https://doc.qt.io/qt-6/licenses-used-in-qt.html.

You may replace these libraries by versions of your own. They are ordinary shared files beside the program:
`_internal/PySide6/Qt/lib/` and `_internal/PySide6/Qt/plugins/` hold Qt, `_internal/PySide6/` and
`_internal/shiboken6/` the Python bindings. Put a build of the same major version with the same file names
in their place and start the program again; nothing checks or refuses it. Reverse engineering for debugging
such changes is allowed.
"""

_SWAGGER_UI = """\
The package fastapi-swagger carries Swagger UI, unchanged: copyright SmartBear Software Inc., under the Apache License,
version 2.0 (its text is below, in the licences of cryptography). Its source code, and the list of what is built into
it (React and others, under the MIT, BSD and Apache licences), are at https://github.com/swagger-api/swagger-ui under
the version number that the file names.
"""


@dataclass(frozen=True, slots=True)
class Bundled:
    """One package of the bundle. `texts` are (file name, licence text)."""

    name: str
    version: str
    licence: str
    texts: tuple[tuple[str, str], ...]


def bundled(names: Iterable[str]) -> list[Bundled]:
    """What of `names` is installed here, sorted; a lock also names packages for other systems."""
    found: list[Bundled] = []
    for name in names:
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        found.append(Bundled(package.metadata["Name"], package.version, licence_of(package), tuple(_texts(package))))
    return sorted(found, key=lambda each: each.name.lower())


def licence_of(package: Distribution) -> str:
    """A package's licence in its words: the SPDX expression, else the classifiers, else the short field."""

    def values(field: str) -> list[str]:
        return [str(value) for value in package.metadata.get_all(field) or []]

    classifiers = [each.split(" :: ")[-1] for each in values("Classifier") if each.startswith("License ::")]
    words = [*values("License-Expression"), ", ".join(classifiers), *values("License"), "see below"]
    return next(word for word in words if word).splitlines()[0]


def notices(packages: list[Bundled], common: list[tuple[str, str]], python: str) -> str:
    """The text of THIRD-PARTY-NOTICES. `common` are the licence texts that Qt's packages do not carry."""
    parts = ["Soft Token contains the following software of others.\n"]
    parts.append("\n".join(f"{each.name} {each.version}: {each.licence}" for each in packages))
    parts.append(f"\nPython {sys.version.split()[0]}: PSF-2.0\n\n{_RULE}\nQt and Qt for Python\n{_RULE}\n\n{_QT}")
    if any(each.name == "fastapi-swagger" for each in packages):
        parts.append(f"{_RULE}\nSwagger UI\n{_RULE}\n\n{_SWAGGER_UI}")
    for name, text in common:
        parts.append(f"{_RULE}\n{name}\n{_RULE}\n\n{text}")
    parts.append(f"{_RULE}\nPython\n{_RULE}\n\n{python}")
    for each in packages:
        parts += [f"{_RULE}\n{each.name} {each.version}: {file}\n{_RULE}\n\n{text}" for file, text in each.texts]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def bill_of_materials(packages: list[Bundled], product: str, version: str) -> str:
    """The same list for programs: CycloneDX 1.6 JSON, the same bytes for the same packages."""

    def component(name: str, number: str, licence: str, kind: str) -> dict[str, object]:
        licences = [{"license": {"name": licence}}]
        address = f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(number)}"
        return {
            "type": kind,
            "bom-ref": address,
            "name": name,
            "version": number,
            "licenses": licences,
            "purl": address,
        }

    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(product, version, "Apache-2.0", "application")},
        "components": [component(each.name, each.version, each.licence, "library") for each in packages]
        + [{"type": "platform", "name": "python", "version": sys.version.split()[0]}],
    }
    return json.dumps(bill, indent=1) + "\n"


def main(lock: Path, out: Path, common: list[Path]) -> None:
    """Write THIRD-PARTY-NOTICES and sbom.cdx.json into `out`."""
    from devtools.environment import locked_names

    packages = bundled(locked_names(lock.read_text("utf-8")))
    without = [each.name for each in packages if not each.texts and not each.name.lower().startswith(_FROM_QT)]
    if without:
        raise SystemExit(f"No licence text in: {', '.join(without)}")
    texts = [(path.name, path.read_text("utf-8")) for path in common]
    (out / "THIRD-PARTY-NOTICES").write_text(notices(packages, texts, python_licence()), "utf-8")
    (out / "sbom.cdx.json").write_text(
        bill_of_materials(packages, "softtoken", distribution("softtoken").version), "utf-8"
    )


_FROM_QT = ("pyside6", "shiboken6")


def python_licence() -> str:
    """The licence text of the bundled Python: beside the standard library, or where Debian puts it."""
    number = f"{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(json.__file__).parent.parent
    for path in (library / "LICENSE.txt", Path(f"/usr/share/doc/python{number}/copyright"),
                 Path(f"/usr/share/doc/libpython{number}-minimal/copyright")):  # fmt: skip
        if path.is_file():
            return path.read_text("utf-8")
    raise SystemExit("The licence of this Python was not found.")


def _texts(package: Distribution) -> Iterable[tuple[str, str]]:
    for file in package.files or []:
        stem = file.name.lower()
        if ".dist-info/" in file.as_posix() and stem.startswith(("licen", "copying", "notice")):
            path = Path(str(package.locate_file(file)))
            if path.is_file():
                yield file.name, path.read_text("utf-8", errors="replace")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(each) for each in sys.argv[3:]])
