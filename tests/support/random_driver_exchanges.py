"""Events of the random driver that ask the server: logins, resynchronisations, PIN changes."""

from collections.abc import Sequence
from dataclasses import replace

from support.random_driver_desk import PIN, Broken, identifier
from support.random_driver_judge import LOCK, SEARCHED, Verdict
from support.random_driver_model import (
    SKIP,
    Foreseen,
    Made,
    Standing,
    Wanted,
    foreseen,
)
from support.random_driver_steps import Steps, tries_of

from softtoken.engine.tokens import ResynchronisationCodes
from softtoken.services import events as ev
from softtoken.services.events import Status


class Exchanges(Steps):
    """What the device makes of an answer, of none, and of a power cut in between."""

    def _send_login(self, made: Made, codes: tuple[Made, Made] | None) -> Status | None:
        self.judge.log.clear()
        pair = _codes(codes) if codes else None
        result = self._attempt(ev.Login(identifier(made.user), made.text, pair))
        token = self.device.tokens[made.user]
        before = token.cells[made.protection]
        stages = [self._after_login(s, made, codes) for s in before]
        remembered = made.run == self.machine.runs
        if made.serial != token.serial:
            stages, remembered = [[s] for s in before], False
        if any(entry == ("login", Verdict.ACCEPTED) for entry in self.judge.log) and result is not Broken.UNREACHABLE:
            token.once = token.once | {True} if result is Broken.CUT else {True}
        if isinstance(result, Broken):
            # what the answer that came back first told was noted
            ends = {stage for each in stages for stage in each}
        else:
            self._check_login(result)
            ends = {each[-1] for each in stages}
            if not (remembered and made is self.made[-1]):
                ends |= {each[-1 - (len(each) > 1)] for each in stages}
            if result.status is Status.OK and pair is not None:
                self.one_shot = False
        token.cells[made.protection] = ends
        if result is Broken.CUT:
            self._begin()
        else:
            self._observe(made.user, made.protection)
        return None if isinstance(result, Broken) else result.status

    def _after_login(self, start: Standing, made: Made, codes: tuple[Made, Made] | None) -> list[Standing]:
        stages = [start]
        for call, verdict in self.judge.log:
            if call == "sync-authenticator" and codes:
                stages.append(_after_codes(stages[-1], codes[1].atc, verdict))
            elif call == "login" and verdict is Verdict.ACCEPTED:
                stages.append(stages[-1].confirmed(made.atc))
        return stages

    def _check_login(self, result: ev.LoginResult) -> None:
        call, verdict = self.judge.log[-1]
        went_on = call == "login" or verdict is not Verdict.ACCEPTED
        if result.status is not _STATUSES[verdict] or not went_on:
            self._fail(f"the login says {result} after {self.judge.log}")

    def _send_codes(self, made: Sequence[Made]) -> Status | None:
        self.judge.log.clear()
        first, second = made
        result = self._attempt(ev.Resynchronize(identifier(first.user), _codes((first, second))))
        token = self.device.tokens[first.user]
        before = token.cells[first.protection]
        after = {_after_codes(s, second.atc, verdict) for s in before for _, verdict in self.judge.log} or before
        match result:
            case Broken.CUT:
                token.cells[first.protection] = before | after
                self._begin()
                return None
            case Broken.UNREACHABLE | Broken.KEYRING:
                return None
            case ev.ResynchronizeResult():
                if result.status is not _STATUSES[self.judge.log[-1][1]]:
                    self._fail(f"{result} after {self.judge.log}")
                token.cells[first.protection] = after
                self._observe(first.user, first.protection)
                return result.status

    def _use_change(self, user: str, typed: str, new: str) -> None:
        token = self.device.tokens[user]
        wanted = Wanted(typed, counters=0 if self.sealed else 1, exempt=True, offline=False)
        paths = [foreseen(s, wanted, self.clock.up, logged_in_once=True) for s in token.cells[PIN]]
        locked = self.server.wrong_codes(user) >= LOCK
        held = self.server.held(user)
        self._plan_losses()
        self.judge.hidden = True
        result = self._attempt(ev.ChangePin(identifier(user), typed, new))
        self.judge.hidden = False
        ends: set[Standing] = set()
        for path in paths:
            start, end = path.stages[0], path.end
            done = self._changed(user, path, new) if end is not start else []
            if start.sealed and typed != start.pin:
                done = []
            match result:
                case Broken.CUT:
                    ends |= {*path.stages, *done}
                case Broken.KEYRING:
                    ends |= {path.stages[1].refunded()} if len(path.stages) > 1 else set()
                case Broken.UNREACHABLE:
                    ends.add(end)
                case _ if result.status is Status.OK:
                    ends |= set(done) if typed == start.pin else set()
                case _ if end is start or start.sealed:
                    if (result.status, tries_of(result)) == (path.status, path.tries):
                        ends.add(end)
                case _:
                    expected = next((n for h in held if (n := h.expects(start.key)) is not None), None)
                    due = expected is not None and expected <= start.counter <= expected + SEARCHED
                    if not (due and typed == start.pin) or locked:
                        ends.add(end)
        if not ends:
            self._fail(f"ChangePin of {user}: {result}, foreseen {paths}")
        if not isinstance(result, Broken) and result.status is Status.OK:
            self.counts["PIN changed"] += 1
            self.cached = None
        token.cells[PIN] = ends
        if result is Broken.CUT:
            self._begin()
            return
        if not isinstance(result, Broken) and result.status in {Status.INVALID_PIN, Status.PIN_BLOCKED}:
            self.cached = None if self.cached and self.cached[0] == user else self.cached
        self._observe(user, PIN)

    def _changed(self, user: str, path: Foreseen, new: str) -> list[Standing]:
        """What the credential may be once the new PIN holds."""
        start = path.stages[0]
        if start.sealed:
            return [replace(path.end, pin=new)]
        serial = self.device.tokens[user].serial
        fresh = {
            key
            for held in self.server.held(user)
            if (held.serial, held.protection) == (serial, PIN)
            for key in (held.key, held.pending)
            if key is not None and key != start.key
        }
        changed = [Standing(2, 2, False, 0, 0, 0, new, key, False) for key in fresh]
        return [*changed, *(state.confirmed(1) for state in changed)]


def _after_codes(start: Standing, atc: int, verdict: Verdict) -> Standing:
    """What the device makes of the answer to two codes; the second one's counter is given."""
    if verdict is Verdict.ACCEPTED:
        return start.confirmed(atc)
    told = start.sealed or not start.pin  # a masked key may have been made with a wrong PIN
    skips = verdict is Verdict.REFUSED and told and start.resync and start.counter <= atc + 2
    return start.skipped(SKIP) if skips else start


def pair_of(made: Sequence[Made]) -> tuple[Made, Made] | None:
    return (made[0], made[1]) if len(made) == 3 else None


def _codes(pair: tuple[Made, Made]) -> ResynchronisationCodes:
    first, second = pair
    return ResynchronisationCodes(first.text, second.text, second.atc, second.protection)


_STATUSES = {
    Verdict.ACCEPTED: Status.OK,
    Verdict.REFUSED: Status.WRONG_CREDENTIALS,
    Verdict.LOCKED: Status.LOCKED_USER,
    Verdict.UNKNOWN: Status.WRONG_CREDENTIALS,
}
