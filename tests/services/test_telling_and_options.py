"""What the controller says unasked, and what applies to the device as a whole."""

import threading
from itertools import pairwise

import pytest
from services.room import Room, log_in

from softtoken.iaa.errors import Unreachable
from softtoken.services.events import (
    Busy,
    ConnectionState,
    GenerateOtp,
    GetDeviceInformation,
    GetState,
    Idle,
    ListTokens,
    Notification,
    RenameToken,
    ServerConnection,
    SetDeviceName,
    Status,
)
from softtoken.services.notices import Notices


def test_busy_and_idle_around_each_event_and_the_server_in_between(room: Room) -> None:
    origin = room.network.add("one")
    controller = room.controller()
    alice = room.activate(controller, origin)
    heard: list[Notification] = []
    end = controller.subscribe(heard.append)
    controller.post(GenerateOtp())
    assert heard == [Busy(), Idle()]
    heard.clear()
    log_in(controller, alice)
    reached = ServerConnection(origin, ConnectionState.REACHABLE)
    assert heard == [Busy(), Idle(), Busy(), reached, Idle()]
    heard.clear()
    room.network.faults.append(("sync-auth", "down"))
    with pytest.raises(Unreachable):
        log_in(controller, alice)
    lost = ServerConnection(origin, ConnectionState.NOT_REACHABLE)
    assert heard == [Busy(), Idle(), Busy(), lost, Idle()]  # Idle also where an exception ends it
    end()
    end()
    heard.clear()
    controller.post(GetState())
    assert heard == []


def test_never_two_of_the_same_whichever_threads_post() -> None:
    notices, heard = Notices(), list[Notification]()
    notices.subscribe(heard.append)
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        for _ in range(200):
            with notices.busy():
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard
    assert all(a != b for a, b in pairwise(heard))
    assert (heard[0], heard[-1]) == (Busy(), Idle())


def test_busy_lasts_from_the_first_to_the_last() -> None:
    notices, heard = Notices(), list[Notification]()
    notices.subscribe(heard.append)
    with notices.busy():
        with notices.busy():
            assert heard == [Busy()]
        assert heard == [Busy()]
    assert heard == [Busy(), Idle()]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("Work laptop", "Work laptop"), ("  in space  ", "in space"), ("", ""), ("東京", "東京"), ("x" * 64, "x" * 64)],
)
def test_the_devices_name(room: Room, name: str, kept: str) -> None:
    controller = room.controller()
    room.activate(controller, room.network.add("one"), pin=None)
    assert controller.post(SetDeviceName(name)).status is Status.OK
    known = room.controller().post(GetDeviceInformation())
    assert (known.status, known.device_name, len(known.device_id)) == (Status.OK, kept, 32)


@pytest.mark.parametrize("name", ["x" * 65, "two\nlines", "\x07"])
def test_a_name_that_is_none_changes_nothing(room: Room, name: str) -> None:
    controller = room.controller()
    room.activate(controller, room.network.add("one"), pin=None)
    controller.post(SetDeviceName("before"))
    assert controller.post(SetDeviceName(name)).status is Status.INVALID_PARAMETER
    assert controller.post(GetDeviceInformation()).device_name == "before"


def test_before_there_is_a_vault(room: Room) -> None:
    controller = room.controller()
    assert controller.post(SetDeviceName("x")).status is Status.INVALID_STATE
    assert controller.post(GetDeviceInformation()).status is Status.INVALID_STATE
    assert controller.post(RenameToken("0" * 32, "a", "b")).status is Status.INVALID_STATE


@pytest.mark.parametrize(
    ("issuer", "name", "status"),
    [
        ("Bank", "card", Status.OK),
        ("", "card", Status.OK),
        ("Bank", "", Status.INVALID_PARAMETER),
        ("Bank", "  ", Status.INVALID_PARAMETER),
        ("Bank", "x" * 256, Status.INVALID_PARAMETER),
        ("a\tb", "card", Status.INVALID_PARAMETER),
    ],
)
def test_renaming(room: Room, issuer: str, name: str, status: Status) -> None:
    controller = room.controller()
    alice = room.activate(controller, room.network.add("one"), pin=None)
    (token,) = controller.post(ListTokens()).tokens
    assert controller.post(RenameToken(token.id, issuer, name)).status is status
    (after,) = controller.post(ListTokens()).tokens
    assert (after.issuer, after.name) == ((issuer, name) if status is Status.OK else (token.issuer, token.name))
    assert after.account == token.account  # the user is who it was
    assert controller.post(GenerateOtp(None, None, alice)).status is Status.OK
    assert controller.post(RenameToken("0" * 32, "a", "b")).status is Status.INVALID_USER_ID
