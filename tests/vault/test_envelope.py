"""AEAD, KDF bounds, and fields joined without ambiguity."""

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import assume, given
from hypothesis import strategies as st

from softtoken.vault.envelope import KdfParameters, Tampered, derive, joined, seal, unseal

KEY = bytes(range(32))


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_comes_back(plaintext: bytes, associated: bytes) -> None:
    assert unseal(KEY, seal(KEY, plaintext, associated), associated) == plaintext


def test_two_seals_of_one_text_differ() -> None:
    assert seal(KEY, b"same", b"") != seal(KEY, b"same", b"")


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, b"forty-two", b"here"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        unseal(KEY, bytes(sealed), b"here")


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 27, 28])
def test_too_short_is_tampered_and_nothing_else(length: int) -> None:
    with pytest.raises(Tampered):
        unseal(KEY, bytes(length), b"")


def test_another_place_or_key_is_noticed() -> None:
    sealed = seal(KEY, b"x", b"here")
    with pytest.raises(Tampered):
        unseal(KEY, sealed, b"there")
    with pytest.raises(Tampered):
        unseal(bytes(32), sealed, b"here")


@pytest.mark.parametrize(
    ("memory_kib", "passes", "lanes"),
    [(8191, 3, 4), (1048577, 3, 4), (65536, 0, 4), (65536, 17, 4), (65536, 3, 0), (65536, 3, 17), (-1, 3, 4)],
)
def test_kdf_parameters_out_of_bounds_are_refused(memory_kib: int, passes: int, lanes: int) -> None:
    with pytest.raises(ValueError, match="bounds"):
        KdfParameters(memory_kib, passes, lanes)


@pytest.mark.parametrize(("memory_kib", "passes", "lanes"), [(8192, 1, 1), (1048576, 16, 16), (65536, 3, 4)])
def test_kdf_parameters_at_the_bounds_are_taken(memory_kib: int, passes: int, lanes: int) -> None:
    assert KdfParameters(memory_kib, passes, lanes).passes == passes


def test_derive_is_argon2id_with_these_parameters() -> None:
    parameters = KdfParameters(8192, 2, 1)
    expected = Argon2id(salt=bytes(16), length=32, iterations=2, lanes=1, memory_cost=8192).derive(b"secret")
    assert derive(b"secret", bytes(16), parameters) == expected
    assert derive(b"secret", bytes(15) + b"x", parameters) != expected


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_joined_lists_never_collide(left: list[bytes], right: list[bytes]) -> None:
    assume(left != right)
    assert joined(*left) != joined(*right)
