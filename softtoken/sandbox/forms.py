"""What the pages of the bank and of its help desk share: reading a form, and saying what was wrong with it."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs, quote, urlencode

from fastapi import Depends, Request

from softtoken.sandbox.pages import NOTHING, Html, Pages
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.verdicts import Tone


async def read_form(request: Request) -> dict[str, str]:
    """The fields of an ordinary form, the last of a name counts. Anything else is an empty form."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(read_form)]


def query(**fields: str) -> str:
    """Percent-encoded throughout: a plus sign is a space in forms alone."""
    return urlencode(fields, quote_via=quote, safe="")


def fault_of(refusal: Refusal) -> str:
    """Why a typed name will not do, to the person who typed it."""
    return "This cannot be a user name." if refusal.status == HTTPStatus.BAD_REQUEST else refusal.message


def notice(pages: Pages, text: str, tone: Tone) -> Html:
    """A line above a form; nothing without a text."""
    if not text:
        return NOTHING
    role = "status" if tone is Tone.GOOD else "alert"
    return pages.fragment("notice", text=text, tone=tone.value, role=role)
