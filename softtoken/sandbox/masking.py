"""What the request log shows of a body: the names of all fields, and the values of those that are known to be harmless.

The list names what may be seen, not what may not, so a field that is new, misspelt or somebody's own is masked.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

_NAMES = """
    objectType userID login domain user clientIP relationshipRef applicationRef sessionID requestID session
    activationType orchestrationDelivery timeout timeoutSeconds length checkDigit
    title subject text challenge fingerprintHash dataFields
    riskResponseCode sessionStatus activationStatus registrationID serialNumber authenticators
    deviceStatus deviceType authenticatorType type total offset limit
    locked disabled vdpDeliveryMethod
    eventType transactionType amount currency accountRef creditorBank creditorIBAN creditorName debtorIBAN
    error message validationErrors
    country endpoint fault when seconds next probability seed injected number
    name version digest digestCheck latest
    result remainingTries atc protection protections counter decision expires
"""
SHOWN = frozenset(_NAMES.split())
"""Fields whose value is shown if it is a text, a number or a list of them. Objects are opened, whatever their name."""
BODY_LIMIT = 8192
"""Bytes of a body that are kept to be looked at; a longer one is named by its type and size alone."""
_LONGEST_VALUE = 300
_LONGEST_NAME = 64


def masked_body(content_type: str, body: bytes, size: int) -> str:
    """One line of text. body: the beginning of what was sent, whole if it is as long as size."""
    if size == 0:
        return ""
    kind = content_type.partition(";")[0].strip().lower()
    mask = _MASKS.get(kind)
    if mask is not None and size <= len(body):
        try:
            return mask(body)
        except (ValueError, RecursionError):
            return f"(malformed, {size} bytes)"
    return f"({kind if kind in _KINDS else 'of another type'}, {size} bytes)"


def _mask_json(body: bytes) -> str:
    shown = json.dumps(_masked(json.loads(body), shown=False), ensure_ascii=False)
    # JSON can spell half a character, which no answer can carry: it stays spelt
    return shown.encode(errors="backslashreplace").decode()


def _mask_form(body: bytes) -> str:
    fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    return json.dumps({_cut(name, _LONGEST_NAME): _masked(value, shown=name in SHOWN) for name, value in fields})


def _masked(value: Any, *, shown: bool) -> Any:
    match value:
        case dict():
            return {_cut(name, _LONGEST_NAME): _masked(inside, shown=name in SHOWN) for name, inside in value.items()}
        case list():
            return [_masked(inside, shown=shown) for inside in value]
        case None:
            return None
        case str() if shown:
            return _cut(value, _LONGEST_VALUE)
        case _ if shown:
            return value
        case _:
            return MASK


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


MASK = "•••"
_MASKS: dict[str, Callable[[bytes], str]] = {
    "application/json": _mask_json,
    "application/x-www-form-urlencoded": _mask_form,
}
_KINDS = frozenset(_MASKS) | {"text/html", "text/plain", "image/png", "multipart/form-data"}
