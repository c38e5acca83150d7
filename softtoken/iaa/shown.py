"""How an answer looks when it is printed or logged: a server can put anything into it, a caller's own code included."""

from dataclasses import Field, fields
from typing import Any, ClassVar

from softtoken.iaa.words import SessionStatus


class Shown:
    """A dataclass whose repr tells documented words and small numbers; any other text by its length alone.

    The values themselves are as they came.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __repr__(self) -> str:
        told = ", ".join(f"{field.name}={self._told(field)}" for field in fields(self) if field.repr)
        return f"{type(self).__name__}({told})"

    def _told(self, field: Field[Any]) -> str:
        value = getattr(self, field.name)
        # the client has freed it of the request's secrets
        if field.name == "log_correlation_id" or value is None or isinstance(value, bool) or value in _WORDS:
            return repr(value)
        if isinstance(value, int):
            return repr(value) if abs(value) < _FEWER_DIGITS_THAN_A_CODE else "..."
        return f"<{len(value)}>"


_WORDS = frozenset(SessionStatus)
_FEWER_DIGITS_THAN_A_CODE = 100_000
