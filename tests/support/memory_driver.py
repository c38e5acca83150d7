"""A program that opens a vault and a credential, keeps a PIN, and lets go of them, when it is told to.

Called with the vault's path, its passphrase, a token's id, and the PIN. It is never told a key; another program looks
into its memory.
"""

import sys
from pathlib import Path

from softtoken.engine.hotp import hotp
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.session import CachedPin, Session, SessionCell
from softtoken.vault.pinwrap import unwrap
from softtoken.vault.slots import PassphraseSecret
from softtoken.vault.store import open_vault

USER = UserIdentifier("gringotts", "hermione")


def told(step: str) -> None:
    print(step, flush=True)
    sys.stdin.readline()


def main(path: str, passphrase: str, token_id: str, pin: str) -> None:
    vault = open_vault(Path(path), PassphraseSecret(passphrase))
    vault.tokens()
    credential = vault.credential(token_id, ProtectionType.PIN)
    assert credential is not None
    key = unwrap(credential.key, credential.id, pin)
    session = SessionCell()
    session.change(0, lambda _: Session(current=USER, cached_pin=CachedPin(USER, disguised(pin), b"salt")))
    hotp(key, 1, 6)
    told("open")
    del key
    session.end()
    vault.close()
    told("closed")


def disguised(pin: str) -> Secret:
    """Something that is nowhere else in this process, as the PIN itself is: it is on the command line."""
    secret = Secret(len(pin))
    for place, digit in enumerate(pin.encode()):
        secret[place] = digit ^ 0x5A
    return secret


if __name__ == "__main__":
    main(*sys.argv[1:])
