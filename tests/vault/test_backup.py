"""The backup file: what comes back, what a wrong passphrase and damage are called, and a reader of the page alone."""

import base64
import hashlib
import json
import struct
import unicodedata
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as some

from softtoken.engine.tokens import Algorithm, OtpProfile, TokenType
from softtoken.vault import backup as module
from softtoken.vault.backup import (
    Backup,
    BadBackup,
    Fault,
    NamedToken,
    SavedOptions,
    SavedToken,
    decode_backup,
    encode_backup,
)
from softtoken.vault.envelope import KdfParameters

CHEAP = KdfParameters(memory_kib=8192, passes=1, lanes=1)
PASSPHRASE = "Angstr\u00f6m und Sto\u00df"
HELD = Backup(
    1_800_000_000,
    (
        SavedToken("Example", "a", OtpProfile(TokenType.TOTP, Algorithm.SHA512, 8, 60), bytes(range(20)), 0),
        SavedToken("", "b", OtpProfile(TokenType.HOTP, Algorithm.SHA1, 6, None), b"secret", 41),
    ),
    (NamedToken("Northwind", "anna", "https://login.example", "anna@northwind"),),
    SavedOptions(False, "Anna's laptop", "MINIMAL", False),
)
FILE = encode_backup(HELD, PASSPHRASE, CHEAP)


def fault_of(data: bytes, passphrase: str = PASSPHRASE) -> Fault:
    with pytest.raises(BadBackup) as caught:
        decode_backup(data, passphrase)
    return caught.value.fault


def remade(**changes: Any) -> bytes:
    """The same file with other fields in its header; the check sum is right."""
    header, _, rest = FILE.partition(b"\n")
    fields = {**json.loads(header), **changes}
    head, sealed = json.dumps(fields).encode() + b"\n", rest[:-32]
    return head + sealed + hashlib.sha256(lp(head) + lp(sealed)).digest()


def lp(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def test_what_went_in_comes_out() -> None:
    assert decode_backup(FILE, PASSPHRASE) == HELD
    assert decode_backup(FILE, unicodedata.normalize("NFD", PASSPHRASE)) == HELD


def test_a_reader_made_from_the_page_alone() -> None:
    """docs/backup.md, step by step."""
    line, _, rest = FILE.partition(b"\n")
    header = json.loads(line)
    assert list(header) == ["format", "version", "salt", "kdf"]
    assert (header["format"], header["version"]) == ("softtoken-backup", 1)
    sealed, digest = rest[:-32], rest[-32:]
    assert digest == hashlib.sha256(lp(line + b"\n") + lp(sealed)).digest()
    salt, kdf = base64.b64decode(header["salt"]), header["kdf"]
    strong = Argon2id(
        salt=salt, length=32, iterations=kdf["passes"], lanes=kdf["lanes"], memory_cost=kdf["memory_kib"]
    ).derive(unicodedata.normalize("NFKC", PASSPHRASE).encode())
    key = HKDF(SHA256(), 32, salt, lp(b"softtoken-backup-1")).derive(strong)
    plaintext = AESGCM(key).decrypt(sealed[:12], sealed[12:], line + b"\n")
    assert len(plaintext) % 4096 == 0
    content = json.loads(plaintext)
    assert content == {
        "made_at": 1_800_000_000,
        "tokens": [
            {
                "issuer": "Example", "name": "a", "type": "TOTP", "algorithm": "SHA512", "digits": 8, "period": 60,
                "counter": 0, "key": base64.b64encode(bytes(range(20))).decode(),
            },
            {
                "issuer": "", "name": "b", "type": "HOTP", "algorithm": "SHA1", "digits": 6, "period": None,
                "counter": 41, "key": base64.b64encode(b"secret").decode(),
            },
        ],
        "managed": [
            {"issuer": "Northwind", "name": "anna", "server": "https://login.example", "user": "anna@northwind"}
        ],
        "options": {
            "resynchronise_before_login": False, "device_name": "Anna's laptop", "login_data": "MINIMAL",
            "look_for_approvals": False,
        },
    }  # fmt: skip


def test_the_same_backup_is_never_the_same_file() -> None:
    assert FILE[:300] != encode_backup(HELD, PASSPHRASE, CHEAP)[:300]


def test_its_length_tells_little() -> None:
    one = Backup(0, HELD.tokens[:1], (), SavedOptions())
    twenty = Backup(0, HELD.tokens[:1] * 20, (), SavedOptions())
    assert len(encode_backup(one, PASSPHRASE, CHEAP)) == len(encode_backup(twenty, PASSPHRASE, CHEAP))


def test_a_wrong_passphrase_is_no_damage() -> None:
    assert fault_of(FILE, "another one") is Fault.WRONG_PASSPHRASE


def test_every_flipped_byte_is_noticed_before_a_key_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "derive", lambda *_: pytest.fail("the passphrase was tried"))
    flipped = (FILE[:at] + bytes([FILE[at] ^ bit]) + FILE[at + 1 :] for at in range(len(FILE)) for bit in (1, 128))
    faults = {fault_of(data) for data in flipped}
    assert faults == {Fault.DAMAGED, Fault.NOT_A_BACKUP}
    lengths = {fault_of(FILE[:length]) for length in range(len(FILE))}
    assert lengths == {Fault.DAMAGED, Fault.NOT_A_BACKUP}


@given(some.binary(max_size=3000))
def test_no_bytes_bring_it_down(data: bytes) -> None:
    assert fault_of(data) is Fault.NOT_A_BACKUP


def test_a_newer_version_is_said_to_be_one() -> None:
    assert fault_of(remade(version=2)) is Fault.TOO_NEW
    newer = b'{"format":"softtoken-backup","version":7,"cipher":"tomorrow"}\nwhatever'
    assert fault_of(newer) is Fault.TOO_NEW
    assert fault_of(b'{"format":"something-else","version":1}\n') is Fault.NOT_A_BACKUP


@pytest.mark.parametrize(
    "kdf",
    [
        {"memory_kib": 8191, "passes": 1, "lanes": 1},
        {"memory_kib": 2**20 + 1, "passes": 1, "lanes": 1},
        {"memory_kib": 8192, "passes": 0, "lanes": 1},
        {"memory_kib": 8192, "passes": 17, "lanes": 1},
        {"memory_kib": 8192, "passes": 1, "lanes": 17},
        {"memory_kib": 8192, "passes": 1},
    ],
)
def test_a_cost_out_of_bounds_is_not_paid(kdf: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "derive", lambda *_: pytest.fail("it was paid"))
    assert fault_of(remade(kdf=kdf)) is Fault.DAMAGED


def test_the_header_is_covered_by_the_key() -> None:
    """Whoever edits it and makes the check sum anew gets no further than a wrong passphrase."""
    assert fault_of(remade(salt=base64.b64encode(bytes(16)).decode())) is Fault.WRONG_PASSPHRASE
    assert fault_of(remade(salt="AAAA")) is Fault.DAMAGED


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "MANAGED"},
        {"type": "HOTP", "period": 30},
        {"type": "TOTP", "period": None},
        {"digits": 11},
        {"key": ""},
        {"counter": -1},
        {"more": 1},
        {"name": "n" * 256},
    ],
)
def test_a_bad_entry_spoils_no_other(entry: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    plaintext = module._plaintext

    def spoilt(held: Backup) -> bytes:
        content = json.loads(plaintext(held))
        content["tokens"][0] |= entry
        return json.dumps(content).encode()

    monkeypatch.setattr(module, "_plaintext", spoilt)
    read = decode_backup(encode_backup(HELD, PASSPHRASE, CHEAP), PASSPHRASE)
    assert (read.tokens, read.unreadable) == (HELD.tokens[1:], 1)


def test_no_secret_shows_in_a_repr() -> None:
    assert repr(bytes(range(20)))[2:-1] not in repr(HELD)
    assert "secret" not in repr(HELD)
