"""What opens the vault key, and what does not."""

from dataclasses import replace

import msgspec
import pytest

from softtoken.vault.envelope import Tampered
from softtoken.vault.errors import WrongSecret
from softtoken.vault.slots import (
    KeyringSecret,
    PassphraseSecret,
    RecoverySecret,
    Slot,
    SlotKind,
    SlotSecret,
    check_passphrase,
    make_slot,
    new_device_key,
    new_recovery_secret,
    open_slot,
    slot_digest,
)

VAULT_KEY = bytes(range(32))
SECRETS: list[SlotSecret] = [
    KeyringSecret(bytes(32)),
    RecoverySecret(bytes(16)),
    PassphraseSecret("correct horse"),
]
OTHERS: list[SlotSecret] = [
    KeyringSecret(bytes(31) + b"x"),
    RecoverySecret(bytes(15) + b"x"),
    PassphraseSecret("correct house"),
]


@pytest.mark.parametrize(("secret", "other"), list(zip(SECRETS, OTHERS, strict=True)))
def test_a_slot_opens_with_its_secret_only(secret: SlotSecret, other: SlotSecret) -> None:
    slot = make_slot(VAULT_KEY, "v1", secret)
    assert open_slot(slot, secret) == VAULT_KEY
    with pytest.raises(WrongSecret):
        open_slot(slot, other)
    assert VAULT_KEY not in slot.wrapped


def test_a_secret_of_another_kind_is_a_wrong_one() -> None:
    with pytest.raises(WrongSecret):
        open_slot(make_slot(VAULT_KEY, "v1", SECRETS[0]), SECRETS[1])


def test_passphrases_that_look_alike_are_the_same() -> None:
    slot = make_slot(VAULT_KEY, "v1", PassphraseSecret("caf\u00e9 \ufb01nal"))
    assert open_slot(slot, PassphraseSecret("cafe\u0301 final")) == VAULT_KEY


@pytest.mark.parametrize(
    ("passphrase", "good"), [("", False), ("1234567", False), ("12345678", True), ("e\u0301" * 7, False)]
)
def test_passphrases_have_eight_characters(passphrase: str, good: bool) -> None:
    assert check_passphrase(passphrase) is good
    if not good:
        with pytest.raises(ValueError, match="short"):
            make_slot(VAULT_KEY, "v1", PassphraseSecret(passphrase))


def test_secrets_have_their_lengths_and_show_nothing() -> None:
    with pytest.raises(ValueError, match="32"):
        KeyringSecret(bytes(31))
    with pytest.raises(ValueError, match="16"):
        RecoverySecret(bytes(17))
    assert "q" not in repr(PassphraseSecret("qqqqqqqq")).replace("__qualname__", "")
    assert "\\x07" not in repr(KeyringSecret(b"\x07" * 32)) + repr(RecoverySecret(b"\x07" * 16))
    assert len(new_device_key()) == 32
    assert new_recovery_secret() != new_recovery_secret()


def _forged(slot: Slot, **changes: object) -> Slot:
    """The slot with another header, and a digest that fits: what someone with a hex editor could write."""
    fields = msgspec.json.decode(slot.header) | changes
    header = msgspec.json.encode(fields)
    return replace(slot, header=header, digest=slot_digest(header, slot.wrapped))


@pytest.mark.parametrize(
    "kdf",
    [
        {"memory_kib": 4 * 1024 * 1024, "passes": 3, "lanes": 4},
        {"memory_kib": 8, "passes": 3, "lanes": 1},
        {"memory_kib": 65536, "passes": 1000, "lanes": 4},
        {"memory_kib": 65536, "passes": 3},
        None,
    ],
)
def test_kdf_parameters_of_a_file_are_bounded_before_use(kdf: object) -> None:
    with pytest.raises(Tampered):
        open_slot(_forged(make_slot(VAULT_KEY, "v1", SECRETS[2]), kdf=kdf), SECRETS[2])


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"kind": "RECOVERY"}, {"salt": "AAAA"}, {"more": 1}, {"vault": 5}],
)
def test_a_forged_header_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Tampered):
        open_slot(_forged(make_slot(VAULT_KEY, "v1", SECRETS[0]), **change), SECRETS[0])


def test_the_header_is_authenticated() -> None:
    forged = _forged(make_slot(VAULT_KEY, "v1", SECRETS[0]), vault="v2")
    with pytest.raises(WrongSecret):
        open_slot(forged, SECRETS[0])


def test_a_damaged_slot_is_not_a_wrong_secret() -> None:
    slot = make_slot(VAULT_KEY, "v1", SECRETS[0])
    assert slot.kind is SlotKind.KEYRING
    with pytest.raises(Tampered):
        open_slot(replace(slot, wrapped=bytes([slot.wrapped[0] ^ 1]) + slot.wrapped[1:]), SECRETS[0])
