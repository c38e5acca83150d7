"""What the fields of all bodies are made of: texts, numbers and names, each as strict in the document as in fact."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from softtoken.sandbox.users import LONGEST_NAME, NAME_PATTERN


def _encodable(value: str) -> str:
    """JSON can spell half a character, and pydantic lets it pass where a text has no limits."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text") from None
    return value


def _read_number(value: Any) -> Any:
    """A number may come as a text, as callers of the vendor's API send both (iaa-api section 14, last row)."""
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
    return int(value) if is_number else _read_integer(value)


def _read_integer(value: Any) -> Any:
    """As JSON Schema understands it: 1.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def demands_one(*names: str) -> dict[str, Any]:
    """For the JSON schema of a model: exactly one of these fields is there, and not null."""
    return {
        "oneOf": [
            {
                "required": [name],
                "properties": {
                    name: {"not": {"type": "null"}},
                    **{other: {"type": "null"} for other in names if other != name},
                },
            }
            for name in names
        ]
    }


_LONGEST_NUMBER = 9
_MOST = 10**_LONGEST_NUMBER - 1
Number = Annotated[
    int,
    BeforeValidator(_read_number),
    Field(strict=True, ge=0, le=_MOST),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": _MOST},
                {"type": "string", "pattern": f"^[0-9]{{1,{_LONGEST_NUMBER}}}$"},
            ]
        }
    ),
]
"""Not negative, as a number or as a text."""
LikeJson = BeforeValidator(_read_integer)
"""Behind the limits of an integer, or the document does not tell them."""
Integer = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1), LikeJson]
Text = Annotated[str, AfterValidator(_encodable)]
MessageText = Annotated[str, AfterValidator(_encodable), Field(max_length=1000)]
SessionId = Annotated[str, Field(pattern="^[0-9a-fA-F]+$", min_length=2, max_length=100)]
StaticPassword = Annotated[str, Field(min_length=8, max_length=255)]
Response = Annotated[str, Field(pattern="^[0-9]+$", max_length=64)]
UserId = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=NAME_PATTERN)]
RelationshipRef = Annotated[str, Field(min_length=1, max_length=150)]
Serial = Annotated[str, Field(min_length=1, max_length=64)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$")]


class Received(BaseModel):
    """Something a caller sends. A refusal must never repeat what was sent."""

    model_config = ConfigDict(hide_input_in_errors=True)
