"""The ways out of the random driver: resynchronising, a new activation code, a new user."""

from support.flows import BOTH
from support.random_driver_desk import NO_PIN, PIN, Broken, TokenModel, identifier
from support.random_driver_exchanges import Exchanges, pair_of
from support.random_driver_model import (
    SKIP,
    TRIES,
    Kind,
    Standing,
    Wanted,
)
from support.random_driver_server import ORIGIN
from support.random_driver_steps import Shown

from softtoken.engine.tokens import ProtectionType
from softtoken.services import events as ev
from softtoken.services.events import Event, Status


class Recovery(Exchanges):
    """Each has to work, whatever happened before."""

    def _recover(self, user: str) -> None:
        """The way out that everybody is promised: resynchronise, log in, make a code, have it accepted."""
        self._say(f"recover {user}")
        self.counts["recovered"] += 1
        self.machine.faults.clear()
        self.machine.keystore.full = False
        self.clock.wall = self.server_clock.wall
        for protection in (PIN, NO_PIN):
            if user not in self.device.tokens:
                return
            cell = self.device.tokens[user].cells[protection]
            if len(cell) > 1 and protection is PIN and not self._settle(user):
                return
            start = next(iter(self.device.tokens[user].cells[protection]))
            if start.sealed and not start.left():
                self._renew_token(user)
                return
            if start.wait(self.clock.up) and start.sealed:
                self.clock.move(start.wait(self.clock.up))
                self.server_clock.wall = self.clock.wall
            if not self._agree(user, protection, start):
                self._renew_token(user)
                return

    def _agree(self, user: str, protection: ProtectionType, start: Standing) -> bool:
        """False if a new activation code is the only way, and that is in order."""
        expected = next((n for held in self.server.held(user) if (n := held.expects(start.key)) is not None), None)
        if expected is None:
            self.counts["a copy's key was replaced since"] += 1
            return False
        behind = max(0, expected - start.counter)
        masked = bool(start.pin) and not start.sealed
        if masked and behind > _MOST_MASKED:
            self.counts["masked, and too far behind"] += 1
            return False
        tries = 2 + behind // (SKIP if start.resync and not masked else 2)
        by_login = self.rng.random() < 0.5
        for _ in range(tries):
            self._unlock(user)
            cell = self.device.tokens[user].cells[protection]
            if next(iter(cell)).counter + 3 > NEAR_END:
                self.counts["counter at its end"] += 1
                return False
            status = self._one_agreement(user, protection, start.pin, by_login=by_login)
            if status is Status.OK:
                self._prove(user, protection, start.pin)
                return True
        return self._fail(
            f"{user} {protection} does not resynchronise in {tries} tries; began at {start}, server {expected}"
        )

    def _one_agreement(self, user: str, protection: ProtectionType, pin: str, *, by_login: bool) -> Status | None:
        if by_login:
            made = self._login_code(user, protection, pin)
            return self._send_login(made[-1], pair_of(made)) if made else None
        made = self._prepare(user, protection, pin)
        return self._send_codes(made) if made else None

    def _prove(self, user: str, protection: ProtectionType, pin: str) -> None:
        """After a resynchronisation: a login, a code, and its acceptance."""
        made = self._login_code(user, protection, pin)
        if not made or self._send_login(made[-1], pair_of(made)) is not Status.OK:
            self._fail(f"{user} {protection} cannot log in after a resynchronisation")
        event = ev.GenerateOtp(None, pin or None, identifier(user), protection)
        code = self._use(user, protection, Wanted(pin), event, lambda m, _: [Shown(Kind.OTP, m.otp.code, m.otp.atc)])
        if not code or self._submit(code[0]) != "OK":
            self._fail(f"{user} {protection} has no code after a resynchronisation")
        self.unseen.discard(code[0].key or b"")

    def _settle(self, user: str) -> bool:
        """Which of two PINs is it? Try the likelier one; False if the token had to be renewed."""
        for _ in range(4):
            cell = self.device.tokens[user].cells[PIN]
            pins = sorted({start.pin for start in cell})
            if len(cell) == 1:
                return True
            start = next(iter(cell))
            if start.sealed and (start.left() < 2 or start.wait(self.clock.up)):
                break
            self._prepare(user, PIN, pins[0])
        if len(self.device.tokens[user].cells[PIN]) == 1:
            return True
        self._renew_token(user)
        return False

    def _renew_token(self, user: str) -> None:
        """A new activation code for a user, or now and then another user in his place."""
        if self.rng.random() < 0.8:
            self._enrol(user)
            return
        self._log_out()
        self._post(ev.DeleteUser(identifier(user)))
        del self.device.tokens[user]
        self._new_user()

    def _new_user(self) -> None:
        self.users += 1
        self._enrol(f"person{self.users}")

    def _enrol(self, user: str) -> None:
        """Activate or reactivate, through whatever goes wrong on the way."""
        self._unlock_if_known(user)
        self.machine.keystore.full = False
        self.clock.wall = self.server_clock.wall
        known = user in self.device.tokens
        self.counts["reactivated" if known else "activated"] += 1
        pin, code = self._new_pin(user), self._register(user)
        for number in range(_MOST_TRIES):
            self.machine.faults.clear()
            if number < 2 and self.rng.random() < 0.4:
                self.machine.faults.points = self.rng.randrange(90)
                self._plan_losses()
            event: Event[ev.ActivationResult] = (
                ev.Reactivate(identifier(user), code, pin)
                if known
                else ev.Activate(ORIGIN, f"{user}@sandbox", code, BOTH, pin)
            )
            self.judge.hidden = True
            result = self._attempt(event)
            self.judge.hidden = False
            if result is Broken.CUT:
                self.device.tokens.pop(user, None)
                self._begin(newcomer=user)
                known = user in self._serials()
            elif not isinstance(result, Broken):
                if result.status is Status.OK:
                    break
                self._unlock_if_known(user)
                code = self._register(user)
        else:
            self._fail(f"{user} cannot be activated: {result}")
        self._log_out()
        self._take_stock(user, pin)

    def _log_out(self) -> None:
        """The program forgets whose PIN it knows, and which codes it made."""
        self.machine.faults.clear()
        self._post(ev.Restart())
        self.current, self.cached = "", None
        self.machine.runs += 1

    def _take_stock(self, user: str, pin: str) -> None:
        """What a new token is like is believed; how it goes on from there is not."""
        serial = self._serials()[user]
        keys = {held.protection: held.key for held in self.server.held(user) if held.serial == serial}
        cells = {}
        for protection in (PIN, NO_PIN):
            info = self._post(ev.GetCredentialInformation(identifier(user), protection))
            sealed = protection is PIN and self.sealed
            failed = TRIES - (info.retry_counter or 0) if sealed else 0
            own = pin if protection is PIN else ""
            cells[protection] = {
                Standing(info.counter, info.used, info.resynchronise, failed, 0, 0, own, keys[protection], sealed)
            }
            if info.verified_here is not sealed or info.resynchronise:
                self._fail(f"a new token is no new token: {info}")
        self.device.tokens[user] = TokenModel(serial, {info.logged_in_once}, cells)


NEAR_END = 65535 - 2 * SKIP
_MOST_TRIES = 12
_MOST_MASKED = 40
"""Counters that a restored file may be behind where the device cannot skip (masked): beyond, a new code is simpler."""
