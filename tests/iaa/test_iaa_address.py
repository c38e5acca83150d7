"""Typed addresses and user names."""

from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.iaa.address import (
    AddressReason,
    BadAddress,
    parse_origin,
    parse_user,
    path_segment,
    user_path,
    usual_domain,
)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("acme.sdb.tid.onespan.cloud", "https://acme.sdb.tid.onespan.cloud"),
        ("  HTTPS://Acme.SDB.tid.onespan.cloud/ ", "https://acme.sdb.tid.onespan.cloud"),
        ("https://acme.example/v1", "https://acme.example"),
        ("https://acme.example:443/v1/", "https://acme.example"),
        ("https://acme.example:8443", "https://acme.example:8443"),
        ("acme.example:8443", "https://acme.example:8443"),
        ("https://acme.example:", "https://acme.example"),
        ("//acme.example", "https://acme.example"),
        ("acme.example.", "https://acme.example"),
        ("Bücher.example", "https://xn--bcher-kva.example"),
        ("bu\u0308cher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000"),
        ("http://127.9.8.7", "http://127.9.8.7"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"),
        ("https://10.0.0.5", "https://10.0.0.5"),
        ("my_host", "https://my_host"),
    ],
)
def test_origin(typed: str, origin: str) -> None:
    assert parse_origin(typed) == origin
    assert parse_origin(origin) == origin


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", AddressReason.EMPTY),
        (" \n", AddressReason.EMPTY),
        ("ftp://acme.example", AddressReason.SCHEME),
        ("://acme.example", AddressReason.SCHEME),
        ("http://acme.example", AddressReason.NOT_SECURE),
        ("http://127.0.0.1.acme.example", AddressReason.NOT_SECURE),
        ("http://localhost.acme.example", AddressReason.NOT_SECURE),
        ("http://10.0.0.5", AddressReason.NOT_SECURE),
        ("http://[::ffff:127.0.0.1]", AddressReason.NOT_SECURE),
        ("https://user:secret@acme.example", AddressReason.USER_INFO),
        ("https://user@acme.example", AddressReason.USER_INFO),
        ("https://acme.example@evil.example", AddressReason.USER_INFO),
        ("https://", AddressReason.HOST),
        ("https://a..b", AddressReason.HOST),
        ("https://a b", AddressReason.HOST),
        ("https://-a.example", AddressReason.HOST),
        ("https://[1:2]", AddressReason.HOST),
        ("https://a%2eb", AddressReason.HOST),
        ("https://" + "a" * 64, AddressReason.HOST),
        ("https://" + ".".join(["abcdefgh"] * 30), AddressReason.HOST),
        ("https://[::1", AddressReason.HOST),
        ("https://[127.0.0.1]", AddressReason.HOST),
        ("https://[fe80::1%25eth0]", AddressReason.HOST),
        ("https://[::1]x", AddressReason.HOST),
        ("https://127.1", AddressReason.HOST),
        ("https://0x7f000001", AddressReason.HOST),
        ("https://1.2.3.256", AddressReason.HOST),
        ("https://１２７.0.0.1", AddressReason.HOST),
        ("https://\ud800.example", AddressReason.HOST),
        ("https://acme.example\u2100", AddressReason.HOST),
        ("https://acme.example:0", AddressReason.PORT),
        ("https://acme.example:65536", AddressReason.PORT),
        ("https://acme.example:8o", AddressReason.PORT),
        ("https://acme.example:８０", AddressReason.PORT),
        ("https://a:1:2", AddressReason.PORT),
        ("mailto:x", AddressReason.PORT),
        ("https://acme.example/v2", AddressReason.PATH),
        ("https://acme.example/v1/users", AddressReason.PATH),
        ("https://acme.example?x=1", AddressReason.PATH),
        ("https://acme.example#x", AddressReason.PATH),
        ("https://acme.example\\@evil.example", AddressReason.PATH),
    ],
)
def test_no_origin(typed: str, reason: AddressReason) -> None:
    with pytest.raises(BadAddress) as caught:
        parse_origin(typed)
    assert caught.value.reason is reason


@given(st.text(max_size=40) | st.from_regex(r"(?i)https?://[-a-z0-9.:\[\]@/%]{0,30}", fullmatch=True))
def test_an_origin_means_to_httpx_what_it_says(typed: str) -> None:
    try:
        origin = parse_origin(typed)
    except BadAddress:
        return
    assert parse_origin(origin) == origin
    url = httpx.URL(f"{origin}/v1/x")
    assert url.raw_path == b"/v1/x"
    assert not url.userinfo
    assert origin == origin.lower()
    shown = f"[{url.host}]" if ":" in url.host else url.raw_host.decode()
    assert origin == f"{url.scheme}://{shown}" + (f":{url.port}" if url.port else "")


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Alice", ("alice", "master")),
        (" alice@Sandbox ", ("alice", "sandbox")),
        ("alice@acme.example@sandbox", ("alice@acme.example", "sandbox")),
        ("a b/c", ("a b/c", "master")),
        ("x" * 255, ("x" * 255, "master")),
        ("ÄRGER", ("ärger", "master")),
    ],
)
def test_user(typed: str, parts: tuple[str, str]) -> None:
    assert parse_user(typed, default_domain="Master") == parts


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", AddressReason.USER_EMPTY),
        ("@sandbox", AddressReason.USER_EMPTY),
        ("alice@", AddressReason.USER_EMPTY),
        ("ali\x00ce", AddressReason.USER_CHARACTERS),
        ("ali\nce@x", AddressReason.USER_CHARACTERS),
        ("ali\u202ece", AddressReason.USER_CHARACTERS),
        ("ali\ud800ce", AddressReason.USER_CHARACTERS),
        ("x" * 256, AddressReason.USER_TOO_LONG),
        ("x@" + "y" * 256, AddressReason.USER_TOO_LONG),
        ("İ" * 128, AddressReason.USER_TOO_LONG),
    ],
)
def test_no_user(typed: str, reason: AddressReason) -> None:
    with pytest.raises(BadAddress) as caught:
        parse_user(typed, "master")
    assert caught.value.reason is reason


def test_user_path() -> None:
    assert user_path("alice@sandbox") == "alice@sandbox"
    assert user_path("a/b?c#d@e f@sandbox") == "a%2Fb%3Fc%23d%40e%20f@sandbox"
    assert user_path("..@..") == "..@.."


@pytest.mark.parametrize("user", ["", "alice", "@sandbox", "alice@", "al\ud800ce@x"])
def test_no_user_path(user: str) -> None:
    with pytest.raises(BadAddress):
        user_path(user)


@given(st.text(max_size=30))
def test_a_user_stays_one_segment_of_the_path(typed: str) -> None:
    try:
        user_id, domain = parse_user(typed, "master")
    except BadAddress:
        return
    raw = httpx.URL(f"https://h/v1/users/{user_path(f'{user_id}@{domain}')}/login").raw_path.decode()
    segments = raw.split("/")
    assert [segments[1], segments[2], segments[4]] == ["v1", "users", "login"]
    assert unquote(segments[3]) == f"{user_id}@{domain}"


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_a_segment_cannot_climb(text: str) -> None:
    with pytest.raises(BadAddress):
        path_segment(text)


def test_a_segment_is_encoded() -> None:
    assert path_segment("../x?y") == "..%2Fx%3Fy"


@pytest.mark.parametrize(
    ("origin", "domain"),
    [
        ("https://acme.sdb.tid.onespan.cloud", "acme"),
        ("https://acme.prod.eu1.tid.onespan.cloud", "master"),
        ("https://gateway.acme.example:8443", "master"),
        ("http://127.0.0.1:8000", "sandbox"),
        ("http://[::1]:8000", "sandbox"),
    ],
)
def test_usual_domain(origin: str, domain: str) -> None:
    assert usual_domain(origin) == domain
