"""The sandbox's one file: SQLite, opened for each transaction, one transaction at a time.

The keys in it are not encrypted. It is a developer's play server: whoever reads the file may log in to it, so only its
owner may.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from softtoken.errors import SoftTokenError

FILE_NAME = "sandbox.sqlite3"


class StoreUnusable(SoftTokenError):  # noqa: N818 - named after what happened
    """The file cannot be opened, is no database, or was written by a newer version. It is left as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the sandbox's file cannot be used: {reason}")
        self.path = path
        self.reason = reason


class Store:
    """The server's state. Made ready in the constructor, a file of an older version too; nothing stays open between
    transactions.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._turn = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            if os.name == "posix":
                self._path.chmod(0o600)  # one that was copied here may have come with wider rights
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreUnusable(self._path, type(error).__name__) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens or nothing; rows come as sqlite3.Row. Never hold one over a KDF.

        The lock gives threads their turn; BEGIN IMMEDIATE does so for other processes, within 5 seconds.
        """
        with self._turn, closing(self._connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        return db

    def _prepare(self) -> None:
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(_VERSIONS):
                raise StoreUnusable(self._path, f"version {version}")
            for statements in _VERSIONS[version:]:
                for statement in statements:
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(_VERSIONS)}")


_VERSION_1 = (
    # wrong_codes: unsuccessful operations in a row; three lock. static_password: an Argon2id PHC string
    """CREATE TABLE users (
        user_id TEXT PRIMARY KEY,
        static_password TEXT,
        wrong_codes INTEGER NOT NULL DEFAULT 0
    )""",
    # mac_key: K of docs/activation.md; the password itself is not kept. device_code: its SHA-256.
    # signature: its HMAC under K, once it proved right
    """CREATE TABLE registrations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        registration_id TEXT NOT NULL UNIQUE,
        user_id TEXT NOT NULL REFERENCES users,
        kind TEXT NOT NULL,
        mac_key BLOB NOT NULL,
        expires INTEGER NOT NULL,
        wrong_tries INTEGER NOT NULL DEFAULT 0,
        device_code BLOB,
        message TEXT,
        signature BLOB
    )""",
    # a serial has an owner once its registration is activated
    """CREATE TABLE authenticators (
        serial TEXT PRIMARY KEY,
        user_id TEXT REFERENCES users,
        digits INTEGER NOT NULL
    )""",
    # counter: the lowest that is still accepted
    """CREATE TABLE credentials (
        serial TEXT NOT NULL REFERENCES authenticators ON DELETE CASCADE,
        instance INTEGER NOT NULL,
        protection TEXT NOT NULL,
        key BLOB NOT NULL,
        counter INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (serial, instance)
    )""",
    # allowed: protections whose codes answer the challenge, with commas. challenge: what the code must cover
    """CREATE TABLE sessions (
        request_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users,
        session_id TEXT,
        risk_response_code INTEGER,
        status TEXT NOT NULL,
        allowed TEXT NOT NULL,
        challenge TEXT,
        expires INTEGER NOT NULL
    )""",
    "CREATE INDEX sessions_of_user ON sessions (user_id, session_id)",
    """CREATE TABLE rules (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        risk_response_code INTEGER NOT NULL,
        session_status TEXT
    )""",
    "CREATE TABLE app_digests (digest BLOB PRIMARY KEY, rank INTEGER NOT NULL)",
)
_VERSION_2 = (
    # rank: the newest has the highest. digest_check: are codes of this version accepted?
    """CREATE TABLE app_versions (
        digest BLOB PRIMARY KEY,
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        digest_check INTEGER NOT NULL,
        rank INTEGER NOT NULL
    )""",
    "INSERT INTO app_versions SELECT digest, 'Soft Token', 'unknown', 1, rank FROM app_digests",
    "DROP TABLE app_digests",
    # key: replaces the credential's own with its first code. request: tells the renewal that asked for it
    """CREATE TABLE renewals (
        serial TEXT NOT NULL,
        instance INTEGER NOT NULL,
        key BLOB NOT NULL,
        request BLOB NOT NULL,
        message TEXT NOT NULL,
        PRIMARY KEY (serial, instance),
        FOREIGN KEY (serial, instance) REFERENCES credentials ON DELETE CASCADE
    )""",
)
_VERSION_3 = (
    # SHA-256 of the key by which a device asks for logins to approve; NULL: issued before there was one
    "ALTER TABLE authenticators ADD COLUMN approval_key BLOB",
    # what a trusted device shows, and with which protections (with commas) it may be approved; message: the caller's
    # loginMessage.challenge
    "ALTER TABLE sessions ADD COLUMN title TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN subject TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN message TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN client_ip TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN demanded TEXT NOT NULL DEFAULT ''",
    # delivery: the vendor's vdpDeliveryMethod
    "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE users ADD COLUMN email TEXT",
    "ALTER TABLE users ADD COLUMN phone TEXT",
    "ALTER TABLE users ADD COLUMN delivery TEXT",
    # activated: proved once, so it may be assigned again; NULL as its user otherwise means that it was never proved
    "ALTER TABLE authenticators ADD COLUMN activated INTEGER NOT NULL DEFAULT 0",
    "UPDATE authenticators SET activated = user_id IS NOT NULL",
    # fields: JSON list of what a transaction's signature covers. virtual_otp: what codes 3, 8 and 13 wait for
    "ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'login'",
    "ALTER TABLE sessions ADD COLUMN fields TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE sessions ADD COLUMN virtual_otp TEXT",
    """CREATE TABLE challenges (
        request_id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        challenge TEXT NOT NULL,
        expires INTEGER NOT NULL
    )""",
    # a condition that is NULL fits everything
    """CREATE TABLE risk_rules (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT,
        client_ip TEXT,
        country TEXT,
        amount_is TEXT,
        amount TEXT,
        transaction_type TEXT,
        event_type TEXT,
        endpoint TEXT,
        risk_response_code INTEGER NOT NULL,
        session_status TEXT
    )""",
    "CREATE TABLE countries (network TEXT PRIMARY KEY, country TEXT NOT NULL)",
    # moment: before or after the request has its effect. remaining: requests that it is still for; NULL: all
    """CREATE TABLE faults (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        endpoint TEXT NOT NULL,
        user_id TEXT,
        kind TEXT NOT NULL,
        moment TEXT NOT NULL,
        seconds REAL NOT NULL,
        remaining INTEGER,
        probability REAL NOT NULL,
        seed INTEGER NOT NULL,
        seen INTEGER NOT NULL DEFAULT 0,
        injected INTEGER NOT NULL DEFAULT 0
    )""",
)
_VERSION_4 = (
    # what the device says of its finger or face sensor; NULL: it has said nothing
    "ALTER TABLE authenticators ADD COLUMN biometric_binding TEXT",
    "ALTER TABLE authenticators ADD COLUMN biometric_system TEXT",
)
_VERSIONS = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4)
"""What makes each version of the file from the one before; a new file goes through all of them."""
