"""`python -m softtoken`, but that its system bus is the one whose socket is the first argument.

The product looks at the system's fixed path alone, and no setting or variable changes that. Its process id is told
first, on standard error, for whoever wants to press Ctrl-C.
"""

import os
import sys

from softtoken.__main__ import main
from softtoken.vault.biometrics import linux

if __name__ == "__main__":
    linux._SOCKETS = (sys.argv.pop(1),)  # type: ignore[assignment]
    sys.stderr.write(f"{os.getpid()}\n")
    sys.stderr.flush()
    sys.exit(main(sys.argv[1:]))
