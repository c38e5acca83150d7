"""A judge between the sandbox and every caller: what it answers must be what is due.

The judge knows which codes were shown and reads counters and keys from the server's own file, never from the vault.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import httpx
from support.flows import ManualClock
from support.random_driver_model import END, Kind, Made
from support.random_driver_server import Held, Server

from softtoken.engine.managed import STEP

LOOK_AHEAD, SEARCHED, LOCK = 20, 1000, 3
CHANCE_HITS = 2
"""So many codes of eight digits may be right by chance in one run before that is taken for a fault."""


class Violation(AssertionError):  # noqa: N818 - named after what happened
    """Something that must hold did not."""


class Unforeseen(Exception):  # noqa: N818 - likewise
    """Something was raised that nobody foresaw, here or in the product."""


class Verdict(StrEnum):
    """UNKNOWN: the server has no such device any more; nothing is counted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOCKED = "locked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request submits: each inner list is one code's possible origins, all of one text."""

    user: str
    kind: str
    candidates: tuple[tuple[Made, ...], ...]
    serial: str | None = None


class Judge:
    """Sees every exchange before its answer can be lost.

    hidden: the codes under way are not shown to anybody (an activation, a PIN change), so that only their counters are
    watched. log: logins and resynchronisations since it was cleared, each with its verdict.
    """

    def __init__(self, server: Server, clock: ManualClock) -> None:
        self._server = server
        self._clock = clock
        self._made: dict[tuple[str, Kind, str], list[Made]] = defaultdict(list)
        self._accepted: set[tuple[bytes, int]] = set()
        self.hidden = False
        self.log: list[tuple[str, Verdict]] = []
        self.chance_hits = 0
        self.verdicts: Counter[str] = Counter()

    def note(self, made: Made) -> None:
        """A code was shown."""
        self._made[made.user, made.kind, made.text].append(made)

    def was_accepted(self, key: bytes, atc: int) -> bool:
        return (key, atc) in self._accepted

    def exchange(self, request: httpx.Request) -> httpx.Response:
        """Let the server answer, and compare."""
        claim = self._claim(request)
        user = claim.user if claim else _user_of(request)
        before, wrong = self._server.held(user), self._server.wrong_codes(user)
        response = self._server.handle(request)
        after = self._server.held(user)
        moved = self._moved(before, after)
        if claim is None:
            return response
        unknown = claim.serial is not None and claim.serial not in {held.serial for held in before}
        accepted = _is_accepted(claim.kind, response)
        due = None if wrong >= LOCK else self._due(claim, before)
        verdict = _verdict(accepted=accepted, locked=wrong >= LOCK, unknown=unknown)
        self.log.append((claim.kind, verdict))
        self.verdicts[f"{claim.kind} {verdict}"] += 1
        self._compare(claim, due, moved, accepted=accepted)
        expected = {Verdict.ACCEPTED: 0, Verdict.REFUSED: wrong + 1}.get(verdict, wrong)
        if (counted := self._server.wrong_codes(user)) != expected:
            raise Violation(f"the server counts {counted} wrong operations, not {expected}, after {claim.kind}")
        if claim.kind in _TELLING and (due is not None or not accepted):
            self._check_told(claim, before, response.json()["result"], due=due is not None, locked=wrong >= LOCK)
        return response

    def _check_told(self, claim: Claim, before: list[Held], told: str, *, due: bool, locked: bool) -> None:
        """The result's word, where it is not left to chance."""
        if locked or due:
            expected = "LOCKED_USER" if locked else "OK"
        elif any(
            self._passed(made, before, END if claim.kind == "resynchronise" else LOOK_AHEAD)
            for made in claim.candidates[0]
        ):
            expected = "REPLAY"
        elif claim.kind == "verify" and any(self._fits(made, before, SEARCHED) for made in claim.candidates[0]):
            expected = "ATC_VARIANCE_EXCEEDED"
        else:
            return
        if told != expected:
            raise Violation(f"{claim.kind} says {told}, not {expected}")

    def _passed(self, made: Made, before: list[Held], reach: int) -> bool:
        expected = [n for held in before if (n := held.expects(made.key)) is not None]
        return bool(expected) and expected[0] - reach <= made.atc < expected[0] and self._timely(made)

    def _moved(self, before: list[Held], after: list[Held]) -> list[tuple[bytes, int]]:
        """Which counters moved: key and the accepted ATC. Each may be accepted once, and no counter goes back."""
        old = {(held.serial, held.protection): held for held in before}
        moved = []
        for held in after:
            was = old.get((held.serial, held.protection))
            if was is not None and (was.key, was.counter) == (held.key, held.counter):
                continue
            if was is None and held.counter == 0:
                continue
            if was is not None and was.key == held.key and held.counter < was.counter:
                raise Violation(f"the server's counter went back from {was.counter} to {held.counter}")
            accepted = (held.key, held.counter - 1)
            if accepted in self._accepted:
                raise Violation(f"counter {held.counter - 1} was accepted twice")
            self._accepted.add(accepted)
            moved.append(accepted)
        return moved

    def _compare(self, claim: Claim, due: Made | None, moved: list[tuple[bytes, int]], *, accepted: bool) -> None:
        if accepted != bool(moved) or len(moved) > 1:
            raise Violation(f"{claim.kind} {'accepted' if accepted else 'refused'}, and {len(moved)} counters moved")
        if not accepted:
            if due is not None:
                raise Violation(f"{claim.kind}: an unused code inside the window was refused: {due}")
            return
        if due is not None and moved[0] == (due.key, due.atc):
            if due.used:
                raise Violation(f"{claim.kind}: a code was accepted twice: {due}")
            due.used = True
            return
        self.chance_hits += 1
        if self.chance_hits > CHANCE_HITS:
            raise Violation(f"{claim.kind}: a code was accepted for counter {moved[0][1]} that is not right for it")

    def _due(self, claim: Claim, before: list[Held]) -> Made | None:
        """The code that is unused, at or above the counter and inside the window; of two consecutive ones the last."""
        if len(claim.candidates) == 2:
            first, second = claim.candidates
            pairs = [(a, b) for a in first for b in second if (a.key, a.atc + 1) == (b.key, b.atc)]
            return next((b for a, b in pairs if self._fits(a, before, SEARCHED) and self._timely(b)), None)
        reach = END if claim.kind == "resynchronise" else LOOK_AHEAD  # said with its counter, it needs no window
        return next((made for made in claim.candidates[0] if self._fits(made, before, reach)), None)

    def _fits(self, made: Made, before: list[Held], reach: int) -> bool:
        expected = [n for held in before if (n := held.expects(made.key)) is not None]
        return (
            bool(expected) and expected[0] <= made.atc <= expected[0] + reach and made.atc < END and self._timely(made)
        )

    def _timely(self, made: Made) -> bool:
        return made.kind is not Kind.OTP or abs(made.at // STEP - self._clock.now() // STEP) <= 1

    def _claim(self, request: httpx.Request) -> Claim | None:
        call = request.url.path.rpartition("/")[2]
        if call not in _CALLS or self.hidden:
            return None
        user, body = _user_of(request), json.loads(request.read())

        def find(kind: Kind, text: str, data: bytes | tuple[str, ...] | None = None) -> tuple[Made, ...]:
            return tuple(made for made in self._made.get((user, kind, text), ()) if made.data == data)

        match call:
            case "login":
                return Claim(user, call, (find(Kind.OTP, body["credentials"]["authenticator"]["OTP"]),))
            case "sync-authenticator":
                kinds = [(find(kind, body["response1"]), find(kind, body["response2"])) for kind in _SYNCED]
                pair = next((pair for pair in kinds if all(pair)), ((), ()))
                return Claim(user, call, pair, body.get("serialNumber"))
            case "resynchronise":
                found = find(Kind.RESYNC, body["code"])
                return Claim(user, call, (tuple(made for made in found if made.atc == body["atc"]),))
            case _:
                data = base64.b64decode(body["optionalData"]) if "optionalData" in body else None
                if "OTP" in body:
                    return Claim(user, "verify", (find(Kind.OTP, body["OTP"], data),))
                if "secureSequence" in body:
                    message = base64.urlsafe_b64decode(body["secureSequence"] + "=")
                    return Claim(user, "verify", (find(Kind.SEQUENCE, message.hex(), data),))
                return Claim(user, "verify", (find(Kind.SIGNATURE, body["signature"], tuple(body["dataFields"])),))


class JudgedTransport(httpx.BaseTransport):
    """What clients are given. around: may lose an answer or cut the power, on either side of the exchange."""

    def __init__(self, judge: Judge, around: Callable[[], Iterator[None]]) -> None:
        self._judge = judge
        self._around = around

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        faults = self._around()
        next(faults, None)
        response = self._judge.exchange(request)
        next(faults, None)
        return response


def _user_of(request: httpx.Request) -> str:
    parts = request.url.path.split("/")
    return parts[parts.index("users") + 1].partition("@")[0] if "users" in parts[:-1] else ""


def _is_accepted(kind: str, response: httpx.Response) -> bool:
    if kind in _TELLING:
        return response.is_success and response.json()["result"] == "OK"
    return response.is_success and (kind != "login" or response.json()["sessionStatus"] == "accepted")


def _verdict(*, accepted: bool, locked: bool, unknown: bool) -> Verdict:
    if accepted:
        return Verdict.ACCEPTED
    if locked:
        return Verdict.LOCKED
    return Verdict.UNKNOWN if unknown else Verdict.REFUSED


_TELLING = frozenset({"verify", "resynchronise"})
_CALLS = frozenset({"login", "sync-authenticator", *_TELLING})
_SYNCED = (Kind.RESYNC, Kind.OTP)
