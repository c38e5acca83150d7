"""A reader that follows docs/vault.md alone, vaults as they were released, and migrations."""

import base64
import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from vault.vault_samples import Sample

from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.vault import schema
from softtoken.vault.audit import AuditTrail
from softtoken.vault.cells import Cells
from softtoken.vault.evidence import Evidence
from softtoken.vault.pinwrap import unwrap
from softtoken.vault.slots import KeyringSecret, PassphraseSecret, RecoverySecret, SlotSecret
from softtoken.vault.store import ServerChoices, TokenState, Vault, VaultOptions, open_vault, read_header

RELEASED = Path(__file__).parents[1] / "vaults"
PIN_OF_ALL = "730195"
SECRETS: dict[int, tuple[SlotSecret, ...]] = {
    1: (KeyringSecret(b"k" * 32), RecoverySecret(b"r" * 16), PassphraseSecret("released with 0.1")),
    2: (KeyringSecret(b"K" * 32), RecoverySecret(b"R" * 16), PassphraseSecret("released with 0.2")),
    3: (KeyringSecret(b"3" * 32), RecoverySecret(b"#" * 16), PassphraseSecret("released with 0.3")),
}


def lp(*fields: str | bytes) -> bytes:
    raw = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(field).to_bytes(4, "big") + field for field in raw)


def hkdf(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(ikm)


def argon2id(secret: bytes, salt: bytes, kdf: dict[str, int]) -> bytes:
    passes, lanes, memory_kib = kdf["passes"], kdf["lanes"], kdf["memory_kib"]
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(secret)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], associated)


class Reader:
    """As an outsider would write it."""

    def __init__(self, path: Path, kind: str, secret: bytes) -> None:
        self.connection = sqlite3.connect(path)
        assert self.one("PRAGMA application_id") == (0x53544B56,)
        assert self.one("PRAGMA user_version") == (3,)
        header, wrapped, digest = self.one("SELECT header, wrapped, digest FROM slot WHERE kind = ?", kind)
        assert hashlib.sha256(lp(header, wrapped)).digest() == digest
        fields = json.loads(header)
        assert (fields["version"], fields["kind"]) == (1, kind)
        salt = base64.b64decode(fields["salt"])
        strong = argon2id(secret, salt, fields["kdf"]) if kind == "PASSPHRASE" else secret
        self.vault = fields["vault"]
        key = hkdf(strong, salt, lp("softtoken-slot-1", self.vault, kind))
        self.vault_key = unseal(key, wrapped, header)

    def one(self, sql: str, *parameters: str) -> tuple[Any, ...]:
        (row,) = self.connection.execute(sql, parameters)
        return tuple(row)

    def cell(self, table: str, row: str, column: str, sealed: bytes, owner: str = "") -> Any:
        key = hkdf(self.vault_key, self.vault.encode(), lp("softtoken-table-1", table))
        associated = lp("softtoken-cell-1", self.vault, table, row, column, owner)
        plaintext = unseal(key, sealed, associated)
        assert len(plaintext) % 64 == 0
        return json.loads(plaintext)

    def tokens(self) -> list[dict[str, Any]]:
        """Each token's body and state as one dictionary, with its credentials."""
        found = []
        rows = self.connection.execute("SELECT seq, id, body, state FROM token ORDER BY seq").fetchall()
        for seq, token_id, body, state in rows:
            token = self.cell("token", token_id, "body", body) | self.cell("token", token_id, "state", state)
            sql = "SELECT id, body, state FROM credential WHERE token = ? ORDER BY seq"
            credentials = [
                {"id": row_id}
                | self.cell("credential", row_id, "body", cell, token_id)
                | self.cell("credential", row_id, "state", state_cell, token_id)
                for row_id, cell, state_cell in self.connection.execute(sql, (seq,))
            ]
            found.append({"id": token_id, "credentials": credentials} | token)
        return found

    def setting(self, name: str) -> Any:
        (body,) = self.one("SELECT body FROM setting WHERE name = ?", name)
        return self.cell("setting", name, "body", body)

    def trail(self) -> list[dict[str, Any]]:
        """Each entry of the audit trail, once every link of it was followed back from the head."""
        head = self.setting("audit")
        rows = dict(self.connection.execute("SELECT seq, body FROM audit"))
        assert sorted(rows) == list(range(head["first"], head["last"] + 1))
        found, tag = [], base64.b64decode(head["tag"])
        for seq in sorted(rows, reverse=True):
            assert rows[seq][-16:] == tag
            entry = self.cell("audit", str(seq), "body", rows[seq])
            tag = base64.b64decode(entry.pop("previous"))
            found.append(entry)
        return found[::-1]

    def digest(self) -> str:
        """What the head should say of the content."""
        lines = []
        for seq, row_id, body, state in self.connection.execute("SELECT * FROM token ORDER BY seq"):
            lines.append(f"token {seq} {_hex(row_id)} {_hex(body[-16:] + state[-16:])}")
        for seq, row_id, token, body, state in self.connection.execute("SELECT * FROM credential ORDER BY seq"):
            lines.append(f"credential {seq} {token} {_hex(row_id)} {_hex(body[-16:] + state[-16:])}")
        for name, body in sorted(self.connection.execute("SELECT name, body FROM setting")):
            if name != "head":
                lines.append(f"setting {_hex(name)} {_hex(body[-16:])}")
        return base64.b64encode(hashlib.sha256("\n".join(lines).encode()).digest()).decode()

    @staticmethod
    def key(credential: dict[str, Any], pin: str) -> bytes:
        blob, salt, pepper = (base64.b64decode(credential[name]) for name in ("blob", "salt", "pepper"))
        if credential["form"] == "PLAIN":
            return blob
        info = lp("softtoken-pin-1", credential["form"], credential["id"])
        wrapping_key = hkdf(argon2id(pin.encode(), salt, credential["kdf"]), pepper, info)
        if credential["form"] == "SEALED":
            return unseal(wrapping_key, blob, info)
        return bytes(a ^ b for a, b in zip(blob, wrapping_key, strict=True))


def _hex(value: str | bytes) -> str:
    return (value.encode() if isinstance(value, str) else value).hex().upper()


def test_an_outsider_reads_a_vault_with_the_document_alone(sample: Sample) -> None:
    with closing(Reader(sample.path, "KEYRING", sample.keyring.device_key).connection):
        pass
    reader = Reader(sample.path, "RECOVERY", sample.recovery.code)
    with closing(reader.connection):
        assert reader.vault == sample.vault_id
        managed, hotp, masked = reader.tokens()
        assert reader.setting("recovery_pending") is True
        # made, and three tokens added
        assert reader.setting("head") == {"generation": 3, "digest": reader.digest(), "witnessed": False}
        assert reader.setting("audit") == {"first": 1, "last": 0, "tag": "", "policy": ""}
    assert managed["account"] == {
        "origin": "https://gateway.example",
        "tenant": "gringotts",
        "domain": "hogwarts",
        "user_id": "hermione.granger",
        "serial": "VDS1000007",
    }
    assert managed["policy"] == {
        "allow_offline_pin_verification": True,
        "retry": {"max_tries": 4, "free_tries": 2, "first_delay": 30, "max_delay": 600},
        "atc": {"warn": 10, "limit": 12},
        "pin": {"min_length": 4, "max_length": 8, "weak_allowed": False},
    }
    assert managed["pending"] == {"registration_id": "0a1b2c3d"}
    assert (managed["logged_in_once"], managed["last_login"]) == (True, None)
    assert [credential["resynchronise"] for credential in managed["credentials"]] == [False, False]
    assert (hotp["type"], hotp["digits"], hotp["period"], hotp["account"]) == ("HOTP", 8, None, None)
    assert (hotp["credentials"][0]["counter"], managed["credentials"][0]["failed"]) == (7, 1)
    assert [c["form"] for c in managed["credentials"] + masked["credentials"]] == ["PLAIN", "SEALED", "MASKED"]
    for found, entry in zip((managed, hotp, masked), sample.entries, strict=True):
        assert tuple(reader.key(credential, sample.pin) for credential in found["credentials"]) == entry.keys


def test_an_outsider_opens_a_vault_with_the_passphrase(sample: Sample) -> None:
    vault = sample.open()
    vault.replace_slot(PassphraseSecret("correct \ufb01sh"))
    vault.close()
    reader = Reader(sample.path, "PASSPHRASE", b"correct fish")
    with closing(reader.connection):
        assert len(reader.tokens()) == 3


def test_an_outsider_reads_what_came_with_format_2(sample: Sample) -> None:
    stored = sample.managed.credentials[1]
    vault = sample.open()
    vault.update_options(lambda options: replace(options, resynchronise_before_login=False, device_name="the Burrow"))
    vault.update_token(sample.managed.token.id, lambda state: replace(state, last_login=1_800_000_000))
    vault.update(stored.id, lambda state: (replace(state, resynchronise=True), None))
    vault.begin_run(Evidence(9))
    vault.begin_run(Evidence(10**18 - 1))
    vault.close()
    reader = Reader(sample.path, "KEYRING", sample.keyring.device_key)
    with closing(reader.connection):
        assert reader.setting("options") == {
            "resynchronise_before_login": False,
            "device_name": "the Burrow",
            "block_capture": True,
            "hide_codes": False,
            "lock_after": 300,
        }
        assert reader.setting("head") == {"generation": 10**18, "digest": reader.digest(), "witnessed": True}
        managed, _, _ = reader.tokens()
    assert managed["last_login"] == 1_800_000_000
    assert [credential["resynchronise"] for credential in managed["credentials"]] == [True, True]


def _released(version: int, folder: Path) -> Path:
    path = folder / "vault.sqlite"
    path.touch(0o600)
    path.write_bytes((RELEASED / f"format-{version}.sqlite").read_bytes())
    return path


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("slot", range(3), ids=["keyring", "recovery", "passphrase"])
def test_released_vaults_open(tmp_path: Path, version: int, slot: int) -> None:
    path = _released(version, tmp_path)
    half = {1: "0123456789abcdef", 2: "fedcba9876543210", 3: "a0b1c2d3e4f50617"}[version]
    assert read_header(path).vault_id == half + half
    vault = open_vault(path, SECRETS[version][slot])
    managed, hotp, masked = vault.tokens().tokens
    assert (managed.name, hotp.name, masked.name.split()[0]) == (
        "hermione.granger@hogwarts",
        "kingsley@ministry",
        "errol",
    )
    for token, protection, key in (
        (managed, ProtectionType.NO_PIN, bytes(range(32))),
        (managed, ProtectionType.PIN, bytes(range(100, 132))),
        (hotp, ProtectionType.NO_PIN, b"a 20 byte secret....."),
        (masked, ProtectionType.PIN, bytes(range(200, 232))),
    ):
        credential = vault.credential(token.id, protection)
        assert credential is not None
        assert unwrap(credential.key, credential.id, PIN_OF_ALL) == key
    vault.close()


def _state(vault: Vault, index: int, protection: ProtectionType) -> CredentialState:
    credential = vault.credential(vault.tokens().tokens[index].id, protection)
    assert credential is not None
    return vault.state(credential.id)


def test_format_1_is_brought_up_to_date_and_nothing_in_it_distrusted(tmp_path: Path) -> None:
    path = _released(1, tmp_path)
    with closing(open_vault(path, SECRETS[1][0])) as vault:
        assert (vault.generation(), vault.witnessed, vault.restored) == (0, False, False)
        managed = vault.tokens().tokens[0]
        assert managed.policy is not None
        assert managed.policy.pin.weak_allowed is False
        assert vault.token_state(managed.id).last_login is None
        assert vault.options() == VaultOptions()
        before = _state(vault, 0, ProtectionType.PIN)
        assert before.resynchronise is False
        vault.begin_run(None)
        assert (vault.generation(), vault.restored) == (1, False)
        assert _state(vault, 0, ProtectionType.PIN) == before
    reader = Reader(path, "KEYRING", b"k" * 32)
    with closing(reader.connection):
        assert reader.setting("head") == {"generation": 1, "digest": reader.digest(), "witnessed": False}
    with closing(open_vault(path, SECRETS[1][1])) as vault:
        vault.begin_run(Evidence(1))
        assert (vault.generation(), vault.restored) == (2, False)


def test_a_row_of_format_1_is_written_anew_whole(tmp_path: Path) -> None:
    path = _released(1, tmp_path)
    with closing(open_vault(path, SECRETS[1][0])) as vault:
        managed = vault.tokens().tokens[0]
        vault.rename_token(managed.id, managed.issuer, "hermione")
        vault.update_token(managed.id, lambda state: replace(state, last_login=7))
        credential = vault.credential(managed.id, ProtectionType.PIN)
        assert credential is not None
        vault.update(credential.id, lambda state: (replace(state, counter=state.counter + 1), None))
    reader = Reader(path, "KEYRING", b"k" * 32)
    with closing(reader.connection):
        token = reader.tokens()[0]
    assert token["policy"]["pin"]["weak_allowed"] is False
    assert token["last_login"] == 7
    assert ["resynchronise" in credential for credential in token["credentials"]] == [False, True]


def test_format_1_put_back_over_a_later_one_is_a_restored_file(tmp_path: Path) -> None:
    path = _released(1, tmp_path)
    with closing(open_vault(path, SECRETS[1][0])) as vault:
        vault.begin_run(Evidence(1))
        assert vault.restored
        assert _state(vault, 0, ProtectionType.PIN).resynchronise


def test_format_2_holds_what_its_table_says(tmp_path: Path) -> None:
    vault = open_vault(_released(2, tmp_path), SECRETS[2][0])
    managed = vault.tokens().tokens[0]
    assert managed.policy is not None
    assert managed.policy.pin.weak_allowed is True
    assert vault.token_state(managed.id) == TokenState(logged_in_once=True, last_login=1_800_000_000)
    assert vault.options() == VaultOptions(resynchronise_before_login=False, device_name="the Burrow")
    assert (vault.generation(), vault.witnessed, vault.recovery_pending) == (6, True, False)
    assert _state(vault, 0, ProtectionType.PIN).resynchronise is True
    assert _state(vault, 0, ProtectionType.NO_PIN).resynchronise is False
    vault.begin_run(Evidence(6))
    assert (vault.generation(), vault.restored) == (7, False)
    vault.close()


def test_format_2_gets_an_empty_trail_and_is_as_new_as_it_was(tmp_path: Path) -> None:
    path = _released(2, tmp_path)
    with closing(open_vault(path, SECRETS[2][0])) as vault:
        assert vault.audit_trail() == AuditTrail((), ())
        vault.begin_run(Evidence(7))
        assert vault.restored, "a copy that was older than what the keyring knew stays older"
    reader = Reader(path, "KEYRING", b"K" * 32)
    with closing(reader.connection):
        assert reader.setting("head") == {"generation": 8, "digest": reader.digest(), "witnessed": True}
        assert reader.trail() == []


def test_an_edited_file_of_format_2_is_not_made_right_by_its_migration(tmp_path: Path) -> None:
    path = _released(2, tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM setting WHERE name = 'options'")
        connection.commit()
    with closing(open_vault(path, SECRETS[2][0])) as vault:
        vault.begin_run(None)
        assert vault.restored


def test_format_3_holds_what_its_table_says(tmp_path: Path) -> None:
    path = _released(3, tmp_path)
    with closing(open_vault(path, SECRETS[3][0])) as vault:
        managed = vault.tokens().tokens[0]
        expected = TokenState(logged_in_once=True, last_login=1_800_000_000, approval_key=b"a" * 32)
        assert vault.token_state(managed.id) == expected
        assert vault.options() == VaultOptions(resynchronise_before_login=False, device_name="the Burrow")
        assert vault.server_choices() == ServerChoices(login_data="minimal", look_for_approvals=False)
        assert (vault.generation(), vault.witnessed, vault.recovery_pending) == (12, True, False)
        assert (vault.system_log, vault.audited_policy) == (True, "5f" * 32)
        assert (_state(vault, 0, ProtectionType.PIN).resynchronise, _state(vault, 0, ProtectionType.PIN).told) == (
            True,
            40,
        )
        trail = vault.audit_trail()
        assert not trail.faults
        assert [entry.note.kind for entry in trail.entries] == ["CREATED", "POLICY", "LOGIN", "CODE"]
    reader = Reader(path, "RECOVERY", b"#" * 16)
    with closing(reader.connection):
        assert reader.setting("audit")["policy"] == "5f" * 32
        _, _, login, code = reader.trail()
    assert login["late"] is True
    assert code == {
        "kind": "CODE",
        "time": 1_800_000_000,
        "uptime": 9000,
        "run": "0a1b2c3d",
        "token": managed.id,
        "facts": {
            "issuer": managed.issuer,
            "name": managed.name,
            "protection": "PIN",
            "counter": 40,
            "for_login": True,
        },
        "late": False,
        "restarted": False,
    }


def _steps(sample: Sample, *, fail: bool) -> None:
    """Two made-up migrations, the second of which may fail."""

    def first(connection: sqlite3.Connection, cells: Cells) -> None:
        body = cells.seal("setting", "made_up", "body", b"true")
        connection.execute("INSERT INTO setting (name, body) VALUES ('made_up', ?)", (body,))

    def second(connection: sqlite3.Connection, cells: Cells) -> None:
        connection.execute("CREATE TABLE made_up (x)")
        if fail:
            raise OSError

    vault = sample.open()
    cells = vault._cells
    with vault._database.writing() as connection:
        schema.migrate(connection, cells, steps={3: first, 4: second}, target=5)
    vault.close()


def _version_and_names(sample: Sample) -> tuple[int, set[str]]:
    with closing(sqlite3.connect(sample.path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, {name for (name,) in connection.execute("SELECT name FROM setting")}


def test_migrations_run_in_order_and_all_or_nothing(sample: Sample) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - the step's own
        _steps(sample, fail=True)
    assert _version_and_names(sample) == (3, {"recovery_pending", "head", "audit"})
    sample.open().close()
    _steps(sample, fail=False)
    assert _version_and_names(sample) == (5, {"recovery_pending", "head", "audit", "made_up"})


def test_there_is_a_step_from_each_older_version() -> None:
    assert set(schema.STEPS) == set(range(1, schema.VERSION))
    assert set(schema.SCHEMAS) == set(range(1, schema.VERSION + 1))
