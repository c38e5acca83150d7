"""Waiting for a session: how often it is asked for, what ends it, and what does not."""

import ssl
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from iaa.scripted import Request, ScriptedServer

from softtoken.iaa import (
    Ending,
    IaaClient,
    InvalidRequest,
    NotFound,
    Outcome,
    Reason,
    SessionAnswer,
    Unreachable,
    Waited,
)

Answer = httpx.Response | Exception


def status(word: str) -> httpx.Response:
    return httpx.Response(200, json={"sessionStatus": word})


class Server:
    """Answers one after the other, the last for ever, each after some seconds of a clock that stands still else."""

    def __init__(self, *answers: Answer, takes: float = 0) -> None:
        self._answers = list(answers)
        self._takes = takes
        self.now = 0.0
        self.asked: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(self.now)
        self.now += self._takes
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, cancelled: Callable[[], bool] = lambda: False) -> Waited:
        client = IaaClient(
            "https://acme.example",
            transport=httpx.MockTransport(self),
            sleep=self.sleep,
            monotonic=lambda: self.now,
        )
        return client.await_session("r-1", cancelled=cancelled)


def test_once_a_second_until_it_is_over() -> None:
    server = Server(status("pending"), status("pending"), status("accepted"))
    waited = server.wait()
    assert (waited.ending, waited.outcome, waited.error) == (Ending.SETTLED, Outcome.ACCEPTED, None)
    assert server.asked == pytest.approx([0, 1, 2])


@pytest.mark.parametrize("word", ["refused", "timeout", "failure", "failed", "unknown", "brandNewWord"])
def test_every_other_word_ends_it(word: str) -> None:
    server = Server(status("pending"), status(word))
    waited = server.wait()
    assert waited.ending is Ending.SETTLED
    assert waited.answer is not None
    assert (waited.answer.session_status, waited.outcome) == (word, waited.answer.outcome)
    assert len(server.asked) == 2


def test_the_documented_deadline() -> None:
    server = Server(status("pending"))
    waited = server.wait()
    assert (waited.ending, waited.outcome) == (Ending.DEADLINE, Outcome.WAITING)
    assert len(server.asked) == 60
    assert server.now == pytest.approx(60)


def test_each_answer_is_told() -> None:
    server = Server(status("pending"), status("accepted"))
    told: list[str] = []
    client = IaaClient("https://acme.example", transport=httpx.MockTransport(server), sleep=server.sleep)
    client.await_session("r-1", told=lambda answer: told.append(answer.session_status))
    assert told == ["pending", "accepted"]


def test_cancelled_before_it_begins() -> None:
    server = Server(status("pending"))
    assert server.wait(lambda: True) == Waited(ending=Ending.CANCELLED, answer=None)
    assert server.asked == []


def test_cancelled_between_two_questions() -> None:
    server = Server(status("pending"))
    waited = server.wait(lambda: server.now >= 2.5)
    assert (waited.ending, waited.outcome) == (Ending.CANCELLED, Outcome.WAITING)
    assert isinstance(waited.answer, SessionAnswer)
    assert server.asked == pytest.approx([0, 1, 2])
    assert server.now == pytest.approx(2.5, abs=0.1)


def test_a_server_that_is_out_of_reach_for_a_while_ends_nothing() -> None:
    sign_in = httpx.Response(200, content=b"<html>sign in</html>")
    lost: list[Answer] = [httpx.ReadError(""), httpx.Response(503), httpx.ConnectTimeout(""), sign_in] * 3
    server = Server(status("pending"), *lost, status("accepted"))
    waited = server.wait()
    assert (waited.ending, waited.outcome, waited.error) == (Ending.SETTLED, Outcome.ACCEPTED, None)


def test_a_server_that_stays_away_is_told() -> None:
    server = Server(status("pending"), httpx.ReadError(""))
    waited = server.wait()
    assert waited.ending is Ending.DEADLINE
    assert waited.answer is not None
    assert waited.answer.session_status == "pending"
    assert isinstance(waited.error, Unreachable)
    assert server.now == pytest.approx(60, abs=0.5)
    assert Server(httpx.ReadError("")).wait().outcome is Outcome.UNKNOWN


def test_a_loss_that_was_made_good_is_forgotten() -> None:
    waited = Server(httpx.ReadError(""), status("pending")).wait()
    assert (waited.ending, waited.outcome, waited.error) == (Ending.DEADLINE, Outcome.WAITING, None)


def test_a_long_interval_does_not_pass_the_deadline() -> None:
    server = Server(status("pending"))
    client = IaaClient(
        "https://acme.example", transport=httpx.MockTransport(server), sleep=server.sleep, monotonic=lambda: server.now
    )
    assert client.await_session("r-1", interval=10, deadline=15).ending is Ending.DEADLINE
    assert server.asked == pytest.approx([0, 10])
    assert server.now == pytest.approx(15)


def test_other_errors_end_it() -> None:
    server = Server(status("pending"), httpx.Response(404, json={"message": "no such session"}))
    with pytest.raises(NotFound):
        server.wait()
    untrusted = httpx.ConnectError("")
    untrusted.__cause__ = ssl.SSLError()
    server = Server(status("pending"), untrusted)
    with pytest.raises(Unreachable) as caught:
        server.wait()
    assert caught.value.reason is Reason.TLS
    assert len(server.asked) == 2


@pytest.mark.parametrize("interval", [0, -1])
def test_asking_without_a_pause_is_not_offered(interval: float) -> None:
    server = Server(status("pending"))
    client = IaaClient("https://acme.example", transport=httpx.MockTransport(server), sleep=server.sleep)
    with pytest.raises(InvalidRequest):
        client.await_session("r-1", interval=interval)
    assert server.asked == []


def test_slow_answers_do_not_pass_the_deadline() -> None:
    server = Server(status("pending"), takes=4)
    waited = server.wait()
    assert waited.ending is Ending.DEADLINE
    assert server.now <= 60 + 4


def test_another_thread_cancels_over_a_real_socket(server: ScriptedServer) -> None:
    event = threading.Event()

    def pending(request: Request) -> None:
        request.answer(200, b'{"sessionStatus":"pending"}')
        event.set()

    server.script = pending
    start = time.monotonic()
    with IaaClient(server.origin) as client:
        waited = client.await_session("r-1", cancelled=event.is_set)
    assert waited.ending is Ending.CANCELLED
    assert time.monotonic() - start < 10
    assert len(server.seen) == 1


def test_a_question_takes_five_seconds_at_most_and_never_more_than_is_left() -> None:
    now = 0.0
    given: list[float] = []

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal now
        given.append(request.extensions["deadline"].left())
        now += 3.5
        return status("pending")

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    client = IaaClient(
        "https://acme.example", transport=httpx.MockTransport(handle), sleep=sleep, monotonic=lambda: now
    )
    assert client.await_session("r-1", deadline=11).ending is Ending.DEADLINE
    assert given == pytest.approx([5, 5, 2])
