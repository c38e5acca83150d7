"""Becomes another user and says what the product's Linux biometrics are to that one. Arguments: bus, user id."""

import os
import sys

# before the program becomes a user who may not read the packages
import jeepney.io.blocking

from softtoken.vault.biometrics.linux import LinuxBiometrics
from softtoken.vault.biometrics.protocol import BiometricError, Cancellation, Prompt


class _Keyring:
    """One that is never reached."""

    def provider(self) -> str:
        return "memory"


def main() -> None:
    socket, user = sys.argv[1], int(sys.argv[2])
    assert jeepney.io.blocking
    system = LinuxBiometrics("vault", _Keyring(), socket)  # type: ignore[arg-type]
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    print(os.getuid(), system.problem())
    try:
        system.wrap(bytes(32), "credential", Prompt("test", print, Cancellation(), 20))
    except BiometricError as error:
        print(error.problem)


if __name__ == "__main__":
    main()
