"""The managed tokens of the scripted controller: PIN tries, counters, and what is made with a credential."""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from ui.fake_values import ACCEPTED, ACTIVATION_CODE, PIN, FakeClock

from softtoken.engine.pin import judge_new_pin
from softtoken.engine.tokens import (
    Otp,
    ProtectionType,
    ResynchronisationCodes,
    Token,
    TokenPolicy,
    UserIdentifier,
)
from softtoken.services import events as ev
from softtoken.services.events import Status

MADE = {Status.OK, Status.ATC_EXPIRES_SOON}


@dataclass
class FakeCredentials:
    """One PIN and one count of tries for all of them.

    used: codes per credential since its server confirmed the counter. restored: ids of tokens whose file was put back.
    fresh: ids of tokens that never logged in.
    """

    clock: FakeClock
    tokens: list[Token] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    logged_in: UserIdentifier | None = None
    current: UserIdentifier | None = None
    cached_pin: UserIdentifier | None = None
    pin: str = PIN
    tries_left: int = 5
    delayed_until: int = 0
    used: dict[tuple[str, ProtectionType], int] = field(default_factory=lambda: defaultdict(int))
    restored: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    every_login: bool = True
    next_login: bool = False

    def _token_of(self, user: UserIdentifier | None) -> Token | None:
        return next((t for t in self.tokens if t.account and t.account.identifier == user), None)

    def _refused(
        self, user: UserIdentifier | None, protection: ProtectionType | None, pin: str | None, *, exempt: bool
    ) -> tuple[Status, int | None, int | None]:
        """The checks that all codes share: status, tries left, seconds to wait. OK consumes a code and may cache."""
        token = self._token_of(user)
        if token is None or token.policy is None or user is None:
            return Status.INVALID_USER_ID, None, None
        if self.cached_pin != user:
            self.cached_pin = None
        self.current = user
        protection = protection or self._usual(token)
        key, policy, counter = (token.id, protection), token.policy, None
        stuck = token.id in self.restored or token.id in self.fresh or self.used[key] >= policy.atc.limit
        if stuck and not exempt:
            return Status.LOGIN_REQUIRED, None, None
        if protection is ProtectionType.PIN:
            refused, counter = self._try_pin(user, policy, pin)
            if refused is not None:
                return refused
        elif pin is not None:
            return Status.INVALID_PARAMETER, None, None
        soon = self.used[key] >= policy.atc.warn and not exempt
        self.used[key] += 1
        self.counters[token.id] += 1
        return Status.ATC_EXPIRES_SOON if soon else Status.OK, counter, 0

    def _try_pin(
        self, user: UserIdentifier, policy: TokenPolicy, pin: str | None
    ) -> tuple[tuple[Status, int | None, int | None] | None, int | None]:
        if pin is None and self.cached_pin != user:
            return (Status.INVALID_STATE, None, None), None
        if not policy.allow_offline_pin_verification:
            return None, None
        if self.tries_left == 0:
            return (Status.PIN_BLOCKED, 0, 0), None
        if self._delay():
            return (Status.TEMPORARY_LOCKED, self.tries_left, self._delay()), None
        if pin not in {None, self.pin}:
            self.tries_left -= 1
            if self.tries_left < 3:
                self.delayed_until = self.clock.uptime() + 60 if self.tries_left else 0
            status = Status.INVALID_PIN if self.tries_left else Status.PIN_BLOCKED
            return (status, self.tries_left, self._delay()), None
        self.cached_pin, self.tries_left = user, 5
        return None, 5

    def _delay(self) -> int:
        return max(0, self.delayed_until - self.clock.uptime())

    @staticmethod
    def _usual(token: Token) -> ProtectionType:
        return ProtectionType.PIN if ProtectionType.PIN in token.protections else token.protections[0]

    def _digits(self, token_id: str, count: int) -> str:
        return f"{(self.counters[token_id] * 271_828_183 + 31_415_926) % 10**count:0{count}}"

    def _generate(self, event: ev.GenerateOtp) -> ev.GenerateOtpResult:
        user = event.user_identifier or self.current
        status, tries, delay = self._refused(user, event.protection, event.pin, exempt=event.for_login)
        token = self._token_of(user)
        if token is None or status not in MADE:
            return ev.GenerateOtpResult(status, None, tries, delay)
        now, counter = self.clock.now(), self.counters[token.id]
        wants = event.for_login and (self.every_login or self.next_login or token.id in self.restored)
        codes = self._codes(token, event.protection or self._usual(token)) if wants else None
        otp = Otp(self._digits(token.id, 6), now, now + 30, counter)
        return ev.GenerateOtpResult(status, otp, tries, delay, codes)

    def _codes(self, token: Token, protection: ProtectionType) -> ResynchronisationCodes:
        return ResynchronisationCodes("40917265", "83320614", self.counters[token.id], protection)

    def _stand(self, event: ev.GetCredentialInformation) -> ev.CredentialInformation:
        token = self._token_of(event.user_identifier)
        if token is None or token.policy is None:
            return ev.CredentialInformation(Status.INVALID_USER_ID)
        protection = event.protection or self._usual(token)
        if protection not in token.protections:
            return ev.CredentialInformation(Status.INVALID_PARAMETER)
        here = protection is ProtectionType.PIN and bool(token.policy.allow_offline_pin_verification)
        return ev.CredentialInformation(
            Status.OK,
            protection,
            counter=self.counters[token.id],
            used=self.used[token.id, protection],
            warn=token.policy.atc.warn,
            limit=token.policy.atc.limit,
            resynchronise=token.id in self.restored,
            resynchronises_at_login=self.every_login or self.next_login or token.id in self.restored,
            logged_in_once=token.id not in self.fresh,
            verified_here=here,
            retry_counter=self.tries_left if here else None,
            retry_delay=self._delay() if here else None,
        )

    def _offline_login(self, event: ev.OfflineLogin) -> ev.OfflineLoginResult:
        if self._token_of(event.user_identifier) is None:
            return ev.OfflineLoginResult(Status.INVALID_USER_ID)
        self.current = event.user_identifier
        if self.cached_pin != self.current:
            self.cached_pin = None
        return ev.OfflineLoginResult(Status.OK, self.current)

    def _sign(self, event: ev.SignTransaction) -> ev.SignTransactionResult:
        if not event.data_fields or not all(event.data_fields):
            return ev.SignTransactionResult(Status.INVALID_PARAMETER)
        user = event.user_identifier or self.current
        status, tries, delay = self._refused(user, event.protection, event.pin, exempt=False)
        token = self._token_of(user)
        if token is None or status not in MADE:
            return ev.SignTransactionResult(status, None, None, tries, delay)
        return ev.SignTransactionResult(status, self._digits(token.id, 8), self.counters[token.id], tries, delay)

    def _support(self, event: ev.GetResynchronizationData) -> ev.GetResynchronizationDataResult:
        status, tries, delay = self._refused(event.user_identifier, event.protection, event.pin, exempt=True)
        token = self._token_of(event.user_identifier)
        if token is None or status not in MADE:
            return ev.GetResynchronizationDataResult(status, None, None, tries, delay)
        return ev.GetResynchronizationDataResult(
            status, self._digits(token.id, 8), self.counters[token.id], tries, delay
        )

    def _prepare(self, event: ev.PrepareResynchronization) -> ev.PrepareResynchronizationResult:
        status, tries, delay = self._refused(event.user_identifier, event.protection, event.pin, exempt=True)
        token = self._token_of(event.user_identifier)
        if token is None or status not in MADE:
            return ev.PrepareResynchronizationResult(status, None, tries, delay)
        codes = self._codes(token, event.protection or self._usual(token))
        return ev.PrepareResynchronizationResult(status, codes, tries, delay)

    def _resynchronise(self, event: ev.Resynchronize) -> ev.ResynchronizeResult:
        self._met(event.user_identifier)
        return ev.ResynchronizeResult(Status.OK)

    def _met(self, user: UserIdentifier) -> None:
        """Server and token agree."""
        token = self._token_of(user)
        if token is not None:
            self.restored.discard(token.id)
            for protection in token.protections:
                self.used[token.id, protection] = 0

    def _change_pin(self, event: ev.ChangePin) -> ev.ChangePinResult:
        token = self._token_of(event.user_identifier)
        if token is None or token.policy is None:
            return ev.ChangePinResult(Status.INVALID_USER_ID)
        if token.policy.allow_offline_pin_verification:
            refused, _ = self._try_pin(event.user_identifier, token.policy, event.current_pin)
            if refused is not None:
                return ev.ChangePinResult(*refused)
        elif event.current_pin != self.pin:
            return ev.ChangePinResult(Status.WRONG_CREDENTIALS, log_correlation_id="corr-7")
        fault = judge_new_pin(event.new_pin, token.policy.pin, event.user_identifier.user_id, event.current_pin)
        if fault is not None:
            return ev.ChangePinResult(Status.INVALID_NEW_PIN_FORMAT, fault=fault.value)
        self.pin, self.cached_pin = event.new_pin, None
        return ev.ChangePinResult(Status.OK)

    def _reactivate(self, event: ev.Reactivate) -> ev.ActivationResult:
        token = self._token_of(event.user_identifier)
        if token is None:
            return ev.ActivationResult(Status.INVALID_USER_ID)
        if event.activation_code != ACTIVATION_CODE:
            return ev.ActivationResult(Status.INVALID_ACTIVATION_CODE)
        self.pin, self.tries_left, self.delayed_until, self.cached_pin = event.pin or self.pin, 5, 0, None
        self.counters[token.id] = 0
        self._met(event.user_identifier)
        return ev.ActivationResult(Status.OK, token, ACCEPTED)

    def _login(self, event: ev.Login) -> ev.LoginResult:
        self.logged_in, self.next_login = event.user_identifier, False
        self._met(event.user_identifier)
        token = self._token_of(event.user_identifier)
        if token is not None:
            self.fresh.discard(token.id)
        asked = event.resynchronisation is not None
        return replace(ACCEPTED, resynchronised=ev.Resynchronised.DONE) if asked else ACCEPTED

    def _continue(self, event: ev.ContinueLogin) -> ev.LoginResult:
        user = event.pending.user_identifier
        return ACCEPTED if user is None else self._login(ev.Login(user))

    def _await(self, event: ev.AwaitLogin) -> ev.LoginResult:
        """Nobody decides: until it is cancelled, or the clock says that the time is over."""
        while event.pending.left(self.clock.uptime()):
            if event.cancellation.wait(0.01):
                return ev.LoginResult(Status.USER_CANCEL, event.pending.risk_response_code, pending=event.pending)
        return ev.LoginResult(Status.USER_CONFIRMATION_TIMEOUT, event.pending.risk_response_code)
