"""Random operations on a client and a sandbox: what a person, a help desk, a thief and a bad day may do.

Each operation says what the model foresees, posts the event, and keeps of the model what the answer allows. Nothing
left is a violation. Faults are planned before an operation and may hit it anywhere.
"""

from itertools import pairwise
from typing import Any

from support.random_driver_desk import PIN, Broken, TokenModel, identifier
from support.random_driver_exchanges import pair_of
from support.random_driver_judge import LOCK, Unforeseen, Violation
from support.random_driver_mishaps import Mishaps
from support.random_driver_model import (
    LIMIT,
    Foreseen,
    Kind,
    Standing,
    Wanted,
    foreseen,
)
from support.random_driver_recovery import NEAR_END
from support.random_driver_steps import Shown

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services import events as ev
from softtoken.services.events import Event, Status


class Driver(Mishaps):
    """The operations, and how often each is done."""

    def run(self, operations: int) -> None:
        """Raises Violation, with what led to it."""
        try:
            self._set_up()
            names, weights = zip(*_WEIGHTS.items(), strict=True)
            chosen = [getattr(self, f"_{name}") for name in names]
            for self.number in range(1, operations + 1):
                self._bad_luck()
                (operation,) = self.rng.choices(chosen, weights)
                if self.away and operation.__name__ in _WITH_NETWORK:
                    operation = self._otp
                self.counts[operation.__name__.strip("_")] += 1
                operation()
                self.machine.faults.clear()
            self.number += 1
            for user in list(self.device.tokens):
                self._say(f"at the end: {user}")
                self._recover(user)
        except Exception as error:
            told = "\n  ".join(self.trace)
            # a planted fault is seen by what it does, not by a driver that breaks
            kind = Violation if isinstance(error, AssertionError) else Unforeseen
            raise kind(
                f"seed {self.seed}, {'sealed' if self.sealed else 'masked'}, operation {self.number}: {error}\n  {told}"
            ) from error

    def _otp(self) -> None:
        data = self.rng.choice([None, None, b"", b"pay 12"])

        def event(pin: str | None, user: UserIdentifier, kind: ProtectionType) -> Event[Any]:
            return ev.GenerateOtp(data, pin, user, kind)

        self._make(event, lambda made, _: [Shown(Kind.OTP, made.otp.code, made.otp.atc, data)])

    def _sequence(self) -> None:
        data = self.rng.choice([None, b"gate 4"])

        def event(pin: str | None, user: UserIdentifier, kind: ProtectionType) -> Event[Any]:
            return ev.GenerateSecureSequence(data, pin, user, kind)

        self._make(event, lambda made, _: [Shown(Kind.SEQUENCE, made.secure_sequence.hex(), made.atc, data)])

    def _signature(self) -> None:
        fields = ("to 4711", f"{self.rng.randrange(900)} EUR")

        def event(pin: str | None, user: UserIdentifier, kind: ProtectionType) -> Event[Any]:
            return ev.SignTransaction(fields, pin, user, kind)

        self._make(event, lambda made, _: [Shown(Kind.SIGNATURE, made.signature, made.atc, fields)])

    def _telephone(self) -> None:
        """Resynchronisation data, read out to the help desk at once or never."""

        def event(pin: str | None, user: UserIdentifier, kind: ProtectionType) -> Event[Any]:
            return ev.GetResynchronizationData(user, pin, kind)

        made = self._make(event, lambda made, _: [Shown(Kind.RESYNC, made.otp, made.atc)], exempt=True, told=True)
        if made and self.rng.random() < 0.6:
            self._submit(made[0])

    def _cached(self) -> None:
        """The form that has data alone."""
        user = self.current
        if not user or user not in self.device.tokens:
            result = self._attempt(ev.GenerateOtp(None))
            if result is Broken.CUT:
                self._begin()
            elif not isinstance(result, Broken) and result.status is not Status.INVALID_STATE:
                self._fail(f"a code for nobody: {result}")
            return
        pin = self.cached[1] if self.cached and self.cached[0] == user else None
        event = ev.GenerateOtp(None)
        wanted = Wanted(pin or "")

        def foresee(start: Standing, once: bool) -> Foreseen:
            path = foreseen(start, wanted, self.clock.up, logged_in_once=once)
            if len(path.stages) > 1 and (pin is None or start.failed or not start.sealed):
                return Foreseen(Status.INVALID_STATE, (None, None), (start,))
            return path

        self._use(user, PIN, wanted, event, lambda made, _: [Shown(Kind.OTP, made.otp.code, made.otp.atc)], foresee)

    def _offline_login(self) -> None:
        user, pin = self._someone(), self._typed_pin
        if not self.sealed:
            return
        typed = pin(user)
        self.current = user
        wanted = Wanted(typed, counters=0, exempt=True)
        self._use(user, PIN, wanted, ev.OfflineLogin(identifier(user), typed), lambda *_: [])

    def _log_in(self) -> None:
        user, protection = self._someone(), self._protection()
        typed = self._typed_pin(user) if protection is PIN else ""
        made = self._login_code(user, protection, typed)
        if made:
            if self.rng.random() < 0.1:
                self._time_passes()
            self._plan_losses()
            self._send_login(made[-1], pair_of(made))

    def _resynchronise(self) -> None:
        user, protection = self._someone(), self._protection()
        typed = self._typed_pin(user) if protection is PIN else ""
        made = self._prepare(user, protection, typed)
        if made and self.rng.random() < 0.9:
            self._plan_losses()
            self._send_codes(made)

    def _present(self) -> None:
        """A code that was shown some time ago goes to the server, for the first time or again."""
        if not self.made:
            return
        age = min(int(self.rng.expovariate(0.15)), len(self.made) - 1)
        made = self.made[-1 - age]
        if made.kind is Kind.OTP and made.data is None and made.user in self.device.tokens and self.rng.random() < 0.3:
            self._plan_losses()
            self._send_login(made, None)
        else:
            self._submit(made)

    def _replay(self) -> None:
        used = [made for made in self.made if made.used]
        if used:
            self._submit(self.rng.choice(used))

    def _guess(self) -> None:
        """Somebody guesses a code."""
        self._say("guess")
        self._post_login(self._someone(), f"{self.rng.randrange(10**8):08d}")

    def _pair_of_otps(self) -> None:
        """Two codes of a row as a person reads them off, to sync-authenticator."""
        codes = [made for made in self.made if made.kind in {Kind.OTP, Kind.RESYNC} and made.data is None]
        pairs = [
            (a, b) for a, b in pairwise(codes) if (a.key, a.atc + 1, a.kind, a.user) == (b.key, b.atc, b.kind, b.user)
        ]
        if pairs:
            a, b = pairs[max(0, len(pairs) - 1 - int(self.rng.expovariate(0.5)))]
            self._say(f"pair of {a.kind} {a.atc} of {a.user}")
            body = {"response1": a.text, "response2": b.text}
            self._send(f"/v1/users/{a.user}/sync-authenticator", body)

    def _change_pin(self) -> None:
        user = self._someone()
        self._use_change(user, self._typed_pin(user), self._new_pin(user))

    def _reactivate(self) -> None:
        """Forgot PIN, whether blocked or not."""
        blocked = [user for user, token in self.device.tokens.items() if _is_stuck(token)]
        if blocked:
            self._renew_token(self.rng.choice(blocked))
        elif self.rng.random() < 0.1:
            self._renew_token(self._someone())

    def _set(self) -> None:
        if self.rng.random() < 0.5:
            self._post(ev.EnableAtcResynchronizationDuringNextLogin())
            self.one_shot = True
            return
        wanted = self.rng.random() < 0.5
        result = self._attempt(ev.SetAtcResynchronizationBeforeEveryLogin(wanted))
        if isinstance(result, Broken):
            self._begin()
            self.device.every_login = self._post(ev.GetState()).resynchronise_every_login
        else:
            self.device.every_login = wanted

    def _recover_someone(self) -> None:
        self._recover(self._someone())

    def _set_up(self) -> None:
        self._begin()
        created = self._post(ev.CreateVault())
        if created.status is not Status.OK:
            self._fail(f"no vault: {created}")
        for _ in range(2):
            self._new_user()

    def _bad_luck(self) -> None:
        """Before an operation: is anything going to hit it? A locked user is no fun for long."""
        if self.machine.keystore.full and self.rng.random() < 0.15:
            self.machine.keystore.full = False
        if abs(self.clock.wall - self.server_clock.wall) > 30 and self.rng.random() < 0.3:
            self.clock.wall = self.server_clock.wall
            self._say("clock set right")
        if self.rng.random() < (0.06 if self.away else 0.01):
            self.away = not self.away
            self._say(f"away: {self.away}")
        for user in self.device.tokens:
            if self.server.wrong_codes(user) >= LOCK and self.rng.random() < 0.2:
                self._unlock(user)
            stopped = any(s.used >= LIMIT for cell in self.device.tokens[user].cells.values() for s in cell)
            if stopped and not self.away and self.rng.random() < 0.1:
                self._recover(user)
                break
        if self.rng.random() < 0.08:
            self.machine.faults.points = int(self.rng.expovariate(0.08))
            self._say(f"power cut planned at point {self.machine.faults.points}")


def _is_stuck(token: TokenModel) -> bool:
    return any(s.counter >= NEAR_END or (s.sealed and not s.left()) for cell in token.cells.values() for s in cell)


_WITH_NETWORK = frozenset({"_log_in", "_resynchronise", "_present", "_pair_of_otps", "_recover_someone", "_guess"})
"""What is not done for a while now and then, so that counters drift to their limit."""
_WEIGHTS = {
    "otp": 26,
    "sequence": 6,
    "signature": 6,
    "telephone": 4,
    "cached": 4,
    "offline_login": 2,
    "log_in": 10,
    "resynchronise": 3,
    "present": 17,
    "replay": 4,
    "guess": 0.7,
    "pair_of_otps": 2,
    "change_pin": 2,
    "reactivate": 2,
    "set": 1.5,
    "recover_someone": 0.7,
    "time_passes": 4,
    "clock_jumps": 3,
    "program_restarts": 3,
    "file_copied": 2.5,
    "file_restored": 1.2,
    "keyring_fails": 0.8,
    "administrator": 1,
}
