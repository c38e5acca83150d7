"""Bytes that do not stay in memory: keys and PINs while they are in use.

Python's own bytes and texts cannot be cleared, and what made or took a secret may have had it in one of those: this
shortens the time for which a key can be found in memory, and promises no more (docs/hardening.md).
"""

import hmac


class Secret(bytearray):
    """Overwritten with zeros when it is wiped, or when nobody holds it any more.

    Hand it on as it is: a slice, a `bytes` or a text of it is a copy that nobody clears.
    """

    __slots__ = ()

    def wipe(self) -> None:
        """Now, whoever still holds it: for what must not be there any longer."""
        self[:] = bytes(len(self))

    def __del__(self) -> None:
        self.wipe()

    def __eq__(self, other: object) -> bool:
        """In a time that does not tell where two differ."""
        return isinstance(other, bytes | bytearray) and hmac.compare_digest(self, other)

    __hash__ = None  # as of every value that changes

    def __repr__(self) -> str:
        return f"<Secret of {len(self)} bytes>"


Key = bytes | bytearray
"""What a function takes that only reads a key: a Secret as well as plain bytes."""
