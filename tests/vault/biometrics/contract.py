"""What the product may count on from every biometric system, fake or real."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import pytest

from softtoken.secret import Secret
from softtoken.vault.biometrics.protocol import (
    Binding,
    BiometricError,
    BiometricHint,
    BiometricProblem,
    Biometrics,
    Cancellation,
    Prompt,
)
from softtoken.vault.store import new_id

KEY = bytes(range(32))


class Answer(Enum):
    """What the person does. STOP: presses our own Cancel while the question is open. NOBODY: there is none."""

    YES = "YES"
    NO = "NO"
    STOP = "STOP"
    NOBODY = "NOBODY"


class Subject(ABC):
    """A system with one person who has enrolled a finger.

    refusal: what the system says to somebody else's.
    """

    biometrics: Biometrics
    refusal: BiometricProblem

    def __init__(self) -> None:
        self.hints: list[BiometricHint] = []
        self._stoppers: list[threading.Thread] = []

    def prompt(self, answer: Answer, seconds: float = 20) -> Prompt:
        cancellation = Cancellation()

        def hint(what: BiometricHint) -> None:
            self.hints.append(what)
            if answer is Answer.STOP:
                self._stoppers.append(threading.Thread(target=cancellation.cancel))
                self._stoppers[-1].start()
            else:
                self.act(answer)

        self.expect(answer)
        return Prompt("Show the code for alice", hint, cancellation, 0.1 if answer is Answer.NOBODY else seconds)

    def expect(self, answer: Answer) -> None:  # noqa: B027 - nothing to do where the sensor is moved by `act`
        """Before the question: for systems whose answer is given in advance."""

    def act(self, answer: Answer) -> None:  # noqa: B027
        """At each hint."""

    @abstractmethod
    def lose_the_key(self) -> None:
        """What the system or the keyring kept for this vault is gone."""

    def settle(self) -> None:
        """After a prompt was given up: until the system can be asked again."""
        for stopper in self._stoppers:
            stopper.join(20)


@contextmanager
def refused(problem: BiometricProblem) -> Iterator[None]:
    with pytest.raises(BiometricError) as caught:
        yield
    assert caught.value.problem is problem


def cancels(cancellation: Cancellation, after: threading.Event) -> threading.Thread:
    """A person who presses Cancel once that has happened; started, to be joined."""

    def press() -> None:
        after.wait(20)
        cancellation.cancel()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


class BiometricsContract:
    """Subclasses give the `subject` fixture."""

    def test_it_says_what_it_is(self, subject: Subject) -> None:
        assert subject.biometrics.name
        assert subject.biometrics.binding in Binding

    def test_it_is_usable_and_asks_nobody_to_say_so(self, subject: Subject) -> None:
        assert subject.biometrics.problem() is None
        assert subject.hints == []

    def test_what_was_wrapped_is_unwrapped_after_a_yes(self, subject: Subject) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        assert KEY not in blob
        subject.hints.clear()
        key = subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES))
        assert isinstance(key, Secret)  # which is cleared
        assert key == KEY
        assert subject.hints

    def test_no_two_blobs_are_alike(self, subject: Subject) -> None:
        credentials = [new_id() for _ in range(3)]
        blobs = [subject.biometrics.wrap(KEY, one, subject.prompt(Answer.YES)) for one in credentials]
        assert len({blob[index:] for index in (0, -48) for blob in blobs}) == 6
        for blob, credential in zip(blobs, credentials, strict=True):
            assert subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES)) == KEY

    def test_a_blob_is_for_its_credential_alone(self, subject: Subject) -> None:
        first, second = new_id(), new_id()
        blob = subject.biometrics.wrap(KEY, first, subject.prompt(Answer.YES))
        subject.biometrics.wrap(KEY, second, subject.prompt(Answer.YES))
        with refused(BiometricProblem.CHANGED):
            subject.biometrics.unwrap(blob, second, subject.prompt(Answer.YES))

    def test_every_damaged_byte_and_every_length_is_noticed(self, subject: Subject) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        flipped = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
        cut = [blob[:length] for length in range(0, len(blob), 5)]
        for damaged in (*flipped, *cut, blob + b"\0", os.urandom(len(blob))):
            with refused(BiometricProblem.CHANGED):
                subject.biometrics.unwrap(damaged, credential, subject.prompt(Answer.YES))
        assert subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES)) == KEY

    def test_somebody_else_gets_nothing_and_the_person_still_does(self, subject: Subject) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        with refused(subject.refusal):
            subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.NO))
        assert subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES)) == KEY

    @pytest.mark.parametrize(
        ("answer", "problem"), [(Answer.STOP, BiometricProblem.CANCELLED), (Answer.NOBODY, BiometricProblem.TIMED_OUT)]
    )
    def test_a_question_that_is_given_up_gives_nothing_and_can_be_asked_again(
        self, subject: Subject, answer: Answer, problem: BiometricProblem
    ) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        with refused(problem):
            subject.biometrics.unwrap(blob, credential, subject.prompt(answer))
        subject.settle()
        with refused(problem):
            subject.biometrics.wrap(KEY, new_id(), subject.prompt(answer))
        subject.settle()
        assert subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES)) == KEY

    def test_what_was_cancelled_before_is_not_even_asked(self, subject: Subject) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        subject.hints.clear()
        prompt = subject.prompt(Answer.YES)
        prompt.cancellation.cancel()
        prompt.cancellation.cancel()
        with refused(BiometricProblem.CANCELLED):
            subject.biometrics.unwrap(blob, credential, prompt)
        with refused(BiometricProblem.CANCELLED):
            subject.biometrics.wrap(KEY, credential, prompt)
        assert subject.hints == []

    def test_what_the_system_lost_is_changed_and_can_be_made_anew(self, subject: Subject) -> None:
        credential = new_id()
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        subject.lose_the_key()
        with refused(BiometricProblem.CHANGED):
            subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES))
        blob = subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        assert subject.biometrics.unwrap(blob, credential, subject.prompt(Answer.YES)) == KEY

    def test_forgetting_is_fine_whatever_is_there(self, subject: Subject) -> None:
        credential = new_id()
        subject.biometrics.forget(credential)
        subject.biometrics.wrap(KEY, credential, subject.prompt(Answer.YES))
        subject.biometrics.forget(credential)
        subject.biometrics.forget(credential)
        assert subject.biometrics.problem() is None
