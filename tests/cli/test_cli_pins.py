"""What the commands about a PIN tell: pin change, pin forgot."""

import pytest
from cli.scripted import ACTIVATION_CODE, ALICE, PIN, USER, Terminal

from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import Status

CHANGES = [
    (ev.ChangePinResult(Status.OK, 5, 0), 0, "The PIN was changed"),
    (ev.ChangePinResult(Status.INVALID_PIN, 2, 60), 1, "Tries left: 2. Next try in 60 seconds."),
    (ev.ChangePinResult(Status.PIN_BLOCKED, 0, 0), 1, "softtoken pin forgot alice --code CODE"),
    (ev.ChangePinResult(Status.WRONG_CREDENTIALS, detail="Authentication failed"), 1, "refused the old PIN"),
    (ev.ChangePinResult(Status.NOT_SUPPORTED), 1, "softtoken pin forgot alice --code CODE"),
    (ev.ChangePinResult(Status.LOCKED_USER), 1, "locked"),
    (ev.ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault="TOO_SHORT"), 1, "at least 6 digits"),
    (ev.ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault="UNCHANGED"), 1, "set already"),
]


@pytest.mark.parametrize(("result", "exit_status", "words"), CHANGES, ids=lambda part: str(part)[:60])
def test_what_becomes_of_a_pin_change(
    terminal: Terminal, result: ev.ChangePinResult, exit_status: int, words: str
) -> None:
    terminal.script({ev.ChangePin: result})
    both = {**PIN, "--new-pin-fd": "739154"}
    told = terminal.run("pin", "change", "alice", secrets=both)
    assert told.status == exit_status
    assert words in told.out + told.err
    assert terminal.controller.the(ev.ChangePin) == ev.ChangePin(USER, "284917", "739154")
    assert terminal.run("pin", "change", "alice", "--json", secrets=both).json == {
        "token": ALICE.id,
        "status": result.status.value,
        "fault": result.fault,
        "detail": result.detail,
        "retry_counter": result.retry_counter,
        "retry_delay": result.retry_delay,
        "log_correlation_id": result.log_correlation_id,
    }


@pytest.mark.parametrize(
    ("options", "secrets", "wanted"),
    [
        ([], {"--pin-fd": "739154"}, None),
        (["--protection", "pin"], {"--pin-fd": "739154"}, frozenset({ProtectionType.PIN})),
        (["--protection", "no-pin"], {}, frozenset({ProtectionType.NO_PIN})),
    ],
)
def test_a_forgotten_pin_is_replaced_with_an_activation_code(
    terminal: Terminal, options: list[str], secrets: dict[str, str], wanted: frozenset[ProtectionType] | None
) -> None:
    accepted = ev.LoginResult(Status.OK, 0, "Accept", "accepted")
    terminal.script({ev.Reactivate: ev.ActivationResult(Status.OK, ALICE, accepted)})
    told = terminal.run("pin", "forgot", "alice", "--code", ACTIVATION_CODE, *options, secrets=secrets)
    assert told.status == 0
    assert "Activated anew: alice@sandbox" in told.out
    event = terminal.controller.the(ev.Reactivate)
    assert event == ev.Reactivate(USER, ACTIVATION_CODE, secrets.get("--pin-fd"), wanted)
    told = terminal.run("pin", "forgot", "alice", "--code", ACTIVATION_CODE, "--json", *options, secrets=secrets)
    assert set(told.json) == {
        "status",
        "token",
        "tenant",
        "user",
        "protections",
        "login",
        "risk_response_code",
        "session_status",
    }


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (ev.ActivationResult(Status.INVALID_NEW_PIN_FORMAT, detail="TOO_SIMPLE"), "evenly"),
        (ev.ActivationResult(Status.ACTIVATION_CODE_EXPIRED), "expired"),
        (ev.ActivationResult(Status.INVALID_PIN), "an earlier try with this code"),
        (ev.ActivationResult(Status.INVALID_STATE), "cannot be done now"),
    ],
)
def test_a_refused_reactivation_says_why(terminal: Terminal, result: ev.ActivationResult, words: str) -> None:
    terminal.script({ev.Reactivate: result})
    arguments = ["pin", "forgot", "alice", "--code", ACTIVATION_CODE]
    told = terminal.run(*arguments, secrets=PIN)
    assert told.status == 1
    assert words in told.err
    document = terminal.run(*arguments, "--json", secrets=PIN).json
    assert set(document) == {"status", "token", "detail"}
    assert document["token"] is None
