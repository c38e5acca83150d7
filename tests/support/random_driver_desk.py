"""What every operation of the random driver stands on: its state, its posts, its requests past the program."""

import base64
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import httpx
import pytest
from support.flows import ManualClock
from support.random_driver_judge import Judge, JudgedTransport, Violation
from support.random_driver_machine import Disk, Machine, PowerCut
from support.random_driver_model import (
    Kind,
    Made,
    Standing,
)
from support.random_driver_server import ORIGIN, Server

from softtoken.engine.activation_code import format_activation_code
from softtoken.engine.pin import PinRules, judge_new_pin
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.errors import Unreachable
from softtoken.services import events as ev
from softtoken.services.events import Event
from softtoken.vault.errors import KeystoreError

if TYPE_CHECKING:
    from softtoken.engine.distrust import Seen

R = TypeVar("R")
PIN, NO_PIN = ProtectionType.PIN, ProtectionType.NO_PIN


class Broken(StrEnum):
    """How an event ended without a result."""

    CUT = "power cut"
    KEYRING = "keyring fault"
    UNREACHABLE = "no answer"


@dataclass(slots=True)
class TokenModel:
    """A user's token on the device. once: was a login ever noted? cells: all that each credential may be."""

    serial: str
    once: set[bool]
    cells: dict[ProtectionType, set[Standing]]


@dataclass(slots=True)
class Device:
    """What the vault's file stands for; a copy of the file has a copy of this."""

    tokens: dict[str, TokenModel] = field(default_factory=dict)
    every_login: bool = True


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the file. told: how often the keyring had been told by then. excuses: what may keep it from that.

    ahead: the keyring had refused to be told, so that the copy may pass for a newer file than later ones.
    """

    disk: Disk
    device: Device
    told: int
    excuses: int
    ahead: bool
    number: int


class Desk:
    """One run: a machine, a server, and what was seen of both."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, seed: int, *, verify_offline: bool) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.sealed = verify_offline
        self.server_clock = ManualClock()
        self.server = Server(folder / "server", self.server_clock, verify_offline=verify_offline)
        self.judge = Judge(self.server, self.server_clock)
        self.machine = Machine(folder / "home", patch, verify_offline=verify_offline)
        self.machine.transport = lambda: JudgedTransport(self.judge, self.machine.faults.exchange)
        self.clock = self.machine.clock
        self.clock.wall = self.server_clock.wall
        self.device = Device()
        self.made: deque[Made] = deque(maxlen=400)
        self.copies: list[Copy] = []
        self.counts: Counter[str] = Counter()
        self.trace: deque[str] = deque(maxlen=40)
        self.number = 0
        self.users = 0
        self.put_back: Copy | None = None
        self.put_back_last: Copy | None = None
        self.begun_before = False
        self.must_see = False
        self.newest: Device | None = None
        self.sightings: tuple[Seen, ...] = ()
        self.excuses = 0
        self.unseen: set[bytes] = set()
        self.current = ""
        self.cached: tuple[str, str] | None = None
        self.one_shot = False
        self.away = False

    def close(self) -> None:
        self.machine.stop()
        self.server.close()

    def _attempt(self, event: Event[R]) -> R | Broken:
        try:
            result = self.machine.post(event)
        except PowerCut:
            broken = Broken.CUT
            self.excuses += 1
        except KeystoreError:
            if not self.machine.keystore.full:
                raise
            broken = Broken.KEYRING
        except Unreachable:
            broken = Broken.UNREACHABLE
        else:
            self.machine.faults.clear()
            status = getattr(result, "status", "")
            self._say(f"{name_of(event)} {_told(event)}: {status}")
            self.counts[f"-> {status}"] += 1
            return result
        self.machine.faults.clear()
        self._say(f"{name_of(event)} {_told(event)}: {broken}")
        self.counts[f"-> {broken}"] += 1
        return broken

    def _post(self, event: Event[R]) -> R:
        """Something that nothing is to happen to."""
        points, self.machine.faults.points = self.machine.faults.points, None
        result = self.machine.post(event)
        self.machine.faults.points = points
        return result

    def _submit(self, made: Made) -> str:
        """To the server, past this program: to a relying party, the help desk, or a login elsewhere."""
        self._say(f"submit {made.kind} {made.atc} of {made.user} {made.protection}")
        where = f"/softtoken/v1/users/{made.user}"
        match made.kind:
            case Kind.RESYNC:
                answer = self._send(f"{where}/resynchronise", {"code": made.text, "atc": made.atc})
            case Kind.SIGNATURE:
                fields = list(made.data) if isinstance(made.data, tuple) else []
                answer = self._send(f"{where}/verify", {"signature": made.text, "dataFields": fields})
            case Kind.OTP if made.data is None and self.rng.random() < 0.4:
                return self._post_login(made.user, made.text)
            case Kind.OTP | Kind.SEQUENCE:
                body = {"OTP": made.text} if made.kind is Kind.OTP else {"secureSequence": _base64url(made.text)}
                if isinstance(made.data, bytes):
                    body["optionalData"] = base64.b64encode(made.data).decode()
                answer = self._send(f"{where}/verify", body)
        return str(answer.json()["result"])

    def _post_login(self, user: str, code: str) -> str:
        body = {
            "objectType": "AdaptiveLoginInput",
            "relationshipRef": user,
            "sessionID": "4ed23ea44f23",
            "credentials": {"authenticator": {"OTP": code}},
        }
        return "OK" if self._send(f"/v1/users/{user}@sandbox/login", body).is_success else "WRONG_OTP"

    def _send(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.judge.exchange(httpx.Request("POST", ORIGIN + path, json=body))

    def _register(self, user: str) -> str:
        body = {
            "objectType": "AdaptiveRegisterUserInput",
            "userID": user,
            "relationshipRef": user,
            "sessionID": "4ed23ea44f23",
            "clientIP": "127.0.0.1",
            "activationType": "offlineMDL",
        }
        fields = self._send("/v1/users/register", body).json()
        return format_activation_code(fields["registrationID"], fields["activationPassword"])

    def _unlock(self, user: str) -> None:
        self._say(f"unlock {user}")
        self._send(f"/v1/users/{user}/unlock", {})

    def _unlock_if_known(self, user: str) -> None:
        if self.server.wrong_codes(user):
            self._unlock(user)

    def _plan_losses(self) -> None:
        if self.rng.random() < 0.12:
            plans = (["lost"], ["unsent"], ["", "lost"], ["", "unsent"], ["lost", "lost"])
            self.machine.faults.losses = list(self.rng.choice(plans))
            self._say(f"answers planned: {self.machine.faults.losses}")

    def _serials(self) -> dict[str, str]:
        tokens = self._post(ev.ListTokens()).tokens
        return {token.account.user_id: token.account.serial for token in tokens if token.account}

    def _someone(self) -> str:
        """Away from any network it is one person's computer."""
        users = sorted(self.device.tokens)
        return users[0] if self.away else self.rng.choice(users)

    def _protection(self) -> ProtectionType:
        return PIN if self.rng.random() < 0.7 else NO_PIN

    def _typed_pin(self, user: str) -> str:
        """Right as a rule."""
        pins = sorted({start.pin for start in self.device.tokens[user].cells[PIN]})
        return self._new_pin(user) if self.rng.random() < 0.1 else self.rng.choice(pins)

    def _new_pin(self, user: str) -> str:
        old = {start.pin for token in self.device.tokens.values() for start in token.cells[PIN]}
        while True:
            pin = f"{self.rng.randrange(10**6):06d}"
            if pin not in old and judge_new_pin(pin, PinRules(), user) is None:
                return pin

    def _say(self, text: str) -> None:
        self.trace.append(f"{self.number}: {text}")

    def _fail(self, text: str) -> NoReturn:
        raise Violation(text)


def identifier(user: str) -> UserIdentifier:
    return UserIdentifier("sandbox", user)


def name_of(event: object) -> str:
    return type(event).__name__


def _told(event: object) -> str:
    user = getattr(event, "user_identifier", None)
    return " ".join(str(part) for part in (user.user_id if user else "", getattr(event, "protection", None) or ""))


def _base64url(hexadecimal: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).decode().rstrip("=")
