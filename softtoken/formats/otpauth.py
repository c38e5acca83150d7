"""otpauth:// links of TOTP and HOTP tokens, read leniently and written strictly.

Source: the Key URI Format that authenticator apps share, and their links in practice (peers, section 5).
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from softtoken.engine.tokens import Algorithm, OtpProfile, TokenType
from softtoken.formats.link import BadLink, Fault, LinkParts, decode, split_link

__all__ = [
    "BadLink",
    "Fault",
    "OathAccount",
    "decode_secret",
    "encode_secret",
    "format_otpauth",
    "parse_otpauth",
]

LAST_COUNTER = 2**48
LONGEST_PERIOD = 86400


@dataclass(frozen=True, slots=True)
class OathAccount:
    """One OATH token as another program hands it over. issuer and name may be empty.

    counter: the next one of an HOTP token.
    """

    issuer: str
    name: str
    profile: OtpProfile
    key: bytes = field(repr=False)
    counter: int = 0


def parse_otpauth(text: str) -> OathAccount:
    """Read a link of at most 4 KB. Raises BadLink and nothing else, whatever the text.

    Lenient: type, parameter names and algorithm in any case; `algo` for `algorithm`; `+` for a space in
    parameters; no label; the issuer in the label, as a parameter, or both (the parameter wins). Left out
    means 6 digits, 30 seconds, SHA1, counter 0. Secrets as decode_secret reads them. Others are ignored.
    """
    link = split_link(text, "otpauth", Fault.NOT_OTPAUTH, plus_is_space=True)
    token_type = _TYPES.get(link.kind)
    if token_type is None or _makes_other_codes(link):
        raise BadLink(Fault.UNSUPPORTED_TYPE)
    prefix, name = _label(link.path)
    key = decode_secret(link.one("secret") or "")
    algorithm = _algorithm(link)
    digits = _number(link, "digits", 6, 6, 10, Fault.BAD_DIGITS)
    period, counter = None, 0
    if token_type is TokenType.TOTP:
        period = _number(link, "period", 30, 1, LONGEST_PERIOD, Fault.BAD_PERIOD)
    else:
        counter = _number(link, "counter", 0, 0, LAST_COUNTER, Fault.BAD_COUNTER)
    profile = OtpProfile(token_type, algorithm, digits, period)
    return OathAccount(link.one("issuer") or prefix, name, profile, key, counter)


def format_otpauth(account: OathAccount) -> str:
    """Write a link that every reader understands: everything stated, nothing left to defaults.

    Raises ValueError for a managed token: its codes are not made of its key alone.
    """
    profile = account.profile
    if profile.type is TokenType.HOTP:
        last = f"counter={account.counter}"
    elif profile.type is TokenType.TOTP and profile.period is not None:
        last = f"period={profile.period}"
    else:
        raise ValueError("only a TOTP or HOTP token has an otpauth link")
    issuer, name = quote(account.issuer, safe=""), quote(account.name, safe="@")
    # a name with a colon and no issuer needs the empty prefix, or its front would be read as the issuer
    label = f"{issuer}:{name}" if issuer or ":" in account.name else name
    parameters = [f"secret={encode_secret(account.key)}"]
    if issuer:
        parameters.append(f"issuer={issuer}")
    parameters += [f"algorithm={profile.algorithm.value}", f"digits={profile.digits}", last]
    return f"otpauth://{profile.type.value.lower()}/{label}?{'&'.join(parameters)}"


def decode_secret(text: str) -> bytes:
    """The key behind a Base32 secret in any case, with or without padding, spaces and hyphens.

    Raises BadLink: NO_SECRET if nothing is there; BAD_SECRET for other symbols, and for a count of symbols
    that no number of bytes has: one got lost, and the rest would make wrong codes.
    """
    symbols = _SEPARATORS.sub("", text).rstrip("=")
    if not symbols:
        raise BadLink(Fault.NO_SECRET)
    if _BASE32.fullmatch(symbols) is None:
        raise BadLink(Fault.BAD_SECRET)
    try:
        return base64.b32decode(symbols.upper() + "=" * (-len(symbols) % 8))
    except binascii.Error:
        raise BadLink(Fault.BAD_SECRET) from None


def encode_secret(key: bytes) -> str:
    """Base32, upper case, without padding."""
    return base64.b32encode(key).decode("ascii").rstrip("=")


_TYPES = {"totp": TokenType.TOTP, "hotp": TokenType.HOTP}
_ALGORITHMS = {algorithm.value: algorithm for algorithm in Algorithm}
_SEPARATORS = re.compile(r"[\s-]")
_BASE32 = re.compile("[A-Za-z2-7]+")


def _makes_other_codes(link: LinkParts) -> bool:
    """A type in disguise: KeePassXC's Steam codes, and privacyIDEA's secrets that are half of the key."""
    return any(
        name.startswith("2step_") or (name == "encoder" and value.lower() == "steam") for name, value in link.parameters
    )


def _label(path: str) -> tuple[str, str]:
    """Issuer and name. A plain colon divides; only without one does an encoded colon."""
    prefix, colon, name = path.partition(":")
    if colon:
        return decode(prefix).strip(), decode(name).strip()
    prefix, colon, name = decode(path).partition(":")
    return (prefix.strip(), name.strip()) if colon else ("", prefix.strip())


def _algorithm(link: LinkParts) -> Algorithm:
    text = link.one("algorithm")
    if text is None:
        text = link.one("algo")
    name = "SHA1" if text is None else text.upper().replace("-", "").removeprefix("HMAC")
    if name not in _ALGORITHMS:
        raise BadLink(Fault.BAD_ALGORITHM)
    return _ALGORITHMS[name]


def _number(link: LinkParts, name: str, default: int, least: int, most: int, fault: Fault) -> int:
    text = link.one(name)
    if text is None:
        return default
    # the length first: int() of thousands of digits raises an error of its own
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise BadLink(fault)
    if not least <= int(text) <= most:
        raise BadLink(fault)
    return int(text)
