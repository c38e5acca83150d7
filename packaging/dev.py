#!/usr/bin/env python3
"""The one door for people and CI: sets the checkout up, then demo, test, lint, lock or build.

This file has to parse on Python 3.6, to say that it is too old; everything else is in devtools/.
"""

import os
import sys

NEEDED = (3, 11)


def main() -> int:
    """Run one command. Returns the exit status."""
    if sys.version_info[:2] < NEEDED:
        sys.stderr.write(
            f"Soft Token needs Python {NEEDED[0]}.{NEEDED[1]} or newer, and {sys.executable} is Python "
            f"{sys.version_info[0]}.{sys.version_info[1]}. "
            "Start packaging/dev.py with a newer one, for example: python3.11 packaging/dev.py\n"
        )
        return 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from devtools.commands import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
