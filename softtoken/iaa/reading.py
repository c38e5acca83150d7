"""From the bytes of a success to a typed part and the rest, as it came: leniently where the documents leave it open.

Lenient: any order, fields that nobody documented, numbers as texts. Refused: what is no JSON object, a documented field
of another type, control characters in a word, and a name that stands twice: which of the two counts, no two programs
agree on.
"""

import json
from typing import Annotated, Any, TypeVar

import msgspec

from softtoken.iaa.errors import AnswerFault, BadAnswer
from softtoken.iaa.exchange import RawAnswer

# a 32-bit number and one that JSON can carry, as a number or as a text; a word that can be shown as it came
Code = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Number = Annotated[int, msgspec.Meta(ge=-(2**53), lt=2**53)]
Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"\A[^\x00-\x1f\x7f-\x9f\u2028-\u202e]*\Z")]

S = TypeVar("S", bound=msgspec.Struct)


def read(raw: RawAnswer, correlation: str | None, kind: type[S]) -> tuple[S, dict[str, Any]]:
    """The documented fields of the answer, and the others by their names. Raises BadAnswer."""
    return read_part(raw, correlation, raw.body, kind)


def read_part(
    raw: RawAnswer, correlation: str | None, part: bytes | msgspec.Raw, kind: type[S]
) -> tuple[S, dict[str, Any]]:
    """As read, of one object within the answer."""
    try:
        found = msgspec.json.decode(part, type=kind, strict=False)
        return found, _undocumented(bytes(part), kind)
    except msgspec.ValidationError:
        fault = AnswerFault.WRONG_TYPES
    except (ValueError, RecursionError):
        fault = AnswerFault.NOT_JSON
    # outside the handlers: a decoding error holds on to the whole answer
    raise BadAnswer(raw.status, "", correlation, fault=fault)


def _undocumented(body: bytes, kind: type[msgspec.Struct]) -> dict[str, Any]:
    json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=str)
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return {name: _value(member) for name, member in members.items() if name not in known}


def _value(member: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(member)
    except msgspec.ValidationError:
        # a number beyond what a computer counts with: kept as its digits
        return bytes(member).decode()


def _once(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise msgspec.ValidationError("a name stands twice")
