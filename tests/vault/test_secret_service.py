"""The vault remembers which keyring has its key, and says so when another one answers."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from services.room import Room, furnished
from vault.keystore_session import session

from softtoken.services.events import AddToken, CreateVault, GetInformation, ProtectVault, Start, VaultCondition
from softtoken.vault.errors import KeystoreProblem
from softtoken.vault.secretservice import secret_service_program
from softtoken.vault.slots import KeyringSecret, RecoverySecret, make_slot, read_slot_header
from softtoken.vault.store import read_header

LINK = "otpauth://totp/Example:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    yield from furnished(tmp_path, monkeypatch)


def test_the_name_is_in_the_slot_and_authenticated() -> None:
    slot = make_slot(bytes(32), "0a" * 16, KeyringSecret(bytes(32), "KWallet"))
    assert json.loads(slot.header)["provider"] == "KWallet"
    assert read_slot_header(slot).provider == "KWallet"
    for nameless in (KeyringSecret(bytes(32)), RecoverySecret(bytes(16))):
        assert "provider" not in json.loads(make_slot(bytes(32), "0a" * 16, nameless).header)


def test_another_keyring_is_told_apart_from_a_lost_item(room: Room) -> None:
    first = room.controller()
    first.post(CreateVault())
    first.post(AddToken(LINK))
    assert read_header(room.home.vault).provider == "memory"
    first.close()
    items = dict(room.keystore.items)
    room.keystore.items.clear()
    room.keystore.name = "KWallet"
    second = room.unstarted()
    started = second.post(Start())
    assert (started.vault, started.keyring_recorded, started.keyring_now) == (
        VaultCondition.NEEDS_RECOVERY,
        "memory",
        "KWallet",
    )
    second.close()
    room.keystore.problem = KeystoreProblem.MISSING
    room.keystore.name = None
    started = room.unstarted().post(Start())
    assert (started.keyring_recorded, started.keyring_now) == ("memory", None)
    room.keystore.problem, room.keystore.name = None, "KWallet"
    room.keystore.items.update(items)  # they were moved there
    third = room.controller()
    assert read_header(room.home.vault).provider == "KWallet"
    assert third.post(GetInformation()).keyring_recorded == "KWallet"
    third.post(ProtectVault(passphrase="correct horse"))
    assert read_header(room.home.vault).provider is None


@pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is a thing of Linux desktops")
def test_without_a_bus_nobody_is_named() -> None:
    assert secret_service_program() is None


@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="gnome-keyring is not installed")
def test_a_real_one_is_named(tmp_path: Path) -> None:
    with session(tmp_path) as store:
        assert store.provider() == "Secret Service (GNOME Keyring)"
