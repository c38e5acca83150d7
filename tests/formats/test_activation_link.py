"""softtoken://activate links: there and back, and what is refused by which name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.formats.activation_link import (
    ActivationLink,
    BadLink,
    Fault,
    format_activation_link,
    parse_activation_link,
)

CODE = "18DJ-RF8C-RP5F-4RG7-0"
LINK = f"softtoken://activate?server=http%3A%2F%2F127.0.0.1%3A8400&user=alice%40sandbox&code={CODE}"


def test_there_and_back() -> None:
    link = ActivationLink("http://127.0.0.1:8400", "alice@sandbox", CODE)
    assert parse_activation_link(LINK) == link
    assert format_activation_link(link) == LINK


@pytest.mark.parametrize(
    "text",
    [
        f"  {LINK}\n",
        LINK.replace("softtoken://activate", "SoftToken://Activate/"),
        LINK.replace("&", "&amp;"),
        LINK.replace("%3A", ":").replace("%2F", "/").replace("%40", "@"),
        LINK + "&campaign=spring&campaign=summer",
    ],
)
def test_untidy_links(text: str) -> None:
    assert parse_activation_link(text) == parse_activation_link(LINK)


def test_a_plus_is_part_of_the_user() -> None:
    link = parse_activation_link(f"softtoken://activate?server=https://iaa.example&user=a+b%2Bc@d&code={CODE}")
    assert link.user == "a+b+c@d"


def test_the_code_is_handed_on_as_it_is() -> None:
    assert parse_activation_link("softtoken://activate?server=https://x&user=u&code=o l").code == "o l"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.NOT_ACTIVATION),
        ("18DJ-RF8C-RP5F-4RG7-0", Fault.NOT_ACTIVATION),
        ("otpauth://totp/joe?secret=AA", Fault.NOT_ACTIVATION),
        ("softtoken://", Fault.NOT_ACTIVATION),
        ("softtoken://login?server=https://x&user=u&code=c", Fault.NOT_ACTIVATION),
        ("softtoken://activate/x?server=https://x&user=u&code=c", Fault.NOT_ACTIVATION),
        ("softtoken://activate", Fault.NO_SERVER),
        ("softtoken://activate?server=&user=u&code=c", Fault.NO_SERVER),
        ("softtoken://activate?server=https://x&code=c", Fault.NO_USER),
        ("softtoken://activate?server=https://x&user=%20&code=c", Fault.NO_USER),
        ("softtoken://activate?server=https://x&user=u", Fault.NO_CODE),
        ("softtoken://activate?server=https://x&user=u&code=", Fault.NO_CODE),
        ("softtoken://activate?server=x&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=ftp://x&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=javascript:alert&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://x:99999&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://x:0&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://[x&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://bank.example@evil.example&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://a%0Ab&user=u&code=c", Fault.BAD_SERVER),
        ("softtoken://activate?server=https://x&user=%zz&code=c", Fault.BAD_ENCODING),
        ("softtoken://activate?server=https://x&server=https://y&user=u&code=c", Fault.REPEATED),
        ("softtoken://activate?server=https://x&user=u&code=" + "c" * 4096, Fault.TOO_LONG),
    ],
)
def test_bad_links(text: str, fault: Fault) -> None:
    with pytest.raises(BadLink) as caught:
        parse_activation_link(text)
    assert caught.value.fault is fault


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=40)


@given(WORDS, WORDS)
def test_round_trip(user: str, code: str) -> None:
    link = ActivationLink("https://iaa.example:8443/v1?a=b&c=d", user, code)
    assert parse_activation_link(format_activation_link(link)) == link


@given(st.text(), st.text(), st.text())
def test_any_text_is_a_link_or_a_bad_one(server: str, user: str, code: str) -> None:
    for text in (
        server,
        f"softtoken://{server}",
        f"softtoken://activate?server=https://{server}&user={user}&code={code}",
    ):
        with contextlib.suppress(BadLink):
            parse_activation_link(text)


def test_the_code_is_not_in_the_repr() -> None:
    assert CODE not in repr(parse_activation_link(LINK))
