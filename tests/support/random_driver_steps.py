"""Codes and starts of the random driver: what the model foresees, the answer, and what it leaves of the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from support.random_driver_desk import PIN, Broken, Desk, identifier, name_of
from support.random_driver_judge import LOOK_AHEAD
from support.random_driver_model import (
    Foreseen,
    Kind,
    Made,
    Standing,
    Wanted,
    foreseen,
    is_made_by,
)

from softtoken.engine.tokens import ProtectionType, ResynchronisationCodes, UserIdentifier
from softtoken.services import events as ev
from softtoken.services.events import Event, Status


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing in a result."""

    kind: Kind
    text: str
    atc: int
    data: bytes | tuple[str, ...] | None = None


class Steps(Desk):
    """Events that need no server."""

    def _make(
        self,
        event: Callable[[str | None, UserIdentifier, ProtectionType], Event[Any]],
        shown: Callable[[Any, Foreseen], list[Shown]],
        *,
        exempt: bool = False,
        told: bool = False,
    ) -> list[Made]:
        user, protection = self._someone(), self._protection()
        pin = self._typed_pin(user) if protection is PIN else ""
        wanted = Wanted(pin, exempt=exempt, told=told)
        self.current = user
        return self._use(user, protection, wanted, event(pin or None, identifier(user), protection), shown)

    def _login_code(self, user: str, protection: ProtectionType, pin: str) -> list[Made]:
        wanted = Wanted(pin, exempt=True, offline=False, login=True, always=self.one_shot or self.device.every_login)
        self.current = user

        def shown(made: Any, path: Foreseen) -> list[Shown]:
            otp = Shown(Kind.OTP, made.otp.code, made.otp.atc)
            codes: ResynchronisationCodes | None = made.resynchronisation
            if (codes is not None) != (path.taken == 3):
                self._fail(f"{path.taken} counters taken, and the codes are {codes}")
            return [otp] if codes is None else [*shown_pair(codes), otp]

        event = ev.GenerateOtp(None, pin or None, identifier(user), protection, for_login=True)
        return self._use(user, protection, wanted, event, shown)

    def _prepare(self, user: str, protection: ProtectionType, pin: str) -> list[Made]:
        wanted = Wanted(pin, counters=2, exempt=True, offline=False)
        self.current = user
        event = ev.PrepareResynchronization(identifier(user), pin or None, protection)
        return self._use(user, protection, wanted, event, lambda made, _: shown_pair(made.codes))

    def _use(
        self,
        user: str,
        protection: ProtectionType,
        wanted: Wanted,
        event: Event[Any],
        shown: Callable[[Any, Foreseen], list[Shown]],
        foresee: Callable[[Standing, bool], Foreseen] | None = None,
    ) -> list[Made]:
        """Post it, compare with what is foreseen, and note what is shown. Empty if nothing is."""
        token = self.device.tokens[user]

        def usual(start: Standing, once: bool) -> Foreseen:
            return foreseen(start, wanted, self.clock.up, logged_in_once=once)

        paths = [(foresee or usual)(start, once) for start in token.cells[protection] for once in token.once]
        result = self._attempt(event)
        made: list[Made] = []
        match result:
            case Broken.CUT:
                token.cells[protection] = {stage for path in paths for stage in path.stages}
                self._begin()
                return []
            case Broken.KEYRING:
                ends = {p.stages[1].refunded() for p in paths if len(p.stages) > 1 and p.stages[0].sealed}
            case Broken.UNREACHABLE:
                self._fail(f"{name_of(event)} needs no server")
            case _:
                fits = [p for p in paths if (p.status, p.tries) == (result.status, tries_of(result))]
                if result.status in WITH_CODE and wanted.counters:
                    found = [(p, self._read(user, protection, wanted, p, shown(result, p))) for p in fits]
                    fits = [p for p, codes in found if codes]
                    made = next((codes for _, codes in found if codes), [])
                ends = {p.end for p in fits}
                self._remember(user, wanted, result.status)
        if not ends:
            self._fail(f"{name_of(event)} of {user} {protection}: {result}, foreseen {paths}")
        token.cells[protection] = ends
        self._observe(user, protection)
        for code in made:
            self._check_reach(code, limited=not wanted.exempt)
            self.made.append(code)
            self.judge.note(code)
        return made

    def _read(
        self, user: str, protection: ProtectionType, wanted: Wanted, path: Foreseen, shown: Sequence[Shown]
    ) -> list[Made]:
        """The codes of this path; empty if they are not what its key and PIN make, or not of its counters."""
        start, serial = path.stages[0], self.device.tokens[user].serial
        right = wanted.pin == start.pin
        if [code.atc for code in shown] != list(range(path.atc, path.atc + len(shown))):
            return []
        codes = [
            Made(user, serial, protection, s.kind, s.atc, s.text, s.data, self.clock.wall, None, self.machine.runs)
            for s in shown
        ]
        if any(is_made_by(code, start.key) != right for code in codes):
            return []
        for code in codes:
            code.key = start.key if right else None
        return codes

    def _check_reach(self, made: Made, *, limited: bool) -> None:
        """A code that is no exception is one that the server would take: drift beyond that is LOGIN_REQUIRED."""
        expected = [n for held in self.server.held(made.user) if (n := held.expects(made.key)) is not None]
        if not expected or made.key in self.unseen:
            return
        if self.judge.was_accepted(made.key or b"", made.atc) and limited:
            self._fail(f"a counter that was used is used again: {made}")
        if limited and not expected[0] <= made.atc <= expected[0] + LOOK_AHEAD:
            self._fail(f"the server expects {expected[0]}, and no login was required: {made}")

    def _begin(self, newcomer: str = "") -> None:
        """Start the program until it runs; a file that was put back has to be noticed."""
        self.current, self.cached, self.one_shot = "", None, False
        while True:
            self.machine.faults.clear()
            if self.rng.random() < 0.05:
                self.machine.faults.points = self.rng.randrange(12)
            self.machine.start()
            result = self._attempt(ev.Start())
            if not isinstance(result, Broken):
                break
            self.begun_before = True
        self._judge_start(result.restored)
        for user, serial in self._serials().items():
            if user != newcomer and (user not in self.device.tokens or self.device.tokens[user].serial != serial):
                self._fail(f"the token of {user} is {serial}")
        for user, token in self.device.tokens.items():
            for protection in token.cells:
                self._observe(user, protection)
        self._judge_step()

    def _judge_start(self, restored: bool) -> None:
        back, self.put_back = self.put_back, None
        if back is None:
            if restored:
                self._fail("the file is the newest, and is said to be restored")
            return
        must = self.must_see
        if restored or (must and self.begun_before):
            self.counts["restored file seen"] += 1
            self._each_cell(self._distrusted)
        elif self.begun_before:
            self._each_cell(lambda cell: cell | self._distrusted(cell))
        elif must:
            self._fail(f"the restored copy of operation {back.number} was not noticed")
        else:
            self.counts["restored, and nobody was told of what it lacks"] += 1
            self.unseen |= {
                s.key for token in self.device.tokens.values() for cell in token.cells.values() for s in cell
            }

    def _distrusted(self, cell: set[Standing]) -> set[Standing]:
        """The keyring names credentials by ids that nobody here knows: which of its sightings it is, is seen later."""
        return {start.distrusted(seen) for start in cell for seen in (None, *self.sightings)}

    def _judge_step(self) -> None:
        """With a keyring that was told of everything a restored file is ahead of its server, and gives no try back."""
        newest, self.newest = self.newest, None
        if newest is None:
            return
        for user, token in self.device.tokens.items():
            if user not in newest.tokens or newest.tokens[user].serial != token.serial:
                continue
            for protection, cell in token.cells.items():
                before, (start, *_) = newest.tokens[user].cells[protection], tuple(cell)
                if {one.key for one in before} != {start.key}:
                    continue  # it had a fresh key since
                if any((held.expects(start.key) or 0) > start.counter for held in self.server.held(user)):
                    self._fail(f"{user} {protection} is behind its server, and the keyring was told: {start}, {before}")
                if start.failed < min(one.failed for one in before):
                    self._fail(f"{user} {protection} has a try again: {start}, {before}")
                self.counts["restored, and in step"] += 1

    def _each_cell(self, change: Callable[[set[Standing]], set[Standing]]) -> None:
        for token in self.device.tokens.values():
            token.cells = {protection: change(cell) for protection, cell in token.cells.items()}

    def _observe(self, user: str, protection: ProtectionType) -> None:
        """What the product says of a credential must be one of the things that it may be."""
        token = self.device.tokens[user]
        info = self._post(ev.GetCredentialInformation(identifier(user), protection))
        up = self.clock.up
        fits = {
            s
            for s in token.cells[protection]
            if (s.counter, s.used, s.resync) == (info.counter, info.used, info.resynchronise)
            and s.tries(up) == (info.retry_counter, info.retry_delay)
        }
        if not fits or info.logged_in_once not in token.once:
            self._fail(f"{user} {protection} is {info}, foreseen {token.once} {token.cells[protection]}")
        token.cells[protection] = fits
        token.once = {info.logged_in_once}

    def _remember(self, user: str, wanted: Wanted, status: Status) -> None:
        """Whose PIN the program may have in its memory."""
        if self.cached and self.cached[0] != self.current:
            self.cached = None
        if status is Status.INVALID_PIN or status is Status.PIN_BLOCKED:
            self.cached = None if self.cached and self.cached[0] == user else self.cached
        if self.sealed and status in WITH_CODE and wanted.pin:
            self.cached = (user, wanted.pin)


def shown_pair(codes: ResynchronisationCodes) -> list[Shown]:
    return [Shown(Kind.RESYNC, codes.first, codes.atc - 1), Shown(Kind.RESYNC, codes.second, codes.atc)]


def tries_of(result: Any) -> tuple[int | None, int | None]:
    return result.retry_counter, result.retry_delay


WITH_CODE = frozenset({Status.OK, Status.ATC_EXPIRES_SOON})
