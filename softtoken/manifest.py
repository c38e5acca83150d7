"""The app digest: one number that names the files of this release.

It is an input of every managed code, so a server that knows the digests of the released versions refuses codes
of a changed program. It is attestation by convention: a patched program can lie (docs/threat-model.md).
"""

import hashlib
import json
from pathlib import Path

from softtoken.resources import resource_path

_PACKAGE = Path(__file__).resolve().parent
_MANIFEST = "manifest.json"


def file_digests(package: Path, resources: Path) -> dict[str, str]:
    """SHA-256 (hex) of each shipped file, by its path as installed: `softtoken/...`, with forward slashes."""
    found = {f"softtoken/{path.relative_to(package).as_posix()}": path for path in package.rglob("*.py")}
    found |= {
        f"softtoken/resources/{path.relative_to(resources).as_posix()}": path
        for path in resources.rglob("*")
        if path.is_file() and path.name != _MANIFEST
    }
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(found.items())}


def app_digest() -> bytes:
    """SHA-512 (64 bytes) over the sorted lines `<sha256> <path>` of this program's files.

    A release carries a manifest, written at packaging time. Files of it that can be read are hashed again, so a
    changed file changes the digest; files that a frozen build keeps inside its archive count as the manifest says.
    A checkout has no manifest and hashes its files.
    """
    manifest = resource_path(_MANIFEST)
    if not manifest.is_file():
        return digest_of(file_digests(_PACKAGE, resource_path()))
    digests: dict[str, str] = json.loads(manifest.read_text("utf-8"))
    for name in digests:
        path = _PACKAGE.parent / name
        if path.is_file():
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest_of(digests)


def digest_of(digests: dict[str, str]) -> bytes:
    """SHA-512 over a manifest's sorted lines."""
    lines = "".join(f"{digest} {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha512(lines.encode()).digest()
