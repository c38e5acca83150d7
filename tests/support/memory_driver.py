"""A program that opens a vault and a credential, keeps a PIN, and lets go of them, when it is told to.

Called with the vault's path, its passphrase, a token's id, the PIN, and the keyring's secret behind fingers. It is
never told a key; another program looks into its memory.
"""

import sys
from pathlib import Path

from support.flows import MemoryKeystore

from softtoken.engine.hotp import hotp
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.session import CachedPin, Session, SessionCell
from softtoken.vault.biometrics.macos import MacBiometrics
from softtoken.vault.biometrics.protocol import Cancellation, Prompt
from softtoken.vault.biometricwrap import open_with_biometrics
from softtoken.vault.pinwrap import unwrap
from softtoken.vault.slots import PassphraseSecret
from softtoken.vault.store import open_vault

USER = UserIdentifier("gringotts", "hermione")


PROMPT = Prompt("reason", lambda _: None, Cancellation(), 20)


class AlwaysYes:
    """A reader, its system, and the person before it."""

    def context(self) -> "AlwaysYes":
        return self

    def fault(self) -> None:
        pass

    def domain_state(self) -> bytes:
        return b"enrolled"

    def ask(self, _: str) -> None:
        pass

    def dismiss(self) -> None:
        pass


def told(step: str) -> None:
    print(step, flush=True)
    sys.stdin.readline()


def main(path: str, passphrase: str, token_id: str, pin: str, behind_fingers: str) -> None:
    vault = open_vault(Path(path), PassphraseSecret(passphrase))
    vault.tokens()
    credential = vault.credential(token_id, ProtectionType.PIN)
    assert credential is not None
    key = unwrap(credential.key, credential.id, pin)
    fingers = vault.credential(token_id, ProtectionType.BIOMETRIC)
    assert fingers is not None
    keystore = MemoryKeystore()
    keystore.biometrics[vault.vault_id] = bytes.fromhex(behind_fingers)
    reader = MacBiometrics(vault.vault_id, keystore, AlwaysYes())
    # many: the place of a single one that is not cleared is soon used for something else
    wrapping_keys = [reader.unwrap(fingers.key.blob[60:], fingers.id, PROMPT) for _ in range(40)]
    finger_keys = [open_with_biometrics(fingers.key, fingers.id, reader, PROMPT) for _ in range(40)]
    session = SessionCell()
    session.change(0, lambda _: Session(current=USER, cached_pin=CachedPin(USER, disguised(pin), b"salt")))
    hotp(key, 1, 6)
    told("open")
    del key, wrapping_keys, finger_keys
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
