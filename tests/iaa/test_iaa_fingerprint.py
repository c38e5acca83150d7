"""CDDC: the hash rule and what this desktop tells of itself."""

import getpass
import json
import re
import socket

import pytest
from iaa.samples import FR_RAW, SEED_HASH, SEED_RAW, VO_RAW

from softtoken.iaa.fingerprint import collect, fingerprint_hash, new_session_id


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
    ("platform", "system"),
    [
        ("win32", "Microsoft Windows"),
        ("darwin", "Apple MacOS"),
        ("linux", "Linux"),
        ("freebsd14", "UNIX"),
        ("plan9", "Unknown Operating System"),
    ],
)
def test_collect(platform: str, system: str) -> None:
    cddc = collect("1.2.3", (2560, 1440), platform=platform)
    told = json.loads(cddc.fingerprint_raw)
    assert list(told) == ["browser", "support", "computer", "additional"]
    assert told["browser"] == {"userAgent": "SoftToken/1.2.3"}
    assert list(told["support"]) == list(json.loads(FR_RAW)["support"])
    assert set(told["support"].values()) == {None}
    assert list(told["computer"]) == ["screenWidth", "screenHeight", "OS", "platform"]
    assert (told["computer"]["screenWidth"], told["computer"]["screenHeight"]) == (2560, 1440)
    assert told["computer"]["OS"] == system
    assert cddc.fingerprint_hash == fingerprint_hash(cddc.fingerprint_raw)


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
