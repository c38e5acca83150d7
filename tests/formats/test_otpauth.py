"""otpauth links: what is read, what is refused and by which name, and the way back."""

import contextlib
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from softtoken.engine.tokens import Algorithm, OtpProfile, TokenType
from softtoken.formats.link import LONGEST_LINK
from softtoken.formats.otpauth import (
    BadLink,
    Fault,
    OathAccount,
    decode_secret,
    encode_secret,
    format_otpauth,
    parse_otpauth,
)

KEY = b"12345678901234567890"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
TOTP = OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, 30)
HOTP = OtpProfile(TokenType.HOTP, Algorithm.SHA1, 6, None)
FIXTURES = Path(__file__).parents[3] / "shared" / "conformance" / "imports"


def test_everything_stated() -> None:
    link = f"otpauth://totp/ACME%20Co:john@example.com?secret={SECRET}&issuer=ACME%20Co&algorithm=SHA512&digits=8&period=60"
    profile = OtpProfile(TokenType.TOTP, Algorithm.SHA512, 8, 60)
    account = OathAccount("ACME Co", "john@example.com", profile, KEY)
    assert parse_otpauth(link) == account
    assert format_otpauth(account) == link


def test_a_counter_based_token() -> None:
    link = f"otpauth://hotp/Bank:joe?secret={SECRET}&issuer=Bank&algorithm=SHA1&digits=6&counter=42"
    account = OathAccount("Bank", "joe", HOTP, KEY, 42)
    assert parse_otpauth(link) == account
    assert format_otpauth(account) == link


def test_everything_left_to_defaults() -> None:
    assert parse_otpauth(f"otpauth://totp/joe?secret={SECRET}") == OathAccount("", "joe", TOTP, KEY)
    assert parse_otpauth(f"otpauth://hotp/joe?secret={SECRET}") == OathAccount("", "joe", HOTP, KEY, 0)


@pytest.mark.parametrize(
    ("label", "parameter", "issuer", "name"),
    [
        ("/Bank:joe", None, "Bank", "joe"),
        ("/Bank%3Ajoe", None, "Bank", "joe"),
        ("/Bank%3ajoe", None, "Bank", "joe"),
        ("/Bank:%20joe", None, "Bank", "joe"),
        ("/Bank%3A%20joe", None, "Bank", "joe"),
        ("/Bank: joe ", None, "Bank", "joe"),
        ("/Bank:joe", "Other", "Other", "joe"),
        ("/Bank:joe", "", "Bank", "joe"),
        ("/joe", "Bank", "Bank", "joe"),
        ("/joe", None, "", "joe"),
        ("/Bank:", None, "Bank", ""),
        ("/:joe", None, "", "joe"),
        ("/Bank:joe:work", None, "Bank", "joe:work"),
        ("/Bank:10.0.0.1%3A8080", None, "Bank", "10.0.0.1:8080"),
        ("/A%3AB:joe", None, "A:B", "joe"),
        ("/a/b:joe", None, "a/b", "joe"),
        ("/Acme%20#1:joe", None, "Acme #1", "joe"),
        ("/Air+Co:joe", None, "Air+Co", "joe"),
        ("/Air%20Co:joe", "Air+Co", "Air Co", "joe"),
        ("/joe", "C%2B%2B", "C++", "joe"),
        ("/%E5%B1%B1:%F0%9F%94%91", None, "山", "🔑"),
        ("/山:joe", None, "山", "joe"),
        ("/Ba%0Ank:jo%1Be%E2%80%AE", None, "Ba nk", "jo e"),
        ("/", None, "", ""),
        ("", None, "", ""),
        ("", "Bank", "Bank", ""),
    ],
)
def test_labels_and_issuers(label: str, parameter: str | None, issuer: str, name: str) -> None:
    link = f"otpauth://totp{label}?secret={SECRET}"
    link += "" if parameter is None else f"&issuer={parameter}"
    assert parse_otpauth(link) == OathAccount(issuer, name, TOTP, KEY)


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.lower(),
        f"{SECRET[:4]} {SECRET[4:]}",
        f"{SECRET[:4]}+{SECRET[4:]}",
        f"{SECRET[:4]}%20{SECRET[4:]}",
        f"{SECRET[:4]}-{SECRET[4:]}",
        f"{SECRET[:4]}%0A{SECRET[4:]}",
        f"{SECRET}====",
        f"{SECRET}%3D%3D",
    ],
)
def test_untidy_secrets(secret: str) -> None:
    assert parse_otpauth(f"otpauth://totp/joe?secret={secret}").key == KEY


def test_unpadded_secrets_of_every_length() -> None:
    for length in range(1, 70):
        key = bytes(range(length))
        assert decode_secret(encode_secret(key)) == key
        assert "=" not in encode_secret(key)


@pytest.mark.parametrize(
    "link",
    [
        f"OTPAUTH://TOTP/joe?SECRET={SECRET}&DIGITS=8",
        f" otpauth://totp/joe?secret={SECRET}&digits=8\n",
        f"otpauth://totp/joe?&&digits=8&secret={SECRET}&",
        f"otpauth://totp/joe?secret={SECRET}&amp;digits=8",
        f"otpauth://totp/joe?secret={SECRET}&digits=8&digits=8",
        f"otpauth://totp/joe?secret={SECRET}&digits=8&counter=nonsense",
        f"otpauth://totp/joe?secret={SECRET}&digits=8&image=a&image=b&codeDisplay=%7B%7D&flag",
    ],
)
def test_untidy_links(link: str) -> None:
    assert parse_otpauth(link).profile == OtpProfile(TokenType.TOTP, Algorithm.SHA1, 8, 30)


@pytest.mark.parametrize(
    ("parameter", "algorithm"),
    [
        ("algorithm=sha256", Algorithm.SHA256),
        ("algorithm=SHA-512", Algorithm.SHA512),
        ("algorithm=HmacSHA1", Algorithm.SHA1),
        ("algorithm=HMAC-SHA-256", Algorithm.SHA256),
        ("algo=SHA256", Algorithm.SHA256),
        ("algo=SHA256&algorithm=SHA512", Algorithm.SHA512),
    ],
)
def test_names_of_algorithms(parameter: str, algorithm: Algorithm) -> None:
    assert parse_otpauth(f"otpauth://totp/joe?secret={SECRET}&{parameter}").profile.algorithm is algorithm


@pytest.mark.parametrize(
    ("parameters", "profile", "counter"),
    [
        ("totp/?digits=10&period=1", OtpProfile(TokenType.TOTP, Algorithm.SHA1, 10, 1), 0),
        ("totp/?digits=06&period=86400", OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, 86400), 0),
        ("hotp/?counter=281474976710656", HOTP, 2**48),
        ("hotp/?period=junk", HOTP, 0),
    ],
)
def test_the_ends_of_the_ranges(parameters: str, profile: OtpProfile, counter: int) -> None:
    account = parse_otpauth(f"otpauth://{parameters}&secret={SECRET}")
    assert (account.profile, account.counter) == (profile, counter)


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("", Fault.NOT_OTPAUTH),
        (SECRET, Fault.NOT_OTPAUTH),
        ("otpauth:", Fault.NOT_OTPAUTH),
        ("otpauth:/totp/joe?secret=AA", Fault.NOT_OTPAUTH),
        ("https://totp/joe?secret=AA", Fault.NOT_OTPAUTH),
        ("otpauth-migration://offline?data=AA", Fault.NOT_OTPAUTH),
        ("steam://AAAA", Fault.NOT_OTPAUTH),
        ("otpauth://", Fault.UNSUPPORTED_TYPE),
        ("otpauth:///joe?secret=AA", Fault.UNSUPPORTED_TYPE),
        ("otpauth://steam/Steam:joe?secret=AA", Fault.UNSUPPORTED_TYPE),
        ("otpauth://motp/joe?secret=AA", Fault.UNSUPPORTED_TYPE),
        ("otpauth://totp:8080/joe?secret=AA", Fault.UNSUPPORTED_TYPE),
        ("otpauth://totp/joe?secret=AA&encoder=steam", Fault.UNSUPPORTED_TYPE),
        ("otpauth://totp/joe?secret=AA&2step_salt=8&2step_output=20", Fault.UNSUPPORTED_TYPE),
        ("otpauth://totp/joe", Fault.NO_SECRET),
        ("otpauth://totp/joe?", Fault.NO_SECRET),
        ("otpauth://totp/joe?secret", Fault.NO_SECRET),
        ("otpauth://totp/joe?secret=", Fault.NO_SECRET),
        ("otpauth://totp/joe?secret=%20", Fault.NO_SECRET),
        ("otpauth://totp/joe?secret====", Fault.NO_SECRET),
        ("otpauth://totp/joe?secret=A", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AAA", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AAAAAA", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AA1A", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AA=AA", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=A%C3%84AA", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AA%C5%BF", Fault.BAD_SECRET),
        ("otpauth://totp/joe?secret=AA&digits=5", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=11", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=six", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=-6", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=6.0", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&digits=%D9%A6", Fault.BAD_DIGITS),
        ("otpauth://totp/joe?secret=AA&period=0", Fault.BAD_PERIOD),
        ("otpauth://totp/joe?secret=AA&period=86401", Fault.BAD_PERIOD),
        ("otpauth://totp/joe?secret=AA&period=-30", Fault.BAD_PERIOD),
        ("otpauth://totp/joe?secret=AA&period=half", Fault.BAD_PERIOD),
        ("otpauth://hotp/joe?secret=AA&counter=-1", Fault.BAD_COUNTER),
        ("otpauth://hotp/joe?secret=AA&counter=281474976710657", Fault.BAD_COUNTER),
        ("otpauth://hotp/joe?secret=AA&counter=" + "9" * 4000, Fault.BAD_COUNTER),
        ("otpauth://hotp/joe?secret=AA&counter=", Fault.BAD_COUNTER),
        ("otpauth://totp/joe?secret=AA&algorithm=MD5", Fault.BAD_ALGORITHM),
        ("otpauth://totp/joe?secret=AA&algorithm=SHA224", Fault.BAD_ALGORITHM),
        ("otpauth://totp/joe?secret=AA&algorithm=", Fault.BAD_ALGORITHM),
        ("otpauth://totp/joe?secret=AA&algo=MD5", Fault.BAD_ALGORITHM),
        ("otpauth://totp/jo%e?secret=AA", Fault.BAD_ENCODING),
        ("otpauth://totp/joe%2?secret=AA", Fault.BAD_ENCODING),
        ("otpauth://totp/joe?secret=AA&issuer=100%", Fault.BAD_ENCODING),
        ("otpauth://totp/joe?secret=AA&issuer=%FF", Fault.BAD_ENCODING),
        ("otpauth://totp/%C3?secret=AA", Fault.BAD_ENCODING),
        ("otpauth://totp/\ud800?secret=AA", Fault.BAD_ENCODING),
        ("otpauth://totp/joe?secret=AA&secret=BB", Fault.REPEATED),
        ("otpauth://totp/joe?secret=AA&digits=6&Digits=8", Fault.REPEATED),
        ("otpauth://totp/joe?secret=AA&issuer=A&issuer=B", Fault.REPEATED),
        (f"otpauth://totp/{'x' * 4096}?secret=AA", Fault.TOO_LONG),
        (f"otpauth://totp/{'山' * 1400}?secret=AA", Fault.TOO_LONG),
        ("x" * 10_000_000, Fault.TOO_LONG),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) and not isinstance(value, Fault) else str(value),
)
def test_bad_links(link: str, fault: Fault) -> None:
    with pytest.raises(BadLink) as caught:
        parse_otpauth(link)
    assert caught.value.fault is fault
    assert str(caught.value) == fault


def test_the_interpreters_own_limit_for_numbers_is_never_met() -> None:
    usual = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        with pytest.raises(BadLink) as caught:
            parse_otpauth(f"otpauth://hotp/joe?secret=AA&counter={'9' * 1000}")
    finally:
        sys.set_int_max_str_digits(usual)
    assert caught.value.fault is Fault.BAD_COUNTER


def test_4_kb_are_not_too_long() -> None:
    link = f"otpauth://totp/?secret={SECRET}&issuer="
    link += "x" * (LONGEST_LINK - len(link))
    assert len(parse_otpauth(link).issuer) > 4000
    with pytest.raises(BadLink):
        parse_otpauth(link + "x")


def test_no_secret_in_error_or_repr() -> None:
    link = f"otpauth://totp/joe?secret={SECRET}&digits=3"
    with pytest.raises(BadLink) as caught:
        parse_otpauth(link)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None
    shown = repr(parse_otpauth(link.replace("digits=3", "digits=6")))
    assert SECRET not in shown
    assert KEY.decode() not in shown


NAMES = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"], exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ),
    max_size=30,
).map(str.strip)
ACCOUNTS = st.builds(
    OathAccount,
    NAMES,
    NAMES,
    st.builds(
        OtpProfile, st.just(TokenType.TOTP), st.sampled_from(Algorithm), st.integers(6, 10), st.integers(1, 86400)
    ),
    st.binary(min_size=1, max_size=128),
) | st.builds(
    OathAccount,
    NAMES,
    NAMES,
    st.builds(OtpProfile, st.just(TokenType.HOTP), st.sampled_from(Algorithm), st.integers(6, 10), st.none()),
    st.binary(min_size=1, max_size=128),
    st.integers(0, 2**48),
)


@given(ACCOUNTS)
@example(OathAccount("", "a:b", TOTP, b"k"))
@example(OathAccount("a:b", "", TOTP, b"k"))
@example(OathAccount("100% + more", "a&b=c#d?e/f", TOTP, b"k"))
def test_round_trip(account: OathAccount) -> None:
    link = format_otpauth(account)
    assert re.fullmatch(r"otpauth://[A-Za-z0-9._~%@:/?&=-]+", link)
    assert parse_otpauth(link) == account


@pytest.mark.parametrize(
    "profile",
    [OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30), OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, None)],
)
def test_tokens_that_have_no_link(profile: OtpProfile) -> None:
    with pytest.raises(ValueError, match="TOTP or HOTP"):
        format_otpauth(OathAccount("Bank", "joe", profile, KEY))


PIECES = "otpauth:// totp hotp / ? & = % %3A %ff : # secret digits 8 counter period algorithm issuer + [ ] @ é"
FRAGMENTS = st.lists(st.sampled_from([*PIECES.split(), SECRET, "\n", "\ud800"]) | st.text(max_size=3), max_size=25).map(
    "".join
)


@given(st.text() | FRAGMENTS | FRAGMENTS.map(lambda rest: f"otpauth://totp/{rest}"))
def test_any_text_is_a_token_or_a_bad_link(text: str) -> None:
    with contextlib.suppress(BadLink):
        parse_otpauth(text)


@given(st.text(), st.text(), st.text())
def test_any_parameter_is_read_or_faulted(secret: str, digits: str, issuer: str) -> None:
    link = f"otpauth://totp/joe?secret={secret}&digits={digits}&issuer={issuer}"
    with contextlib.suppress(BadLink):
        account = parse_otpauth(link)
        assert 6 <= account.profile.digits <= 10
        assert account.key


STANDARD_SET: dict[str, Any] = {
    "Deno": ("Mason", TokenType.TOTP, Algorithm.SHA1, 6, 30, 0, "4SJHB4GSD43FZBAI7C2HLRJGPQ"),
    "SPDX": ("James", TokenType.TOTP, Algorithm.SHA256, 7, 20, 0, "5OM4WOOGPLQEF6UGN3CPEOOLWU"),
    "Airbnb": ("Elijah", TokenType.TOTP, Algorithm.SHA512, 8, 50, 0, "7ELGJSGXNCCTV3O6LKJWYFV2RA"),
    "Issuu": ("James", TokenType.HOTP, Algorithm.SHA1, 6, None, 1, "YOOMIXWS5GN6RTBPUFFWKTW5M4"),
    "Air Canada": ("Benjamin", TokenType.HOTP, Algorithm.SHA256, 7, None, 50, "KUVJJOM753IHTNDSZVCNKL7GII"),
    "WWE": ("Mason", TokenType.HOTP, Algorithm.SHA512, 8, None, 10300, "5VAML3X35THCEBVRLV24CGBKOY"),
}


@pytest.mark.parametrize("file", ["plain.txt", "ente_auth.txt"])
def test_links_that_other_programs_wrote(file: str) -> None:
    if not FIXTURES.is_dir():
        pytest.skip("the conformance files are not on this machine")
    read, refused = {}, []
    for line in (FIXTURES / file).read_text("utf-8").split():
        try:
            account = parse_otpauth(line)
        except BadLink as error:
            refused.append(error.fault)
        else:
            read[account.issuer] = account
    assert refused == [Fault.UNSUPPORTED_TYPE], "the Steam token"
    assert read == {
        issuer: OathAccount(issuer, name, OtpProfile(kind, algorithm, digits, period), decode_secret(secret), counter)
        for issuer, (name, kind, algorithm, digits, period, counter, secret) in STANDARD_SET.items()
    }


def test_a_link_with_every_part_quoted() -> None:
    assert parse_otpauth(f"otpauth://totp/{quote('Bank:joe', safe='')}?secret={SECRET}").issuer == "Bank"
