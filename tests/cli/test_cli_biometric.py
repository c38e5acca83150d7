"""Fingers and faces at the terminal: hints, Ctrl-C, and what is said when there is no yes."""

import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli.scripted import ACTIVATION_CODE, ALICE, OTP, Terminal
from services.room import Room, furnished
from support.flows import PIN

from softtoken.cli import sensor_words
from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import (
    Binding,
    BiometricHint,
    BiometricInformation,
    BiometricProblem,
    BiometricPurpose,
    Status,
    status_of_problem,
)

FINGER = replace(ALICE, protections=tuple(ProtectionType))
READS = BiometricInformation(Status.OK, "fprintd", Binding.PROMPT, None)
CODE = ("code", "alice", "--protection", "biometric")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A computer with a reader, where alice has all three protections."""
    for made in furnished(tmp_path, monkeypatch):
        controller = made.controller()
        made.activate(controller, made.network.add("one"), protections=frozenset(ProtectionType))
        controller.close()
        yield made


def test_a_code_with_hints_on_standard_error(terminal: Terminal, room: Room) -> None:
    terminal.over(room.controller)
    room.reader.hints = [BiometricHint.TOUCH, BiometricHint.TOO_SHORT]
    told = terminal.run(*CODE)
    assert told.status == 0
    assert len(told.out.strip()) == 8
    assert told.err.splitlines() == [sensor_words.HINTS[hint] for hint in room.reader.hints]


def test_no_match(terminal: Terminal, room: Room) -> None:
    terminal.over(room.controller)
    room.reader.answers = [BiometricProblem.NO_MATCH, BiometricProblem.NO_MATCH]
    told = terminal.run(*CODE)
    assert told.status == 1
    assert "BIOMETRIC_FAILED: Not recognised. Tries left: 4." in told.err
    assert "--protection pin" in told.err
    document = terminal.run(*CODE, "--json").json
    assert (document["status"], document["code"], document["biometric"]) == ("BIOMETRIC_FAILED", None, "NO_MATCH")
    assert document["retry_counter"] == 3
    assert terminal.run(*CODE, "--json").json["biometric"] is None


def test_ctrl_c_stops_the_prompt_and_costs_no_try(terminal: Terminal, room: Room) -> None:
    terminal.over(room.controller)
    room.reader.held = True

    def press() -> None:
        assert room.reader.waiting.wait(20)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    told = terminal.run(*CODE)
    presser.join()
    assert told.status == 1
    assert "USER_CANCEL: Cancelled. Nothing was made." in told.err
    room.reader.held = False
    assert terminal.run(*CODE, "--json").json["retry_counter"] == 5


@pytest.mark.parametrize("problem", list(BiometricProblem))
def test_every_problem_is_a_refusal_that_names_the_pin(terminal: Terminal, problem: BiometricProblem) -> None:
    refused = ev.GenerateOtpResult(status_of_problem(problem), None, 4, 0, biometric=problem)
    terminal.script({ev.GenerateOtp: refused}, (FINGER,))
    told = terminal.run(*CODE)
    assert told.status == 1
    assert sensor_words.problem_sentence(problem) in told.err
    assert "Nothing was made. The PIN works as before: --protection pin" in told.err


@pytest.mark.parametrize(
    ("status", "delay", "said"),
    [
        (Status.BIOMETRIC_BLOCKED, 0, "until its PIN was right once"),
        (Status.TEMPORARY_LOCKED, 60, "Next try in 60 seconds."),
    ],
)
def test_what_the_tries_refuse(terminal: Terminal, status: Status, delay: int, said: str) -> None:
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(status, None, 1, delay)}, (FINGER,))
    told = terminal.run(*CODE)
    assert said in told.err
    assert "wrong PIN" not in told.err


def test_biometric_needs_the_pin(terminal: Terminal) -> None:
    told = terminal.run(
        "activate", "--server", "https://x", "--user", "y", "--code", ACTIVATION_CODE, "--protection", "biometric"
    )
    assert told.status == 2
    assert "biometric needs pin, too" in told.err


@pytest.mark.parametrize("json", [True, False])
def test_an_activation_that_got_no_yes(terminal: Terminal, json: bool) -> None:
    refused = ev.ActivationResult(Status.USER_CONFIRMATION_TIMEOUT, biometric=BiometricProblem.TIMED_OUT)
    terminal.script({ev.Activate: refused, ev.GetBiometricInformation: READS})
    arguments = ["activate", "--server", "https://x", "--user", "y", "--code", ACTIVATION_CODE]
    arguments += ["--protection", "pin,biometric", *(["--json"] if json else [])]
    told = terminal.run(*arguments, secrets={"--pin-fd": PIN})
    assert told.status == 1
    assert "fprintd only asks" in told.err
    if json:
        assert (told.json["status"], told.json["biometric"]) == ("USER_CONFIRMATION_TIMEOUT", "TIMED_OUT")
    else:
        assert "The activation code was not sent and is as good as before." in told.err


def test_every_hint_purpose_and_binding_has_words() -> None:
    assert set(sensor_words.HINTS) == set(BiometricHint)
    assert all("alice" in sensor_words.reason(purpose, "alice") for purpose in BiometricPurpose)
    assert "protects the key itself" in sensor_words.worth(replace(READS, binding=Binding.HARDWARE))


def test_other_protections_have_the_document_that_they_had(terminal: Terminal) -> None:
    terminal.script({ev.GenerateOtp: ev.GenerateOtpResult(Status.OK, OTP)}, (FINGER,))
    assert "biometric" not in terminal.run("code", "alice", "--protection", "no-pin", "--json").json
