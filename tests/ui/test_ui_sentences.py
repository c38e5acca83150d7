"""Every outcome has a sentence that says what happened, what became of things, and what to do."""

import errno
import inspect
from dataclasses import replace
from pathlib import Path

import pytest
from ui.fake_controller import ACCEPTED, managed_token
from ui.fake_values import waits

import softtoken.iaa.errors as iaa
import softtoken.vault.errors as vault
from softtoken.engine.pin import PinFault
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.errors import SoftTokenError
from softtoken.iaa.package import BadActivationMessage
from softtoken.services.config import ConfigBroken
from softtoken.services.events import (
    CredentialInformation,
    KeyringProblem,
    LoginReason,
    LoginResult,
    LoginStep,
    Resynchronised,
    Status,
)
from softtoken.ui import states as st
from softtoken.ui.sentence import Sentence
from softtoken.ui.sentences import Sentences
from softtoken.ui.standing import Situation, situation

PATH = Path("/home/anna/vault.sqlite")
PLAIN = (
    iaa.ValidationFailed, iaa.Forbidden, iaa.NotFound, iaa.AuthenticationFailed, iaa.UserLocked, iaa.UserDisabled,
    iaa.RequestExpired, iaa.Refused, iaa.DeliveryFailed, iaa.RegistrationExpired, iaa.RegistrationUsed,
    iaa.RegistrationLocked, iaa.Conflict, iaa.ServerFault,
)  # fmt: skip
ERRORS: list[SoftTokenError] = [
    *(kind(409, "The server's words", "correlation-1") for kind in PLAIN),
    *(iaa.Unreachable(reason, sent=sent) for reason in iaa.Reason for sent in (True, False)),
    *(iaa.BadAnswer(200, fault=fault) for fault in iaa.AnswerFault),
    *(vault.KeystoreError(problem) for problem in vault.KeystoreProblem),
    vault.VaultDamaged("header", PATH),
    vault.VaultDamaged("row", PATH, "row-7"),
    vault.VaultMissing(PATH),
    vault.VaultReplaced(PATH),
    vault.VaultTooNew(9),
    *(vault.VaultUntrusted(reason, PATH, 1001) for reason in vault.Distrust),
    vault.VaultBusy(),
    *(vault.VaultUnwritable(reason) for reason in ("ENOSPC", "EROFS", "EACCES", "EIO")),
    vault.VaultExists(),
    *(vault.FileFailed(PATH, reason) for reason in ("ENOSPC", "EROFS", "EACCES", "EIO", "ENOENT", "EISDIR")),
    vault.VaultClosed(),
    vault.NotStored("tokens", "row-7"),
    vault.WrongSecret(),
    vault.Tampered(),
    ConfigBroken(PATH, "$.ssms", "Expected `bool`"),
]


@pytest.fixture
def sentences(qapp: object) -> Sentences:
    return Sentences()


def complete(sentence: Sentence | None) -> Sentence:
    assert sentence is not None
    assert sentence.what
    assert sentence.kept
    assert sentence.advice
    return sentence


def test_every_error_class_has_a_sample() -> None:
    known = {type(error) for error in ERRORS}
    for module in (iaa, vault):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, SoftTokenError) and kind.__module__ == module.__name__:
                assert kind in known | {iaa.IaaError, vault.VaultError}, kind


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{'-'.join(map(str, error.args))}")
@pytest.mark.parametrize(
    "task",
    [
        st.Task.LOGIN,
        st.Task.STEP_UP,
        st.Task.AWAIT_LOGIN,
        st.Task.ACTIVATE,
        st.Task.MAKE_CODE,
        st.Task.REACTIVATE,
        st.Task.RESYNCHRONISE,
        st.Task.CHANGE_PIN,
    ],
)
def test_every_error_is_told(sentences: Sentences, error: SoftTokenError, task: st.Task) -> None:
    told = complete(sentences.tell(st.Failure(task, error)))
    assert type(error).__name__ not in told.text, "the name of a class is no explanation"


def test_a_false_server_is_told(sentences: Sentences) -> None:
    error = BadActivationMessage.__new__(BadActivationMessage)
    told = complete(sentences.tell(st.Failure(st.Task.ACTIVATE, error)))
    assert "not from a server that knows your code" in told.what


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
@pytest.mark.parametrize("task", list(st.Task))
def test_every_refusal_is_told(sentences: Sentences, task: st.Task, status: Status) -> None:
    told = complete(sentences.tell(st.Refusal(task, status, "Their words", "correlation-1", tries_left=3)))
    assert (told.detail, told.correlation_id) == ("Their words", "correlation-1")


OWN_WORDS = {
    st.Task.RESYNCHRONISE: (
        Status.WRONG_CREDENTIALS, Status.LOCKED_USER, Status.INVALID_USER_ID, Status.NOT_SUPPORTED, Status.INVALID_PIN,
        Status.TEMPORARY_LOCKED, Status.PIN_BLOCKED, Status.LOGIN_REQUIRED, Status.ATC_EXPIRED,
        Status.OFFLINE_NOT_ACTIVATED, Status.INVALID_PARAMETER,
    ),
    st.Task.CHANGE_PIN: (
        Status.INVALID_PIN, Status.TEMPORARY_LOCKED, Status.PIN_BLOCKED, Status.WRONG_CREDENTIALS,
        Status.INVALID_NEW_PIN_FORMAT, Status.LOCKED_USER, Status.NOT_SUPPORTED, Status.INVALID_PARAMETER,
        Status.INVALID_USER_ID,
    ),
    st.Task.REACTIVATE: (
        Status.INVALID_ACTIVATION_CODE, Status.ACTIVATION_CODE_EXPIRED, Status.WRONG_CREDENTIALS, Status.LOCKED_USER,
        Status.INVALID_NEW_PIN_FORMAT, Status.INVALID_PARAMETER, Status.INVALID_STATE, Status.INVALID_USER_ID,
        Status.INVALID_PIN, Status.NOT_SUPPORTED,
    ),
    st.Task.SIGN: (
        Status.INVALID_PIN, Status.TEMPORARY_LOCKED, Status.PIN_BLOCKED, Status.LOGIN_REQUIRED, Status.ATC_EXPIRED,
        Status.OFFLINE_NOT_ACTIVATED, Status.INVALID_USER_ID, Status.INVALID_PARAMETER,
    ),
    st.Task.SUPPORT_CODE: (
        Status.INVALID_PIN, Status.TEMPORARY_LOCKED, Status.PIN_BLOCKED, Status.ATC_EXPIRED,
        Status.OFFLINE_NOT_ACTIVATED, Status.INVALID_USER_ID, Status.INVALID_PARAMETER,
    ),
    st.Task.RENAME: (Status.INVALID_PARAMETER, Status.INVALID_USER_ID),
    st.Task.DEVICE_NAME: (Status.INVALID_PARAMETER, Status.INVALID_STATE),
    st.Task.SETTING: (Status.ACCESS_DENIED, Status.INVALID_STATE),
}  # fmt: skip
"""The statuses that the events' docstrings name, per task."""


@pytest.mark.parametrize("task", OWN_WORDS)
def test_what_an_event_may_answer_has_a_sentence_of_its_own(sentences: Sentences, task: st.Task) -> None:
    told = [complete(sentences.tell(st.Refusal(task, status, tries_left=2))) for status in OWN_WORDS[task]]
    assert len({(one.what, one.kept) for one in told}) == len(told), "no two statuses say the same"
    for status, one in zip(OWN_WORDS[task], told, strict=True):
        assert status.value not in one.text, "a status is no explanation"


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_a_pin_that_was_not_changed_is_said_to_hold(sentences: Sentences, status: Status) -> None:
    told = complete(sentences.tell(st.Refusal(st.Task.CHANGE_PIN, status)))
    gone = {Status.PIN_BLOCKED, Status.INVALID_PARAMETER, Status.INVALID_USER_ID}
    assert "The old PIN still holds." in told.kept or status in gone or "Nothing was changed." in told.kept


def test_a_first_activation_and_a_new_one_differ_in_what_was_kept(sentences: Sentences) -> None:
    for status in (Status.INVALID_ACTIVATION_CODE, Status.ACTIVATION_CODE_EXPIRED, Status.LOCKED_USER):
        first = complete(sentences.tell(st.Refusal(st.Task.ACTIVATE, status)))
        again = complete(sentences.tell(st.Refusal(st.Task.REACTIVATE, status)))
        assert first.kept == "Nothing was stored on this computer."
        assert again.kept == "Your token is as it was before."


@pytest.mark.parametrize("fault", list(PinFault))
def test_every_fault_of_a_new_pin_is_told(sentences: Sentences, fault: PinFault) -> None:
    refusal = st.Refusal(st.Task.CHANGE_PIN, Status.INVALID_NEW_PIN_FORMAT, fault=fault.value)
    assert complete(sentences.tell(refusal)).advice != "Choose another one."


def test_every_situation_but_the_good_one_has_a_sentence(sentences: Sentences) -> None:
    well = CredentialInformation(
        Status.OK, ProtectionType.PIN, 40, 3, 15, 20, logged_in_once=True, verified_here=True, retry_counter=5
    )
    samples = {
        Situation.WELL: well,
        Situation.NEARLY: replace(well, used=15),
        Situation.BIOMETRIC_BLOCKED: replace(well, protection=ProtectionType.BIOMETRIC, retry_counter=0),
        Situation.EXHAUSTED: replace(well, used=20),
        Situation.OUT_OF_REACH: replace(well, used=21, login_refused=True),
        Situation.RESTORED: replace(well, resynchronise=True, retry_counter=1),
        Situation.FIRST_LOGIN: replace(well, logged_in_once=False),
        Situation.PIN_BLOCKED: replace(well, retry_counter=0),
        Situation.USED_UP: replace(well, counter=65535),
    }
    assert set(samples) == set(Situation)
    for wanted, information in samples.items():
        assert situation(information) is wanted
        told = sentences.standing(information)
        assert (told is None) is (wanted is Situation.WELL)
        if told is not None:
            complete(told)
        assert bool(sentences.standings.line(information)) is (wanted <= Situation.EXHAUSTED)


def test_a_masked_pin_has_no_tries_and_is_never_blocked_here(sentences: Sentences) -> None:
    masked = CredentialInformation(Status.OK, ProtectionType.PIN, 4, 1, 15, 20, logged_in_once=True)
    assert situation(masked) is Situation.WELL


@pytest.mark.parametrize("resynchronised", list(Resynchronised))
def test_what_became_of_a_resynchronisation_before_a_login_is_told(
    sentences: Sentences, resynchronised: Resynchronised
) -> None:
    refused = sentences.login(LoginResult(Status.WRONG_CREDENTIALS, resynchronised=resynchronised), None)
    locked = sentences.login(LoginResult(Status.LOCKED_USER, resynchronised=resynchronised), None)
    not_sent = resynchronised is Resynchronised.REFUSED
    assert ("the login was not sent" in complete(refused).what) is not_sent
    assert ("the login was not sent" in complete(locked).what) is not_sent
    aside = sentences.logins.aside(LoginResult(Status.OK, resynchronised=resynchronised))
    assert bool(aside) is (resynchronised in {Resynchronised.DONE, Resynchronised.UNAVAILABLE})


@pytest.mark.parametrize("status", list(Status))
def test_every_login_result_is_told(sentences: Sentences, status: Status) -> None:
    told = sentences.login(LoginResult(status, 99, None, "odd", detail="Their words"), None)
    assert told.what
    assert status is Status.OK or (told.kept and told.advice)
    assert told.detail == "Their words"


def test_what_was_sent_and_what_was_not_are_different_things(sentences: Sentences) -> None:
    sent = complete(sentences.tell(st.Failure(st.Task.LOGIN, iaa.Unreachable(iaa.Reason.LOST, sent=True))))
    kept = complete(sentences.tell(st.Failure(st.Task.LOGIN, iaa.Unreachable(iaa.Reason.LOST, sent=False))))
    assert "not sent again" in sent.kept
    assert kept.kept == "The code was not sent."


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 21, 22, 23, 24, 25])
def test_published_risk_codes_have_a_meaning(sentences: Sentences, code: int) -> None:
    told = sentences.logins.risk(LoginResult(Status.NEGATIVE, code, "Name"))
    assert told.startswith(f"{code}, Name: ")
    assert "not published" not in told


@pytest.mark.parametrize("token", [managed_token(), None])
@pytest.mark.parametrize("code", [None, 0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 21, 22, 23, 24, 25, 4711])
def test_every_risk_code_has_its_words_while_it_waits(
    sentences: Sentences, code: int | None, token: Token | None
) -> None:
    result = waits(0, code, "5551234" if code == 10 else None, token)
    assert result.pending is not None
    told = complete(sentences.login(result, None))
    assert told.what == "The server wants another step."
    login = st.OpenLogin("anna", token, result.pending)
    steps = sentences.logins.steps
    match result.pending.step:
        case LoginStep.APPROVAL:
            assert "anna" in steps.awaited(login)
        case LoginStep.UNSUPPORTED:
            assert ("security key" in told.advice) is (code in {14, 25})
        case _:
            assert steps.wanted(login).endswith(".")


@pytest.mark.parametrize("code", [5, 22, 14])
def test_a_first_login_that_wants_more_is_made_again(sentences: Sentences, code: int) -> None:
    told = complete(sentences.first_login(waits(0, code)))
    assert told.advice.startswith("Log in, ")


def test_what_is_wanted_is_another_thing_for_each_code(sentences: Sentences) -> None:
    token, steps = managed_token(), sentences.logins.steps
    logins = [st.OpenLogin("anna", token, waits(0, code, None, token).pending) for code in (2, 3, 4, 5, 8, 10, 13)]  # type: ignore[arg-type]
    assert len({steps.wanted(login) for login in logins}) == len(logins)
    waited = [st.OpenLogin("anna", token, waits(0, code, None, token).pending) for code in (6, 7, 11, 21, 22, 23)]  # type: ignore[arg-type]
    assert len({steps.awaited(login) for login in waited}) == len(waited)


@pytest.mark.parametrize("protections", [(ProtectionType.PIN, ProtectionType.BIOMETRIC), tuple(ProtectionType)])
def test_a_token_that_lacks_what_is_wanted(sentences: Sentences, protections: tuple[ProtectionType, ...]) -> None:
    pending = waits(0, 5).pending
    assert pending is not None
    told = complete(sentences.logins.steps.lacking(replace(pending, protections=protections)))
    assert ("protected by a PIN" in told.what) is (ProtectionType.NO_PIN not in protections)


@pytest.mark.parametrize("reason", list(LoginReason))
def test_every_reason_of_a_refused_login_is_told(sentences: Sentences, reason: LoginReason) -> None:
    plain = sentences.login(LoginResult(Status.FAILED), None)
    told = complete(sentences.login(LoginResult(Status.FAILED, reason=reason, detail="Their words"), None))
    assert told.detail == "Their words"
    said_by_status = {LoginReason.TIMED_OUT, LoginReason.CONFLICT}
    assert (told.what == plain.what) is (reason in said_by_status)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("fault", [None, "REFUSED", *LoginStep])
def test_every_refused_step_says_that_the_login_is_still_open(
    sentences: Sentences, status: Status, fault: str | None
) -> None:
    told = complete(sentences.tell(st.Refusal(st.Task.STEP_UP, status, fault=fault)))
    assert "The login is still open." in told.kept


def test_unknown_codes_and_statuses_are_kept_as_they_came(sentences: Sentences) -> None:
    result = LoginResult(Status.FAILED, 4711, None, "quarantined")
    assert sentences.logins.risk(result).startswith("4711, ")
    assert sentences.logins.session(result).startswith("quarantined: ")
    assert sentences.logins.risk(LoginResult(Status.OK)) == "not part of the answer"


@pytest.mark.parametrize("problem", list(KeyringProblem))
def test_every_keyring_problem_is_told(sentences: Sentences, problem: KeyringProblem) -> None:
    assert sentences.keyring(problem).endswith(".")


@pytest.mark.parametrize(
    "fault",
    ["NOT_OTPAUTH", "TOO_LONG", "BAD_ENCODING", "REPEATED", "UNSUPPORTED_TYPE", "NO_SECRET", "BAD_SECRET",
     "BAD_ALGORITHM", "BAD_DIGITS", "BAD_PERIOD", "BAD_COUNTER"],
)  # fmt: skip
def test_every_link_fault_is_told(sentences: Sentences, fault: str) -> None:
    refusal = st.Refusal(st.Task.ADD, Status.INVALID_PARAMETER, fault=fault)
    assert complete(sentences.tell(refusal)).what != "This link cannot be read."


@pytest.mark.parametrize(
    "news",
    [
        *st.Done,
        st.Crash("ValueError otp.py:12"),
        st.LoginNews("anna", ACCEPTED),
        st.LoginNews("anna", None, st.Failure(st.Task.LOGIN, iaa.ServerFault(503))),
        st.ActivationNews("anna"),
        st.ActivationNews("anna", st.Refusal(st.Task.ACTIVATE, Status.LOCKED_USER)),
        st.ResyncNews("anna"),
        st.ResyncNews("anna", st.Refusal(st.Task.RESYNCHRONISE, Status.WRONG_CREDENTIALS)),
        st.PinNews("anna"),
        st.PinNews("anna", st.Failure(st.Task.CHANGE_PIN, iaa.ServerFault(503))),
        st.Failure(st.Task.SAVE_FILE, OSError(errno.ENOSPC, "No space left on device")),
    ],
)
def test_every_piece_of_news_is_told(sentences: Sentences, news: st.News) -> None:
    assert sentences.news(news).what


def test_a_fault_of_the_program_shows_its_place_and_no_message(sentences: Sentences) -> None:
    told = complete(sentences.tell(st.Failure(st.Task.MAKE_CODE, ValueError("274951"), "ValueError otp.py:12")))
    assert "otp.py:12" in told.text
    assert "274951" not in told.text
