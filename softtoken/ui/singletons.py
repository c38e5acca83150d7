"""A guard against one fault of PySide6 6.12.0 on Python 3.11."""

import ctypes
import sys


def hold_singletons() -> None:
    """Make None, True and False practically immortal, as Python 3.12 and later do themselves (PEP 683).

    PySide6 6.12.0 is built as if they were so everywhere: each call of a void method gives away a reference to
    None, each emit() one to True, and after some thousand calls Python 3.11 aborts with "none_dealloc".
    """
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 12):
        return
    for singleton in (None, True, False):
        count = ctypes.c_ssize_t.from_address(id(singleton))
        if count.value < _ENOUGH:
            count.value += _ENOUGH


_ENOUGH = 1 << 40
