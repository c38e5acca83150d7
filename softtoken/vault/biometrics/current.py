"""Which biometric system this computer has."""

import sys

from softtoken.vault.biometrics.none import NoBiometrics
from softtoken.vault.biometrics.protocol import Biometrics
from softtoken.vault.keystore import Keystore


def current_biometrics(vault_id: str, keystore: Keystore) -> Biometrics:
    """The one of this operating system, for the credentials of one vault. Asks nobody and looks for no sensor yet.

    keystore: where the key material lies on systems whose sensor only says yes or no. Its calls may prompt, so it
    should be a TimeLimitedKeystore.
    """
    # the modules of other systems are not even imported
    match sys.platform:
        case "linux":
            from softtoken.vault.biometrics.linux import LinuxBiometrics

            return LinuxBiometrics(vault_id, keystore)
        case "win32":
            from softtoken.vault.biometrics.passport import Passport
            from softtoken.vault.biometrics.windows import WindowsBiometrics

            return WindowsBiometrics(Passport())
        case "darwin":
            from softtoken.vault.biometrics.localauthentication import LocalAuthentication
            from softtoken.vault.biometrics.macos import MacBiometrics

            return MacBiometrics(vault_id, keystore, LocalAuthentication())
        case _:
            return NoBiometrics()
