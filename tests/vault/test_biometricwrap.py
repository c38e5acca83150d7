"""A credential's key behind a finger or a face: what is asked, what opens it, what an outsider finds in the file."""

import base64
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.biometrics import FakeBiometrics
from vault.test_vault_format import Reader, lp, unseal

from softtoken.engine.tokens import CredentialState, ProtectionType
from softtoken.vault.biometrics.protocol import BiometricError, BiometricProblem, Cancellation, Prompt
from softtoken.vault.biometricwrap import make_lock, open_with_biometrics, seal_with_lock
from softtoken.vault.envelope import joined
from softtoken.vault.envelope import unseal as opened
from softtoken.vault.pinwrap import KeyForm, unwrap
from softtoken.vault.store import NewCredential, new_id

if TYPE_CHECKING:
    from vault.vault_samples import Sample

KEY = bytes(range(32))


def prompt() -> Prompt:
    return Prompt("reason", lambda _: None, Cancellation(), 20)


def test_the_person_is_asked_once_to_close_and_once_to_open() -> None:
    reader = FakeBiometrics()
    lock = make_lock(reader, "id", prompt())
    wrapped = seal_with_lock(KEY, lock)
    assert len(reader.prompts) == 1
    assert open_with_biometrics(wrapped, "id", reader, prompt()) == KEY
    assert len(reader.prompts) == 2
    assert KEY not in wrapped.blob


def test_a_no_closes_nothing() -> None:
    reader = FakeBiometrics()
    reader.answers = [BiometricProblem.NO_MATCH]
    with pytest.raises(BiometricError):
        make_lock(reader, "id", prompt())
    assert reader.kept == {}


def test_only_a_key_of_32_bytes() -> None:
    lock = make_lock(FakeBiometrics(), "id", prompt())
    with pytest.raises(ValueError, match="32 bytes"):
        seal_with_lock(KEY[:-1], lock)


@pytest.mark.parametrize("place", [0, 11, 12, 43, 44, 59, 60, -1])
def test_every_damaged_byte_is_noticed(place: int) -> None:
    reader = FakeBiometrics()
    wrapped = seal_with_lock(KEY, make_lock(reader, "id", prompt()))
    blob = bytearray(wrapped.blob)
    blob[place] ^= 1
    with pytest.raises(BiometricError) as raised:
        open_with_biometrics(replace(wrapped, blob=bytes(blob)), "id", reader, prompt())
    assert raised.value.problem is BiometricProblem.CHANGED


@pytest.mark.parametrize("length", [0, 59, 60])
def test_a_blob_that_was_cut(length: int) -> None:
    reader = FakeBiometrics()
    wrapped = seal_with_lock(KEY, make_lock(reader, "id", prompt()))
    with pytest.raises(BiometricError):
        open_with_biometrics(replace(wrapped, blob=wrapped.blob[:length]), "id", reader, prompt())


def test_another_credential() -> None:
    reader = FakeBiometrics()
    wrapped = seal_with_lock(KEY, make_lock(reader, "id", prompt()))
    reader.kept["other"] = reader.kept["id"]
    with pytest.raises(BiometricError) as raised:
        open_with_biometrics(wrapped, "other", reader, prompt())
    assert raised.value.problem is BiometricProblem.CHANGED


@pytest.mark.parametrize("pin", [None, "284917"])
def test_no_pin_opens_it(pin: str | None) -> None:
    wrapped = seal_with_lock(KEY, make_lock(FakeBiometrics(), "id", prompt()))
    with pytest.raises(ValueError, match="no PIN opens"):
        unwrap(wrapped, "id", pin)


def test_what_counts_tries() -> None:
    assert {form for form in KeyForm if form.counts_tries} == {KeyForm.SEALED, KeyForm.BIOMETRIC}


def test_an_outsider_finds_what_the_document_says(sample: "Sample") -> None:
    """docs/vault.md: 60 bytes that W opens, and what the system gives W back for."""
    biometrics, credential_id, token_id = FakeBiometrics(), new_id(), new_id()
    wrapped = seal_with_lock(KEY, make_lock(biometrics, credential_id, prompt()))
    token = replace(sample.managed.token, id=token_id, name="luna", protections=(ProtectionType.BIOMETRIC,))
    with closing(sample.open()) as vault:
        vault.add_token(token, [NewCredential(credential_id, ProtectionType.BIOMETRIC, wrapped, CredentialState())])
    reader = Reader(sample.path, "KEYRING", sample.keyring.device_key)
    with closing(reader.connection):
        (credential,) = next(one for one in reader.tokens() if one["id"] == token_id)["credentials"]
    assert (credential["protection"], credential["form"]) == ("BIOMETRIC", "BIOMETRIC")
    assert (credential["salt"], credential["pepper"], credential["kdf"]) == ("", "", None)
    blob = base64.b64decode(credential["blob"])
    # the system's part, which the fake plays as any other would
    w = opened(biometrics.kept[credential_id], blob[60:], joined("fake", credential_id))
    assert len(w) == 32
    assert unseal(w, blob[:60], lp("softtoken-biometric-1", "BIOMETRIC", credential_id)) == KEY
