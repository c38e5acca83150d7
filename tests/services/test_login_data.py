"""What a login tells of this computer: shown as it is sent, reduced by a person, decided by an administrator."""

import json
from typing import Any

import httpx
import pytest
from services.inprocess import Network
from services.room import Room, log_in

from softtoken import __version__
from softtoken.iaa.client import IaaClient
from softtoken.iaa.fingerprint import CddcExtent, CddcForm, Display, fingerprint_hash
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    CreateVault,
    GetLoginData,
    LoginData,
    LoginWithTypedCode,
    SetLoginData,
    Start,
    Status,
)

DISPLAY = Display((1920, 1080), (460, 700))


class Seen(httpx.BaseTransport):
    """Keeps the bodies of logins on their way to the tenant."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if request.url.path.endswith("/login"):
            self.bodies.append(body)
        return self._network.carry(request)

    def client(self, origin: str) -> IaaClient:
        return IaaClient(origin, transport=self)

    @property
    def cddc(self) -> Any:
        return json.loads(self.bodies[-1]).get("cddc")


@pytest.fixture
def seen(room: Room) -> Seen:
    return Seen(room.network)


def shown(controller: MasterController) -> LoginData:
    return controller.post(GetLoginData())


def test_what_is_shown_is_what_is_sent(room: Room, seen: Seen) -> None:
    controller = MasterController(
        room.home, room.keystore, room.clock, seen.client, lambda: b"x" * 64, display=lambda: DISPLAY
    )
    controller.post(Start())
    origin = room.network.add("one", app_digests=(b"x" * 64,))
    alice = room.activate(controller, origin, pin=None)
    assert log_in(controller, alice, None).status is Status.OK
    data = shown(controller)
    assert data.cddc.encode() in seen.bodies[-1]  # to the byte
    assert json.loads("{" + data.cddc + "}")["cddc"] == {
        "browserCDDC": {"fingerprintRaw": data.raw, "fingerprintHash": data.hash}
    }
    told = json.loads(data.raw)
    assert told["computer"]["screenWidth"] == 1920
    assert told["viewport"] == {"width": 460, "height": 700}
    assert data.hash == fingerprint_hash(data.raw)
    assert (data.extent, data.form, data.decided, data.known) == (CddcExtent.FULL, CddcForm.BROWSER, False, True)
    assert data.user_agent == f"SoftToken/{__version__}"
    controller.close()


@pytest.mark.parametrize("extent", list(CddcExtent))
def test_a_person_chooses_how_much_and_it_is_kept(room: Room, seen: Seen, extent: CddcExtent) -> None:
    controller = room.controller(seen.client)
    alice = room.activate(controller, room.network.add("one"), pin=None)
    assert controller.post(SetLoginData(extent)).status is Status.OK
    again = room.controller(seen.client)
    assert shown(again).extent is extent
    assert log_in(again, alice, None).status is Status.OK
    data = shown(again)
    if extent is CddcExtent.NONE:
        assert seen.cddc is None
        assert (data.cddc, data.raw, data.hash) == ("", "", "")
    else:
        assert seen.cddc["browserCDDC"]["fingerprintRaw"] == data.raw
        assert json.loads(data.raw)["computer"]["screenWidth"] is None


@pytest.mark.parametrize("extent", list(CddcExtent))
def test_the_administrators_word_decides(room: Room, seen: Seen, extent: CddcExtent) -> None:
    room.configure(verify=True, cddc=extent.value, cddcForm="mobile")
    controller = room.controller(seen.client)
    origin = room.network.add("one")
    alice = room.activate(controller, origin, pin=None)
    assert controller.post(SetLoginData(CddcExtent.MINIMAL)).status is Status.ACCESS_DENIED
    assert (shown(controller).extent, shown(controller).decided) == (extent, True)
    log_in(controller, alice, None)
    if extent is CddcExtent.NONE:
        assert seen.cddc is None
    else:
        assert list(seen.cddc) == ["mobileCDDC"]  # never both


def test_before_there_is_a_vault_nobody_chose(room: Room) -> None:
    controller = room.controller()
    assert (shown(controller).extent, shown(controller).known) == (CddcExtent.FULL, True)
    assert controller.post(SetLoginData(CddcExtent.NONE)).status is Status.INVALID_STATE


def test_a_closed_vault_may_say_no_so_nothing_is_told(room: Room, seen: Seen) -> None:
    room.controller().post(CreateVault(passphrase="correct horse"))
    closed = MasterController(room.home, room.keystore, room.clock, seen.client)  # not even started
    assert (shown(closed).extent, shown(closed).known) == (CddcExtent.NONE, False)
    origin = room.network.add("one")
    closed.post(LoginWithTypedCode(origin, "alice@one", "123456"))
    assert seen.bodies
    assert seen.cddc is None
    closed.close()
