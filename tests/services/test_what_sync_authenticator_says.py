"""Every answer of sync-authenticator, and what becomes of the counter."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from services.held import Held, hold, make_vault
from support.parts import remembering

from softtoken.engine.atc import AtcState
from softtoken.engine.tokens import CredentialState, ProtectionType, ResynchronisationCodes
from softtoken.iaa.errors import (
    AuthenticationFailed,
    BadAnswer,
    Conflict,
    Forbidden,
    IaaError,
    NotFound,
    Reason,
    RequestExpired,
    ServerFault,
    Unreachable,
    UserDisabled,
    UserLocked,
    ValidationFailed,
)
from softtoken.iaa.messages import InvalidRequest
from softtoken.services.events import ResynchronizeResult, Status
from softtoken.services.resynchronisation import confirm_counter, synchronise
from softtoken.vault import pinwrap
from softtoken.vault.envelope import derive
from softtoken.vault.errors import VaultBusy
from softtoken.vault.store import Vault

PIN = "284917"
CODES = ResynchronisationCodes("11111111", "22222222", 101, ProtectionType.PIN)
STATE = CredentialState(102, AtcState(7))
RESTORED = replace(STATE, resynchronise=True)


@dataclass
class Server:
    """Answers once, with `error` or yes."""

    error: Exception | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def sync_authenticator(self, *given: Any) -> None:
        self.asked.append(given)
        if self.error is not None:
            raise self.error


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    monkeypatch.setattr(pinwrap, "derive", remembering(derive))
    made = make_vault(tmp_path / "vault.sqlite")
    yield made
    made.close()


def held(vault: Vault, state: CredentialState = STATE, *, sealed: bool = True) -> Held:
    return hold(vault, "alice", PIN, (ProtectionType.NO_PIN, ProtectionType.PIN), sealed=sealed, state=state)


def state(vault: Vault, held: Held) -> CredentialState:
    return vault.state(held.credentials[ProtectionType.PIN][0])


def ask(vault: Vault, held: Held, error: Exception | None = None) -> ResynchronizeResult:
    return synchronise(vault, Server(error), held.token, CODES)  # type: ignore[arg-type]


def test_both_codes_are_sent_for_this_very_device(vault: Vault) -> None:
    server, alice = Server(), held(vault)
    result = synchronise(vault, server, alice.token, CODES)  # type: ignore[arg-type]
    assert result == ResynchronizeResult(Status.OK)
    assert server.asked == [("alice@sandbox", "11111111", "22222222", "VDS1000000")]
    assert state(vault, alice) == replace(STATE, atc=AtcState(0))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthenticationFailed(409, "Authentication failed", "c1"), Status.WRONG_CREDENTIALS),
        (UserLocked(409, "User is locked", "c1"), Status.LOCKED_USER),
        (UserDisabled(409, "User is disabled", "c1"), Status.LOCKED_USER),
        (NotFound(404, "User not found", "c1"), Status.INVALID_USER_ID),
        (NotFound(404, "Authenticator VDS1000000 not found", "c1"), Status.WRONG_CREDENTIALS),
        (NotFound(404, "No authenticator here", "c1"), Status.NOT_SUPPORTED),
        (NotFound(404, "", "c1"), Status.NOT_SUPPORTED),
        (Forbidden(403, "no", "c1"), Status.NOT_SUPPORTED),
        (ValidationFailed(400, "response1: unknown", "c1"), Status.NOT_SUPPORTED),
        (Conflict(409, "something else", "c1"), Status.NOT_SUPPORTED),
        (BadAnswer(405, "Method not allowed", "c1"), Status.NOT_SUPPORTED),
        (ServerFault(501, "Not implemented", "c1"), Status.NOT_SUPPORTED),
    ],
)
def test_what_the_server_says_is_told_with_its_words(vault: Vault, error: IaaError, status: Status) -> None:
    alice = held(vault)
    assert ask(vault, alice, error) == ResynchronizeResult(status, error.message, "c1")
    assert state(vault, alice) == STATE


@pytest.mark.parametrize(
    "error", [ServerFault(500, "", "c1"), BadAnswer(200), Unreachable(Reason.LOST, sent=True), RequestExpired(409)]
)
def test_what_says_neither_yes_nor_no_is_raised(vault: Vault, error: IaaError) -> None:
    alice = held(vault)
    with pytest.raises(type(error)):
        ask(vault, alice, error)
    assert state(vault, alice) == STATE


def test_codes_that_are_none_are_not_sent(vault: Vault) -> None:
    assert ask(vault, held(vault), InvalidRequest("first")) == ResynchronizeResult(Status.INVALID_PARAMETER)


def test_an_imported_token_has_no_server(vault: Vault) -> None:
    token = replace(held(vault).token, account=None)
    result = synchronise(vault, Server(), token, CODES)  # type: ignore[arg-type]
    assert result == ResynchronizeResult(Status.INVALID_USER_ID)


REFUSED = AuthenticationFailed(409, "Authentication failed", "c1")


class TestRefusedAfterARestore:
    def test_a_right_key_skips_on(self, vault: Vault) -> None:
        alice = held(vault, RESTORED)
        ask(vault, alice, REFUSED)
        assert state(vault, alice) == replace(RESTORED, counter=1002, atc=AtcState(907))

    @pytest.mark.parametrize(("counter", "skips"), [(102, True), (103, True), (104, False)])
    def test_once_for_each_refusal(self, vault: Vault, counter: int, skips: bool) -> None:
        """Later codes were made meanwhile: theirs is the next word. A login takes one more counter than two."""
        alice = held(vault, replace(RESTORED, counter=counter))
        ask(vault, alice, REFUSED)
        assert state(vault, alice).counter == counter + (900 if skips else 0)

    def test_not_a_masked_one_whose_pin_may_be_wrong(self, vault: Vault) -> None:
        alice = held(vault, RESTORED, sealed=False)
        ask(vault, alice, REFUSED)
        assert state(vault, alice) == RESTORED

    def test_nor_one_that_was_not_restored(self, vault: Vault) -> None:
        alice = held(vault)
        ask(vault, alice, REFUSED)
        assert state(vault, alice) == STATE

    def test_nor_for_any_other_answer(self, vault: Vault) -> None:
        alice = held(vault, RESTORED)
        ask(vault, alice, UserLocked(409, "User is locked"))
        assert state(vault, alice) == RESTORED

    def test_nothing_to_note_is_fine(self, vault: Vault) -> None:
        alice = held(vault, RESTORED)
        vault.remove_token(alice.token.id)
        assert ask(vault, alice, REFUSED).status is Status.WRONG_CREDENTIALS
        assert ask(vault, alice).status is Status.OK


@pytest.mark.parametrize(("accepted", "trusted"), [(101, True), (1, True), (0, False)])
def test_a_late_answer_to_a_code_from_before_does_not_end_the_distrust(
    vault: Vault, accepted: int, trusted: bool
) -> None:
    """At most 100 codes since: more than that, and the counter was moved ahead meanwhile."""
    alice = held(vault, RESTORED)
    confirm_counter(vault, alice.credentials[ProtectionType.PIN][0], accepted)
    assert state(vault, alice).resynchronise is not trusted


@pytest.mark.expects_log("softtoken.services.resynchronisation")
def test_what_the_server_said_stands_though_the_vault_is_busy(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alice = held(vault)

    def busy(*_: object, **__: object) -> None:
        raise VaultBusy(vault.path)

    monkeypatch.setattr(vault, "update", busy)
    with caplog.at_level(logging.WARNING):
        assert ask(vault, alice).status is Status.OK
        assert ask(vault, alice, REFUSED).status is Status.WRONG_CREDENTIALS
    said = "the server's answer could not be noted in the vault: VaultBusy"
    assert [record.getMessage() for record in caplog.records] == [said, said]
