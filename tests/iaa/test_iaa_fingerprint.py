"""CDDC: the hash rule and what this desktop tells of itself."""

import getpass
import json
import re
import socket

import pytest
from iaa.samples import FR_RAW, SEED_HASH, SEED_RAW, VO_RAW

from softtoken.iaa.fingerprint import (
    BrowserCddc,
    CddcExtent,
    Display,
    MobileCddc,
    collect,
    collect_mobile,
    fingerprint_hash,
    new_session_id,
)
from softtoken.iaa.messages import LoginRequest
from softtoken.iaa.wire import cddc_body, login_body

DISPLAY = Display((2560, 1440), (460, 700))


@pytest.mark.parametrize(
    ("raw", "size", "digest"),
    [
        (SEED_RAW, 612, SEED_HASH),
        (VO_RAW, 612, "8390a928309575d03ff0337887a7e5fd5a5b90a9fdf927a1283d84a98244dc8f"),
        (FR_RAW, 607, "c2ce4679155fc6a3569f1f24a2be2abbe150a27cbc15bb6b1d8d0274ecae8252"),
    ],
)
def test_hash_of_the_documented_texts(raw: str, size: int, digest: str) -> None:
    assert len(raw.encode()) == size
    assert fingerprint_hash(raw) == digest


def test_hash_takes_crlf_for_lf_and_nothing_else() -> None:
    assert fingerprint_hash("a\r\nb") == fingerprint_hash("a\nb")
    assert fingerprint_hash("a\rb") != fingerprint_hash("a\nb")


@pytest.mark.parametrize(
    ("platform", "system", "short"),
    [
        ("win32", "Microsoft Windows", "Win32"),
        ("darwin", "Apple MacOS", "MacIntel"),
        ("linux", "Linux", "Linux aarch64"),
        ("freebsd14", "UNIX", "FreeBSD aarch64"),
        ("plan9", "Unknown Operating System", ""),
    ],
)
def test_all_that_is_told_is_in_the_layout_and_the_order_of_the_vendors_script(
    platform: str, system: str, short: str
) -> None:
    cddc = collect("1.2.3", DISPLAY, platform=platform, machine="aarch64")
    told = json.loads(cddc.fingerprint_raw)
    assert list(told) == list(json.loads(FR_RAW)) == ["browser", "viewport", "support", "computer", "additional"]
    assert told["browser"] == {"userAgent": "SoftToken/1.2.3"}
    assert list(told["viewport"].items()) == [("width", 460), ("height", 700)]
    assert told["computer"]["platform"] == short
    assert list(told["support"]) == list(json.loads(FR_RAW)["support"])
    assert set(told["support"].values()) == {None}
    assert list(told["computer"]) == ["screenWidth", "screenHeight", "OS", "platform"]
    assert (told["computer"]["screenWidth"], told["computer"]["screenHeight"]) == (2560, 1440)
    assert told["computer"]["OS"] == system
    assert cddc.fingerprint_hash == fingerprint_hash(cddc.fingerprint_raw)


def test_without_a_window_the_sizes_are_not_there() -> None:
    told = json.loads(collect("1.0", None, platform="linux", machine="x86_64").fingerprint_raw)
    assert list(told) == ["browser", "support", "computer", "additional"]
    assert list(told["computer"].values()) == [None, None, "Linux", "Linux x86_64"]


def test_the_minimum_is_the_program_and_the_family_of_the_system() -> None:
    cddc = collect("1.0", DISPLAY, extent=CddcExtent.MINIMAL, platform="linux", machine="x86_64")
    told = json.loads(cddc.fingerprint_raw)
    assert "viewport" not in told
    assert told["browser"] == {"userAgent": "SoftToken/1.0"}
    assert list(told["computer"].items()) == [
        ("screenWidth", None), ("screenHeight", None), ("OS", "Linux"), ("platform", None),
    ]  # fmt: skip
    assert cddc.fingerprint_hash == fingerprint_hash(cddc.fingerprint_raw)


@pytest.mark.parametrize("extent", [CddcExtent.MINIMAL, CddcExtent.FULL])
def test_the_mobile_form_holds_the_same_text_and_excludes_the_other(extent: CddcExtent) -> None:
    browser, mobile = collect("1.0", DISPLAY, extent=extent), collect_mobile("1.0", DISPLAY, extent=extent)
    assert (mobile.fingerprint_raw, mobile.fingerprint_hash) == (browser.fingerprint_raw, browser.fingerprint_hash)
    fields = {"fingerprintRaw": browser.fingerprint_raw, "fingerprintHash": browser.fingerprint_hash}
    sent: list[tuple[BrowserCddc | MobileCddc, str]] = [(browser, "browserCDDC"), (mobile, "mobileCDDC")]
    for cddc, form in sent:
        request = LoginRequest.with_otp(otp="714346", relationship_ref="iaa_user", session_id="4ED23EA44F23", cddc=cddc)
        assert login_body(request)["cddc"] == cddc_body(cddc) == {form: fields}


def test_collect_names_neither_machine_nor_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "zanzibar-host")
    monkeypatch.setenv("HOSTNAME", "zanzibar-host")
    monkeypatch.setenv("USER", "zanzibar-user")
    monkeypatch.setenv("LOGNAME", "zanzibar-user")
    assert getpass.getuser() == "zanzibar-user"
    raw = collect("1.0", None).fingerprint_raw
    assert "zanzibar" not in raw
    assert json.loads(raw)["computer"]["screenWidth"] is None


def test_session_ids_are_fresh_and_well_formed() -> None:
    first, second = new_session_id(), new_session_id()
    assert first != second
    assert re.fullmatch("[0-9a-f]{72}", first)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bytes.fromhex(first).decode("ascii"))
