"""The lane: order, delivery on the GUI thread, dropping, stopping."""

import threading
import weakref
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from softtoken.ui.lane import Lane


def fail(error: Exception) -> None:
    raise AssertionError from error


@pytest.mark.usefixtures("qapp")
def test_results_arrive_in_order_on_the_gui_thread(qtbot: QtBot) -> None:
    lane = Lane("order")
    arrived: list[tuple[int, str]] = []

    def arrive(number: int) -> None:
        arrived.append((number, threading.current_thread().name))

    for number in range(20):
        lane.run(partial(int, number), arrive, fail)
    qtbot.waitUntil(lambda: len(arrived) == 20)
    assert arrived == [(number, threading.main_thread().name) for number in range(20)]
    assert lane.stop(10)


@pytest.mark.usefixtures("qapp")
def test_one_piece_of_work_at_a_time(qtbot: QtBot) -> None:
    lane = Lane("single")
    gate, inside, most, done = threading.Event(), [0], [0], [0]

    def work() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        gate.wait(10)
        inside[0] -= 1

    for _ in range(3):
        lane.run(work, lambda _: done.__setitem__(0, done[0] + 1), fail)
    gate.set()
    qtbot.waitUntil(lambda: done[0] == 3)
    assert most == [1]
    assert lane.stop(10)


@pytest.mark.usefixtures("qapp")
def test_an_exception_is_delivered_and_the_lane_goes_on(qtbot: QtBot) -> None:
    lane = Lane("errors")
    failures: list[Exception] = []
    results: list[int] = []

    def broken() -> int:
        raise ValueError("no")

    lane.run(broken, results.append, failures.append)
    lane.run(lambda: 7, results.append, fail)
    qtbot.waitUntil(lambda: results == [7])
    assert [type(failure) for failure in failures] == [ValueError]
    assert not lane.busy
    assert lane.stop(10)


@pytest.mark.usefixtures("qapp")
def test_dropped_results_vanish_and_later_ones_arrive(qtbot: QtBot) -> None:
    lane = Lane("epochs")
    gate = threading.Event()
    arrived: list[str] = []
    lane.run(lambda: (gate.wait(10) and "old") or "old", arrived.append, fail)
    lane.drop()
    lane.run(lambda: "new", arrived.append, fail)
    gate.set()
    qtbot.waitUntil(lambda: not lane.busy)
    assert arrived == ["new"]
    assert lane.stop(10)


@pytest.mark.usefixtures("qapp")
def test_stop_finishes_the_current_work_delivers_it_and_forgets_the_rest() -> None:
    lane = Lane("stopping")
    begun, gate = threading.Event(), threading.Event()
    arrived: list[str] = []

    def current() -> str:
        begun.set()
        gate.wait(10)
        return "current"

    lane.run(current, arrived.append, fail)
    lane.run(lambda: "never begun", arrived.append, fail)
    assert begun.wait(10)
    threading.Timer(0.05, gate.set).start()
    assert lane.stop(10)
    assert arrived == ["current"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stopping")]
    lane.run(lambda: "too late", arrived.append, fail)
    assert arrived == ["current"]


@pytest.mark.usefixtures("qapp")
def test_stop_loses_patience_with_work_that_does_not_end() -> None:
    lane = Lane("patience")
    begun, gate = threading.Event(), threading.Event()
    arrived: list[bool] = []

    def work() -> bool:
        begun.set()
        return gate.wait(10)

    lane.run(work, arrived.append, fail)
    assert begun.wait(10)
    assert not lane.stop(0.01)
    gate.set()
    assert lane.stop(10)
    assert not arrived, "nobody waits for it any more"


class Receiver:
    """Stands for a widget. ended: the name of the thread on which it did."""

    def __init__(self, ended: list[str]) -> None:
        weakref.finalize(self, lambda: ended.append(threading.current_thread().name))

    def receive(self, _: object) -> None:
        """Nothing comes of it."""


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("dropped", [True, False])
def test_who_waits_for_a_result_is_let_go_of_on_the_gui_thread(qtbot: QtBot, dropped: bool) -> None:
    """The last reference to a widget must not be the lane's thread's."""
    lane, gate, ended = Lane("receivers"), threading.Event(), list[str]()
    receiver = Receiver(ended)
    lane.run(lambda: gate.wait(10), receiver.receive, receiver.receive)
    del receiver
    assert ended == []
    if dropped:
        lane.drop()
        assert ended == [threading.main_thread().name], "at once, while the work goes on"
    gate.set()
    qtbot.waitUntil(lambda: not lane.busy)
    assert ended == [threading.main_thread().name]
    assert lane.stop(10)
