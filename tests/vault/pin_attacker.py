"""Somebody with stolen files tries PINs, on one core. Knows docs/vault.md and nothing of the product's code.

    pin_attacker.py FIRST LAST   tries the four-digit PINs from FIRST up to, not including, LAST

Standard input: {"file": path, "device_key": hex or null}. With the keyring's device key the vault opens, and what is
tried is the PIN of its one PIN credential; without it, whatever the file alone lets be tried. Standard output: {"keys":
{pin: hex of the key that it gives}, "seconds": how long that took}.
"""

import hashlib
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidTag
from vault.test_vault_format import Reader, hkdf, lp, unseal


def main() -> None:
    order = json.load(sys.stdin)
    pins = [f"{number:04d}" for number in range(int(sys.argv[1]), int(sys.argv[2]))]
    begun = time.perf_counter()
    if order["device_key"] is None:
        keys = with_the_file_alone(Path(order["file"]), pins)
    else:
        keys = with_file_and_keyring(Path(order["file"]), bytes.fromhex(order["device_key"]), pins)
    json.dump(
        {"keys": {pin: key.hex() for pin, key in keys.items()}, "seconds": time.perf_counter() - begun}, sys.stdout
    )


def with_file_and_keyring(file: Path, device_key: bytes, pins: list[str]) -> dict[str, bytes]:
    reader = Reader(file, "KEYRING", device_key)
    with closing(reader.connection):
        (credential,) = (one for token in reader.tokens() for one in token["credentials"] if one["protection"] == "PIN")
    found: dict[str, bytes] = {}
    for pin in pins:
        try:
            found[pin] = reader.key(credential, pin)
        except InvalidTag:
            continue
    return found


def with_the_file_alone(file: Path, pins: list[str]) -> dict[str, bytes]:
    """The salt, the pepper and the parameters of the PIN's derivation are in a cell that does not open.

    So what is left is that somebody derived a slot's or a cell's key from the PIN itself, in one of the usual ways.
    """
    with closing(sqlite3.connect(file)) as connection:
        slots = connection.execute("SELECT kind, header, wrapped FROM slot").fetchall()
        cells = [
            (table, row, column, cell, owner)
            for table, column, sql in (
                ("token", "body", "SELECT id, body, '' FROM token"),
                ("token", "state", "SELECT id, state, '' FROM token"),
                ("credential", "body", "SELECT c.id, c.body, t.id FROM credential c JOIN token t ON t.seq = c.token"),
                ("credential", "state", "SELECT c.id, c.state, t.id FROM credential c JOIN token t ON t.seq = c.token"),
                ("setting", "body", "SELECT name, body, '' FROM setting"),
            )
            for row, cell, owner in connection.execute(sql)
        ]
    vault = json.loads(slots[0][1])["vault"]
    found: dict[str, bytes] = {}
    for pin in pins:
        text = pin.encode()
        for secret in (text, text.ljust(32, b"\0"), hashlib.sha256(text).digest(), hashlib.md5(text).digest()):  # noqa: S324
            for kind, header, wrapped in slots:
                salt = json.loads(header)["salt"].encode()
                for key in (secret, hkdf(secret, salt, lp("softtoken-slot-1", vault, kind))):
                    _try(found, pin, key, wrapped, header)
            for table, row, column, cell, owner in cells:
                associated = lp("softtoken-cell-1", vault, table, row, column, owner)
                for key in (secret, hkdf(secret, vault.encode(), lp("softtoken-table-1", table))):
                    _try(found, pin, key, cell, associated)
    return found


def _try(found: dict[str, bytes], pin: str, key: bytes, sealed: bytes, associated: bytes) -> None:
    try:
        found[pin] = unseal(key, sealed, associated)
    except (InvalidTag, ValueError):
        return


if __name__ == "__main__":
    main()
