"""Linux: the real fprintd on the system bus. It says yes or no; the key is in the vault, sealed under the keyring."""

from pathlib import Path

from softtoken.secret import Key, Secret
from softtoken.vault.biometrics.fprintd import Reader, fprintd
from softtoken.vault.biometrics.protocol import Binding, BiometricError, BiometricProblem, Prompt
from softtoken.vault.biometrics.sealed import SealedKeys, enrolment
from softtoken.vault.keystore import Keystore

# where D-Bus has its system socket; never from DBUS_SYSTEM_BUS_ADDRESS, which could name a bus that says yes
_SOCKETS = ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket")
_QUICK = 5.0


class LinuxBiometrics:
    """Any finger that this user enrolled with the system."""

    name = "fprintd"
    binding = Binding.PROMPT

    def __init__(self, vault_id: str, keystore: Keystore, socket: str | None = None) -> None:
        """socket: of another bus, for tests alone; no setting and no variable of the environment gets here."""
        self._socket = socket
        self._keys = SealedKeys(self.name, vault_id, keystore)

    def problem(self) -> BiometricProblem | None:
        try:
            with fprintd(self._path(), _QUICK) as service:
                service.reader()
        except BiometricError as error:
            # nobody was asked for anything, so a time that is over is the service's
            return BiometricProblem.READER_FAILED if error.problem is BiometricProblem.TIMED_OUT else error.problem
        return None

    def wrap(self, key: Key, credential_id: str, prompt: Prompt) -> bytes:
        self._keys.require_keyring()
        with fprintd(self._path(), prompt.seconds, prompt.cancellation) as service:
            reader = service.reader()
            service.verify(reader, prompt.hint)
        return self._keys.sealed(key, credential_id, _enrolled(reader))

    def unwrap(self, blob: bytes, credential_id: str, prompt: Prompt) -> Secret:
        with fprintd(self._path(), prompt.seconds, prompt.cancellation) as service:
            reader = service.reader()
            self._keys.check(blob, _enrolled(reader))
            service.verify(reader, prompt.hint)
        return self._keys.opened(blob, credential_id)

    def forget(self, credential_id: str) -> None:
        """Nothing is kept for one credential: the keyring's item is the vault's, and goes with it."""

    def _path(self) -> str:
        return self._socket or next((path for path in _SOCKETS if Path(path).exists()), _SOCKETS[0])


def _enrolled(reader: Reader) -> bytes:
    return enrolment((reader.name, *reader.fingers))
