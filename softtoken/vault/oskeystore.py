"""What a Keystore keeps, in the OS keyring: through the keyring package and its named back ends only."""

import base64
import binascii
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from softtoken.vault.envelope import KEY_BYTES
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence, parse_evidence
from softtoken.vault.secretservice import secret_service_program

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "softtoken"
_PREFIX = "st1:"
_BIOMETRIC_PREFIX = "stb1:"
_ATTEMPTS = 3
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_WINDOWS = "keyring.backends.Windows.WinVaultKeyring"
_ACCEPTED = {
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "libsecret",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet 4",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    _WINDOWS: "Windows Credential Manager",
}
_BY_SECRET_SERVICE = {"keyring.backends.SecretService.Keyring", "keyring.backends.libsecret.Keyring"}
_CANCELLED = 1223  # winerror.ERROR_CANCELLED


class OsKeystore:
    """Service `softtoken`, user name = vault id, one ASCII line as the secret; the others in items of their own.

    One line, because several in one item have made whole keyrings unloadable for other applications. A back
    end that is not named here is as good as none: keyring can be pointed at plain files by the environment.
    The back end is looked for at each call, so a keyring that was started meanwhile is found.
    """

    def provider(self) -> str | None:
        """With the program behind it where several can be: `Secret Service (GNOME Keyring)`."""
        ring = _usable()
        if ring is None:
            return None
        name = _ACCEPTED[_name(ring)]
        program = secret_service_program() if _name(ring) in _BY_SECRET_SERVICE else None
        return f"{name} ({program})" if program else name

    def read(self, vault_id: str) -> bytes | None:
        with _faults():
            line = _found().get_password(SERVICE, vault_id)
        return None if line is None else _parsed(_PREFIX, line)

    def write(self, vault_id: str, device_key: bytes) -> None:
        _kept(vault_id, _line(_PREFIX, device_key))

    def read_evidence(self, vault_id: str) -> Evidence | None:
        with _faults():
            return parse_evidence(_found().get_password(SERVICE, _generation_item(vault_id)))

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        name = _generation_item(vault_id)
        with _faults():
            ring = _found()
            for _ in range(_ATTEMPTS):
                kept = parse_evidence(ring.get_password(SERVICE, name))
                if kept is not None and kept.generation >= evidence.generation:
                    return
                # another program may write a lower one in between, so what is there is looked at once more
                ring.set_password(SERVICE, name, evidence.line())
        raise KeystoreError(KeystoreProblem.FAILED)

    def read_biometric(self, vault_id: str) -> bytes | None:
        with _faults():
            line = _found().get_password(SERVICE, _biometric_item(vault_id))
        try:
            return None if line is None else _parsed(_BIOMETRIC_PREFIX, line)
        except KeystoreError:
            return None  # what was sealed under it is lost either way, and a new one may take its place

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        _kept(_biometric_item(vault_id), _line(_BIOMETRIC_PREFIX, secret))

    def delete(self, vault_id: str) -> None:
        with _faults():
            ring = _found()
            for name in (vault_id, _generation_item(vault_id), _biometric_item(vault_id)):
                if ring.get_password(SERVICE, name) is not None:
                    ring.delete_password(SERVICE, name)


def problem_of(error: BaseException) -> KeystoreProblem:
    """What an exception of keyring, or of what is below it, means for the person."""
    from keyring.errors import InitError, KeyringLocked, NoKeyringError

    # by name: the packages behind the back ends exist on their own systems only
    names = {kind.__name__ for link in (error, error.__cause__) for kind in type(link).__mro__}
    if isinstance(error, NoKeyringError) or "SecretServiceNotAvailableException" in names:
        return KeystoreProblem.MISSING
    dismissed = bool(names & {"PromptDismissedException", "LockedException"})
    # KWallet says no more than this when its dialog is cancelled
    cancelled = "Cancelled by user" in error.args or getattr(error, "winerror", None) == _CANCELLED
    if isinstance(error, InitError | KeyringLocked) or dismissed or cancelled:
        return KeystoreProblem.LOCKED
    return KeystoreProblem.FAILED


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except KeystoreError:
        raise
    except Exception as error:  # noqa: BLE001 - back ends let D-Bus, COM and OS errors through as they come
        # from None: a back end's error may quote what it was given
        raise KeystoreError(problem_of(error)) from None


def _found() -> "KeyringBackend":
    ring = _usable()
    if ring is None:
        raise KeystoreError(KeystoreProblem.MISSING)
    return ring


def _usable() -> "KeyringBackend | None":
    """The accepted back end of highest priority, or the accepted one that the user configured."""
    from keyring import core

    named = os.environ.get("PYTHON_KEYRING_BACKEND")
    if named is not None and named not in {*_ACCEPTED, _CHAINER}:
        return None  # looked at before keyring would import it
    try:
        configured = core.load_env() or core.load_config()
    except Exception:  # noqa: BLE001 - whatever a configured back end does on being loaded
        return None
    candidates: Iterable[KeyringBackend]
    if configured is None:
        candidates = _viable()
    elif _name(configured) == _CHAINER:
        candidates = configured.backends  # type: ignore[attr-defined]
    else:
        candidates = [configured]
    ring = next((ring for ring in candidates if _name(ring) in _ACCEPTED), None)
    if ring is not None and _name(ring) == _WINDOWS:
        ring.persist = "local machine"  # type: ignore[attr-defined] # never roams with the profile
    return ring


def _viable() -> "list[KeyringBackend]":
    from keyring import core

    found: list[KeyringBackend] = []
    for name in _ACCEPTED:
        try:
            found.append(core.load_keyring(name))
        except Exception:  # noqa: BLE001, S112 - not for this system, or nothing behind it
            continue
    return sorted(found, key=lambda ring: ring.priority, reverse=True)


def _name(ring: "KeyringBackend") -> str:
    """Of the very class: a subclass may store anywhere."""
    return f"{type(ring).__module__}.{type(ring).__qualname__}"


def _generation_item(vault_id: str) -> str:
    """The item's user name; an id has no dot, so it is no other vault's."""
    return f"{vault_id}.generation"


def _biometric_item(vault_id: str) -> str:
    return f"{vault_id}.biometric"


def _kept(name: str, line: str) -> None:
    """Stored, and read back to be sure."""
    with _faults():
        ring = _found()
        ring.set_password(SERVICE, name, line)
        kept = ring.get_password(SERVICE, name)
    if kept != line:
        raise KeystoreError(KeystoreProblem.FAILED)


def _line(prefix: str, secret: bytes) -> str:
    return prefix + base64.b64encode(secret).decode("ascii")


def _parsed(prefix: str, line: str) -> bytes:
    """An item that is there and is no such secret must not pass for none: it would be overwritten."""
    try:
        key = base64.b64decode(line.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not line.startswith(prefix) or len(key) != KEY_BYTES:
        raise KeystoreError(KeystoreProblem.FAILED)
    return key
