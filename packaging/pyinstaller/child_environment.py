"""A start-up hook of the frozen program: what it starts must not load the bundle's libraries.

PyInstaller's bootloader points LD_LIBRARY_PATH at the bundle and keeps the old value in *_ORIG. glibc read it
when this process started, so it can go now; left in place, xdg-open and the browser would inherit it.
Source: PyInstaller's documentation, "LD_LIBRARY_PATH considerations".
"""

import os

for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    _before = os.environ.pop(_name + "_ORIG", None)
    if _before is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _before
