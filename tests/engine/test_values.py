"""What holds for every value of the engine: nobody changes it, and its repr gives no secret away."""

import dataclasses
from typing import Any

import pytest

from softtoken.engine.activation_code import ActivationCode
from softtoken.engine.atc import AtcPolicy, AtcState
from softtoken.engine.ocra import OcraInputs, OcraSuite, QuestionFormat
from softtoken.engine.pin import PinRules, RetryPolicy, RetryState, TryAllowed, TryBlocked, TryDelayed
from softtoken.engine.resync import HeldCredential
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    CredentialState,
    Otp,
    OtpProfile,
    ProtectionType,
    ResynchronisationCodes,
    Token,
    TokenPolicy,
    TokenType,
    UserIdentifier,
)

PROFILE = OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30)
VALUES: list[Any] = [
    ActivationCode("0a1b2c3d", "3zE6RNH5"),
    AtcPolicy(),
    AtcState(),
    OcraSuite("", Algorithm.SHA1, 6, False, QuestionFormat.NUMERIC, 8, None, None, None),
    OcraInputs(question="1"),
    PinRules(),
    RetryPolicy(),
    RetryState(),
    TryAllowed(RetryState()),
    TryDelayed(1),
    TryBlocked(),
    HeldCredential(b"key", 0, ()),
    UserIdentifier("tenant", "user"),
    PROFILE,
    Account("https://iaa.example", "tenant", "domain", "user", "serial"),
    TokenPolicy(None, RetryPolicy(), AtcPolicy(), PinRules()),
    Token("id", "issuer", "name", PROFILE, (ProtectionType.PIN,)),
    CredentialState(),
    Otp("123456", 0, 30, 1),
    ResynchronisationCodes("12345678", "87654321", 1, ProtectionType.PIN),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_it_is_frozen_and_has_slots(value: Any) -> None:
    parameters: Any = getattr(type(value), "__dataclass_params__", None)
    assert parameters is not None
    assert parameters.frozen
    assert not hasattr(value, "__dict__")
    assert dataclasses.replace(value) == value


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        (ActivationCode("0a1b2c3d", "3zE6RNH5"), ["3zE6RNH5"]),
        (HeldCredential(b"hunter2", 0, ()), ["hunter2"]),
        (Otp("123456", 0, 30, 1), ["123456"]),
        (ResynchronisationCodes("12345678", "87654321", 1, ProtectionType.PIN), ["12345678", "87654321"]),
        (
            OcraInputs(question="1122", second_question="3344", password=b"hunter2", session=b"hunter3"),
            ["1122", "3344", "hunter2", "hunter3"],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_its_repr_keeps_its_secrets(value: Any, secrets: list[str]) -> None:
    assert not any(secret in repr(value) for secret in secrets)


def test_inputs_are_given_by_name() -> None:
    """Five optional values of like types: by place, one would be taken for another."""
    with pytest.raises(TypeError):
        OcraInputs("1")  # type: ignore[call-arg]


def test_the_defaults() -> None:
    assert PinRules() == PinRules(min_length=6, max_length=16, weak_allowed=False)
    assert CredentialState() == CredentialState(0, AtcState(0), RetryState(0, 0, 0), resynchronise=False)
    assert Token("id", "", "", PROFILE, ()) == Token("id", "", "", PROFILE, (), account=None, policy=None)


def test_an_account_names_its_user() -> None:
    account = Account("https://iaa.example", "tenant", "domain", "user", "serial")
    assert account.identifier == UserIdentifier("tenant", "user")
