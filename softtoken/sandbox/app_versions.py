"""The releases whose codes are accepted: one record per app digest, each with a check that is on or off."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from softtoken import __version__
from softtoken.sandbox.refusal import not_found

LATEST = 3
OWN_NAME = "Soft Token"


@dataclass(frozen=True, slots=True)
class AppVersion:
    """digest: 64 bytes. latest: among the newest three whose check is on, so its codes are accepted."""

    digest: bytes
    name: str
    version: str
    digest_check: bool
    latest: bool


def list_versions(db: sqlite3.Connection) -> list[AppVersion]:
    """Newest first."""
    accepted = latest_digests(db)
    return [
        AppVersion(row["digest"], row["name"], row["version"], bool(row["digest_check"]), row["digest"] in accepted)
        for row in db.execute("SELECT * FROM app_versions ORDER BY rank DESC")
    ]


def latest_digests(db: sqlite3.Connection) -> tuple[bytes, ...]:
    """What codes are verified against, newest first. A record whose check is off takes no place."""
    rows = db.execute("SELECT digest FROM app_versions WHERE digest_check ORDER BY rank DESC LIMIT ?", (LATEST,))
    return tuple(row["digest"] for row in rows)


def put_version(db: sqlite3.Connection, digest: bytes, name: str, version: str, *, digest_check: bool) -> AppVersion:
    """A new record is the newest; a known one is changed and keeps its place."""
    db.execute(
        f"{_INSERT} ON CONFLICT (digest) DO UPDATE"
        " SET name = excluded.name, version = excluded.version, digest_check = excluded.digest_check",
        (digest, name, version, digest_check),
    )
    return next(record for record in list_versions(db) if record.digest == digest)


def delete_version(db: sqlite3.Connection, digest: bytes) -> None:
    """Raises Refusal (404)."""
    if not db.execute("DELETE FROM app_versions WHERE digest = ?", (digest,)).rowcount:
        raise not_found("App version not found")


def register_own(db: sqlite3.Connection, digests: Collection[bytes]) -> None:
    """This package's releases, oldest first. One that is known becomes the newest again; its check stays as it is."""
    for digest in digests:
        db.execute(
            f"{_INSERT} ON CONFLICT (digest) DO UPDATE"
            " SET name = excluded.name, version = excluded.version, rank = excluded.rank",
            (digest, OWN_NAME, __version__, True),
        )


# WHERE true: without it SQLite takes the ON of the conflict clause for one of a join
_INSERT = (
    "INSERT INTO app_versions (digest, name, version, digest_check, rank)"
    " SELECT ?, ?, ?, ?, coalesce(max(rank), 0) + 1 FROM app_versions WHERE true"
)
