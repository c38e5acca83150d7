"""Plain, sealed and masked keys."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from softtoken.errors import SoftTokenError
from softtoken.vault.envelope import KdfParameters, Tampered
from softtoken.vault.pinwrap import (
    KeyForm,
    WrappedKey,
    WrongPin,
    mask_with_pin,
    seal_with_pin,
    unwrap,
    wrap_plain,
)

CHEAP = KdfParameters(8192, 1, 1)
KEY = bytes(range(32))


def test_a_plain_key_needs_no_pin() -> None:
    assert unwrap(wrap_plain(b"any length"), "c1", None) == b"any length"


@pytest.mark.parametrize("wrap", [seal_with_pin, mask_with_pin])
def test_the_right_pin_gives_the_key(wrap: Callable[..., WrappedKey]) -> None:
    wrapped = wrap(KEY, "730195", "c1", CHEAP)
    assert unwrap(wrapped, "c1", "730195") == KEY
    assert KEY not in wrapped.blob


def test_default_costs_are_the_architectures() -> None:
    assert seal_with_pin(KEY, "730195", "c1").kdf == KdfParameters(65536, 3, 4)
    assert mask_with_pin(KEY, "730195", "c1").kdf == KdfParameters(65536, 3, 4)


def test_a_sealed_key_tells_a_wrong_pin_and_that_is_an_outcome() -> None:
    sealed = seal_with_pin(KEY, "730195", "c1", CHEAP)
    with pytest.raises(WrongPin) as caught:
        unwrap(sealed, "c1", "730196")
    assert not isinstance(caught.value, SoftTokenError)
    assert "730196" not in repr(caught.value)


def test_a_masked_key_gives_another_key_for_each_wrong_pin() -> None:
    masked = mask_with_pin(KEY, "730195", "c1", CHEAP)
    others = {bytes(unwrap(masked, "c1", f"{pin:06}")) for pin in range(20)}
    assert len(others) == 20
    assert all(len(key) == 32 for key in others)
    assert KEY not in others


def test_masking_is_xor_with_the_documented_bytes() -> None:
    masked = mask_with_pin(KEY, "730195", "c1", CHEAP)
    strong = Argon2id(salt=masked.salt, length=32, iterations=1, lanes=1, memory_cost=8192).derive(b"730195")
    info = b"\0\0\0\x0fsofttoken-pin-1" + b"\0\0\0\x06MASKED" + b"\0\0\0\x02c1"
    mask = HKDF(SHA256(), 32, masked.pepper, info).derive(strong)
    assert masked.blob == bytes(a ^ b for a, b in zip(KEY, mask, strict=True))


def test_the_credential_id_takes_part() -> None:
    with pytest.raises(WrongPin):
        unwrap(seal_with_pin(KEY, "730195", "c1", CHEAP), "c2", "730195")
    assert unwrap(mask_with_pin(KEY, "730195", "c1", CHEAP), "c2", "730195") != KEY


def test_salt_and_pepper_are_fresh_each_time() -> None:
    one, two = mask_with_pin(KEY, "730195", "c1", CHEAP), mask_with_pin(KEY, "730195", "c1", CHEAP)
    assert (one.salt, one.pepper) != (two.salt, two.pepper)
    assert len(one.salt) == 16
    assert len(one.pepper) == 32


@pytest.mark.parametrize("length", [0, 20, 31, 33, 64])
def test_only_32_bytes_are_masked(length: int) -> None:
    with pytest.raises(ValueError, match="32"):
        mask_with_pin(bytes(length), "730195", "c1", CHEAP)


def test_a_missing_pin_is_the_callers_mistake_and_no_wrong_pin() -> None:
    with pytest.raises(ValueError, match="PIN") as caught:
        unwrap(seal_with_pin(KEY, "730195", "c1", CHEAP), "c1", None)
    assert not isinstance(caught.value, WrongPin)


def test_parts_of_the_wrong_size_are_tampered() -> None:
    masked = mask_with_pin(KEY, "730195", "c1", CHEAP)
    for broken in (
        replace(masked, kdf=None),
        replace(masked, salt=bytes(15)),
        replace(masked, pepper=b""),
        replace(masked, blob=bytes(31)),
    ):
        with pytest.raises(Tampered):
            unwrap(broken, "c1", "730195")


def test_repr_shows_neither_blob_nor_pepper() -> None:
    wrapped = WrappedKey(KeyForm.MASKED, b"BLOB" * 8, b"s" * 16, b"PEPPER!!" * 4, CHEAP)
    assert "BLOB" not in repr(wrapped)
    assert "PEPPER" not in repr(wrapped)
