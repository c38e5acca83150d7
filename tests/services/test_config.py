"""mc_config.json: the seed's file, unknown keys, wrong types, broken text; and what tightening means."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.resources import resource_path
from softtoken.services.config import ConfigBroken, Iam, Maverick, McConfig, Scp, Softtoken, load_config, tighten
from softtoken.services.network_config import ClientCertificate, Network

PACKAGED = resource_path("mc_config.json")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "mc_config.json"


def test_the_packaged_file_is_the_seeds(own: Path) -> None:
    assert json.loads(PACKAGED.read_text("utf-8")) == {
        "useScp": False,
        "useTokenBasedLogin": False,
        "useSmartScreen": False,
        "astServerBackend": "ssms",
        "ssms": {"allowOfflinePinVerification": True},
    }
    config = load_config(PACKAGED, own)
    assert config.offline_supported
    assert config.allow_offline_pin_verification is True


@pytest.mark.parametrize(
    ("text", "offline", "allow"),
    [
        ("{}", True, None),
        ('{"ssms": {}}', True, None),
        ('{"ssms": {"allowOfflinePinVerification": false}}', True, False),
        ('{"astServerBackend": "maverick", "maverick": {"mTLS": true}}', False, None),
        ('{"iam": {"clientId": "x"}, "scp": {}}', True, None),
    ],
)
def test_a_file_in_the_data_folder_overrides(own: Path, text: str, offline: bool, allow: bool | None) -> None:
    own.write_text(text, "utf-8")
    config = load_config(PACKAGED, own)
    assert (config.offline_supported, config.allow_offline_pin_verification) == (offline, allow)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "text"),
        ("{", "text"),
        ("[]", "text"),
        ('{"ssms": true}', "$.ssms"),
        ('{"ssms": {"allowOfflinePinVerification": "true"}}', "$.ssms.allowOfflinePinVerification"),
        ('{"ssms": {"allowOfflinePinVerification": 1}}', "$.ssms.allowOfflinePinVerification"),
        ('{"useScp": 0}', "$.useScp"),
        ('{"astServerBackend": "shift"}', "$.astServerBackend"),
    ],
)
def test_a_broken_file_names_the_place_and_is_never_replaced_by_defaults(own: Path, text: str, place: str) -> None:
    own.write_text(text, "utf-8")
    with pytest.raises(ConfigBroken) as raised:
        load_config(PACKAGED, own)
    assert raised.value.path == own
    assert raised.value.place == place
    assert raised.value.reason


def test_bytes_that_are_no_text(own: Path) -> None:
    own.write_bytes(b'{"useScp": "\xff\xfe"}')
    with pytest.raises(ConfigBroken):
        load_config(PACKAGED, own)


@pytest.mark.expects_log("softtoken.services.config")
def test_unknown_keys_are_warned_of(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    own.write_text('{"useSkynet": 1, "ssms": {"allowOfflinePinVerification": true, "otpLength": 8}}', "utf-8")
    assert load_config(PACKAGED, own) == McConfig(ssms=load_config(PACKAGED, own.with_name("none")).ssms)
    assert "useSkynet" in caplog.text
    assert "ssms.otpLength" in caplog.text


FULL = {
    "useScp": True,
    "useTokenBasedLogin": True,
    "useSmartScreen": True,
    "astServerBackend": "ssms",
    "ssms": {"allowOfflinePinVerification": False},
    "iam": {
        "clientId": "a",
        "serverUrl": "https://iam.example.test",
        "redirectUri": "b:c",
        "trustedSslServerCerts": ["x.pem"],
    },
    "maverick": {
        "mTLS": True,
        "mKex": True,
        "useSEKeyForSigningTransactions": True,
        "jwtSignKeySecurityPolicy": "ENFORCE_HARDWARE",
        "minimumKeyProtection": "ALLOW_VIRTUAL_SMART_CARD",
    },
    "scp": {"tokenIssuerUrl": "a", "tokenIssuerServiceUrl": "b", "addressBookServerUrl": "c", "messageRouterUrl": "d"},
    "softtoken": {
        "resynchroniseBeforeLogin": False,
        "cddc": "minimal",
        "auditToSystemLog": False,
        "screenCapture": "blocked",
        "cddcForm": "mobile",
        "network": {
            "https://iaa.example.test": {
                "proxy": "http://proxy.example.test:3128",
                "proxyUser": "a",
                "proxyPasswordFile": "b",
                "timeoutSeconds": 20.0,
                "caFile": "c",
                "clientCertificate": {"file": "d", "keyFile": "e", "passphraseFile": "f"},
            }
        },
    },
}


def leaves(document: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every key, objects included."""
    found = []
    for name, value in document.items():
        found.append((*above, name))
        if isinstance(value, dict):
            found += leaves(value, (*above, name))
    return found


def place_of(path: tuple[str, ...]) -> str:
    """As JSON paths are written: a name that is no plain word is in brackets."""
    return "$" + "".join(f".{name}" if name.isidentifier() else f'["{name}"]' for name in path)


def read(own: Path) -> Any:
    return json.loads(msgspec.json.encode(load_config(PACKAGED, own)))


def test_every_key_is_read(own: Path) -> None:
    """Without a warning; what it holds comes out again."""
    own.write_text(json.dumps(FULL), "utf-8")
    assert read(own) == FULL


@pytest.mark.parametrize("path", leaves(FULL), ids=".".join)
def test_every_key_of_a_wrong_type_names_the_place(own: Path, path: tuple[str, ...]) -> None:
    for wrong in (-7, [["x"]]):
        document = copy.deepcopy(FULL)
        inside = document
        for name in path[:-1]:
            inside = inside[name]  # type: ignore[assignment]
        inside[path[-1]] = wrong
        own.write_text(json.dumps(document), "utf-8")
        with pytest.raises(ConfigBroken) as raised:
            load_config(PACKAGED, own)
        assert raised.value.path == own
        assert raised.value.place.startswith(place_of(path))


@pytest.mark.expects_log("softtoken.services.config")
@pytest.mark.parametrize("part", [None, "ssms", "iam", "maverick", "scp", "softtoken"])
def test_an_unknown_key_anywhere_is_named_and_the_rest_is_read(
    own: Path, part: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    document: dict[str, Any] = copy.deepcopy(FULL)
    (document[part] if part else document)["loginMaximumRetries"] = 5
    own.write_text(json.dumps(document), "utf-8")
    assert read(own) == FULL
    (record,) = caplog.records
    name = f"{part}.loginMaximumRetries" if part else "loginMaximumRetries"
    assert f"unknown key {name} " in record.getMessage()


@pytest.mark.parametrize("policy", ["enforceSE", "preferSE", "ignoreSE", "low", "ENFORCE_STRONG_HARDWARE"])
def test_words_of_older_files(own: Path, policy: str) -> None:
    own.write_text(json.dumps({"maverick": {"minimumKeyProtection": policy}}), "utf-8")
    assert load_config(PACKAGED, own).maverick is not None
    own.write_text(json.dumps({"maverick": {"minimumKeyProtection": policy + "!"}}), "utf-8")
    with pytest.raises(ConfigBroken):
        load_config(PACKAGED, own)


def test_what_a_folder_in_its_place_does(own: Path) -> None:
    """It is no file, so the packaged one holds."""
    own.mkdir()
    assert load_config(PACKAGED, own).allow_offline_pin_verification is True


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=4))
def test_tightening_never_loosens(choices: list[bool | None]) -> None:
    strictness = {True: 0, False: 1, None: 2}
    assert strictness[tighten(*choices)] == max(strictness[choice] for choice in choices)


PAGE = (Path(__file__).parents[2] / "docs" / "administration.md").read_text("utf-8")


def test_the_page_for_administrators_names_every_key() -> None:
    ours = [f"softtoken.{name}" for name in Softtoken.__struct_fields__]
    theirs = ["ssms.allowOfflinePinVerification", *(set(McConfig.__struct_fields__) - {"ssms", "softtoken"})]
    below = [name for kind in (Network, ClientCertificate, Iam, Maverick, Scp) for name in kind.__struct_fields__]
    table = PAGE[PAGE.index("### Every key") : PAGE.index("### Examples")]
    assert [name for name in ours + theirs if f"`{name}`" not in table] == []
    assert [name for name in below if re.search(rf"[`.]{name}[`.]", table) is None] == []


def test_its_examples_hold(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    examples = re.findall(r"^    \{(?: *\n(?:    .*\n)*?    \}|.*\})$", PAGE, re.MULTILINE)
    assert len(examples) == 3
    for example in examples:
        own.write_text(example, "utf-8")
        assert load_config(PACKAGED, own).allow_offline_pin_verification is not None
    assert caplog.text == ""
