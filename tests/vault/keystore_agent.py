"""Runs OsKeystore in a session of its own: one JSON order a line on standard input, one JSON answer a line."""

import json
import sys

import keyring

from softtoken.vault.errors import KeystoreError
from softtoken.vault.evidence import parse_evidence
from softtoken.vault.keystore import OsKeystore


def _answer(order: list[str]) -> object:
    store = OsKeystore()
    match order:
        case ["provider"]:
            return store.provider()
        case ["read", vault_id]:
            key = store.read(vault_id)
            return None if key is None else key.hex()
        case ["write", vault_id, key_hex]:
            store.write(vault_id, bytes.fromhex(key_hex))
        case ["read_evidence", vault_id]:
            evidence = store.read_evidence(vault_id)
            return None if evidence is None else evidence.line()
        case ["write_evidence", vault_id, line]:
            evidence = parse_evidence(line)
            assert evidence is not None
            store.write_evidence(vault_id, evidence)
        case ["read_biometric", vault_id]:
            secret = store.read_biometric(vault_id)
            return None if secret is None else secret.hex()
        case ["write_biometric", vault_id, secret_hex]:
            store.write_biometric(vault_id, bytes.fromhex(secret_hex))
        case ["delete", vault_id]:
            store.delete(vault_id)
        case ["plant", vault_id, line]:
            keyring.set_password("softtoken", vault_id, line)
        case ["line", vault_id]:
            return keyring.get_password("softtoken", vault_id)
        case _:
            raise NotImplementedError(order)
    return None


def main() -> None:
    for line in sys.stdin:
        try:
            answer = {"value": _answer(json.loads(line))}
        except KeystoreError as error:
            answer = {"problem": error.problem.value}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
