"""The keyring as a witness of how far the vault's file has come, so that an older file is seen to be one.

File first, keyring second: a crash leaves the file ahead, and only a file that was put back is behind.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

from softtoken.vault.errors import KeystoreError, KeystoreProblem, VaultBusy, VaultError, VaultUnwritable
from softtoken.vault.evidence import Evidence
from softtoken.vault.keystore import Keystore, begun
from softtoken.vault.store import Vault


class Witness:
    """Tells the keyring how far a vault that it opens has come.

    What a PIN opened is used only after the keyring knows of its try: so no older file brings a try back.
    """

    def __init__(self, keystore: Keystore, seconds: float = 5) -> None:
        self._keystore = keystore
        self._seconds = seconds
        self._turn = threading.Lock()
        self._looking = threading.Lock()
        self._ended = False
        self._told = threading.Event()  # what was begun last; older words change nothing after it
        self._told.set()

    def begin(self, vault: Vault) -> Callable[[], None]:
        """Start telling, on a daemon thread. What is returned waits until the keyring has it.

        It raises KeystoreError if the keyring did not take it; NO_ANSWER if that took too long, counted from the
        start. The start itself may raise VaultError.
        """
        evidence = vault.evidence()
        told = threading.Event()

        def tell() -> None:
            try:
                self._tell(vault, evidence)
            finally:
                told.set()

        wait = begun(tell, self._seconds)
        self._told = told
        return wait

    def _tell(self, vault: Vault, evidence: Evidence) -> None:
        # the item is read and then written: two at once could lower it
        with self._turn:
            for _ in range(_ATTEMPTS):
                self._keystore.write_evidence(vault.vault_id, evidence)
                # another program's newer word may have been overwritten just now; its change is in the file
                last = self._last(vault)
                if last is None or last.generation <= evidence.generation:
                    return
                evidence = last

    def end(self, patience: float = 1) -> None:
        """Once this returns, nothing here looks at the file any more: it may be deleted, copied or put back.

        patience: seconds for the last word to arrive, since a program that ends takes its threads along.
        """
        self._told.wait(patience)
        with self._looking:
            self._ended = True

    def _last(self, vault: Vault) -> Evidence | None:
        """None if it cannot be read now, or need not be: what had to be told was told."""
        with self._looking:
            if self._ended:
                return None
            try:
                return vault.evidence()
            except VaultError:
                return None


_ATTEMPTS = 5
PATIENCE = 5.0
"""Seconds for a keyring that has just been read to take something. Opening waits no longer."""


def begin_witnessed_run(vault: Vault, keystore: Keystore) -> KeystoreProblem | None:
    """The keyring opened this vault. Raises KeystoreError if it does not say what it knows of it.

    A keyring that takes no evidence now is not in the way: the file is ahead of it, as after a crash. Why it took
    none is returned, since the witness of the next PIN will say so. A disk that takes nothing is not in the way
    either: the next change checks.
    """
    # in this order: a file that says that it has a witness had one before, whatever other programs do meanwhile
    witnessed = vault.witnessed
    seen = keystore.read_evidence(vault.vault_id)
    if seen is None and witnessed:
        seen = Evidence(vault.generation() + 1)  # taken away, so the file may be of any age
    elif seen is None:
        # told before the file says so, or a crash in between would look as if the item had been taken away
        seen = vault.evidence()
        if (problem := _refused(vault, keystore, seen)) is not None:
            begin_unwitnessed_run(vault)
            return problem
    with suppress(VaultBusy, VaultUnwritable):
        vault.begin_run(seen)
    return _refused(vault, keystore, vault.evidence())


def _refused(vault: Vault, keystore: Keystore, evidence: Evidence) -> KeystoreProblem | None:
    """Why the keyring does not take it; None if it has it now."""
    try:
        begun(lambda: keystore.write_evidence(vault.vault_id, evidence), PATIENCE)()
    except KeystoreError as error:
        return error.problem
    return None


def begin_unwitnessed_run(vault: Vault) -> None:
    """A passphrase or a recovery code opened this vault, and nothing here knows how old its file is."""
    with suppress(VaultBusy, VaultUnwritable):
        vault.begin_run(None)


def take_as_witness(vault: Vault, keystore: Keystore) -> None:
    """The keyring will open this open vault from now on. What it remembers of it counts; nothing is fine.

    Raises KeystoreError and VaultError.
    """
    seen = keystore.read_evidence(vault.vault_id)
    least = vault.evidence() if seen is None else seen
    if seen is None:
        keystore.write_evidence(vault.vault_id, least)
    vault.begin_run(least)
    keystore.write_evidence(vault.vault_id, vault.evidence())
