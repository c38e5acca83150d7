"""Every locked package has a licence that we allow: packaging/licences.toml says which, and for what.

Run by the Python of the environment that the locks were installed into: `licences.py LICENCES LOCKS_FOLDER`.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageMetadata as Metadata
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_GPL = re.compile(r"\bA?GPL-")


@dataclass(frozen=True, slots=True)
class Rule:
    """An exception for one package. shipped: it may come with the product, too."""

    licence: str
    shipped: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What licences.toml says. words: from old metadata to SPDX. read: what a person found out."""

    allowed: frozenset[str]
    words: Mapping[str, str]
    exceptions: Mapping[str, Rule]
    read: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the locks; licence: as SPDX, or None if nothing tells."""

    name: str
    licence: str | None
    shipped: bool


def rules_of(text: str) -> Rules:
    """From the file's text. Raises TypeError for an exception without its three parts."""
    raw = tomllib.loads(text)
    exceptions = {name: Rule(**rule) for name, rule in raw.get("exceptions", {}).items()}
    return Rules(frozenset(raw["allowed"]), raw.get("words", {}), exceptions, raw.get("read", {}))


def faults(packages: Iterable[Locked], rules: Rules) -> list[str]:
    """A sentence for each package that may not be there, and for each line of the file that nothing needs."""
    packages = sorted(packages, key=lambda each: each.name)
    found = [fault for fault in (_fault(each, rules) for each in packages) if fault]
    names = {each.name for each in packages}
    for kind, listed in (("exception", rules.exceptions), ("read licence", rules.read)):
        found += [f"{name}: {kind} of a package that is not locked" for name in sorted(set(listed) - names)]
    for name, rule in sorted(rules.exceptions.items()):
        if not rule.reason.strip():
            found.append(f"{name}: an exception without a reason")
        if rule.shipped and _GPL.search(rule.licence.replace("LGPL-", "")):
            found.append(f"{name}: nothing under the GPL is shipped")
    return found


def choices(expression: str) -> list[frozenset[str]]:
    """The ways to satisfy an SPDX expression without parentheses: OR of ANDs."""
    return [frozenset(part.split(" AND ")) for part in expression.split(" OR ")]


def spdx_of(metadata: Metadata, words: Mapping[str, str]) -> str | None:
    """A licence in SPDX's words: the expression, else the classifiers together, else the short field."""
    for expression in metadata.get_all("License-Expression") or []:
        return str(expression)
    classified = [
        str(each).split(" :: ")[-1]
        for each in metadata.get_all("Classifier") or []
        if str(each).startswith("License :: OSI Approved :: ")
    ]
    known = [words[each] for each in classified if each in words]
    if classified and len(known) == len(classified):
        return " AND ".join(known)
    short = "".join(str(each) for each in metadata.get_all("License") or []).strip()
    if "\n" in short or not short:
        return None
    return words.get(short, short)


def locked(folder: Path, rules: Rules) -> list[Locked]:
    """What the locks name, with what is installed here or was read of each. runtime.txt is what is shipped."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from devtools.environment import locked_names

    names = {path.stem: set(locked_names(path.read_text("utf-8"))) for path in folder.glob("*.txt")}
    every = set().union(*names.values())
    return [Locked(name, _licence(name, rules), name in names["runtime"]) for name in sorted(every)]


def main(licences: Path, folder: Path) -> None:
    """Ends the process with a sentence for each fault."""
    rules = rules_of(licences.read_text("utf-8"))
    packages = locked(folder, rules)
    found = faults(packages, rules)
    if found:
        raise SystemExit("Licences that packaging/licences.toml does not allow:\n  " + "\n  ".join(found))
    print(f"   {len(packages)} packages")


def _licence(name: str, rules: Rules) -> str | None:
    try:
        told = spdx_of(distribution(name).metadata, rules.words)
    except PackageNotFoundError:
        told = None
    return told or rules.read.get(name)


def _fault(package: Locked, rules: Rules) -> str | None:
    if package.licence is None:
        return f"{package.name}: its licence cannot be told; read it, and write it down under [read]"
    if any(choice <= rules.allowed for choice in choices(package.licence)):
        return None
    rule = rules.exceptions.get(package.name)
    if rule is None or frozenset({rule.licence}) not in choices(package.licence):
        return f"{package.name}: {package.licence}"
    if package.shipped and not rule.shipped:
        return f"{package.name}: {package.licence} is for development alone, and this is shipped"
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
