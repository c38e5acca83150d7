"""One validation: a login, an event or a transaction. Bars, risk, challenge, proof, in this order (iaa-api 6, 7)."""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox import risk
from softtoken.sandbox.approvals import demanded_protections
from softtoken.sandbox.attempts import (
    Answer,
    Attempt,
    Channel,
    ChannelProof,
    OtpProof,
    PasswordProof,
    SignatureProof,
)
from softtoken.sandbox.challenges import Challenge, find_challenge, use_challenge
from softtoken.sandbox.passwords import is_password
from softtoken.sandbox.refusal import Refusal, conflict
from softtoken.sandbox.sessions import Kind, Sessions, Wanted
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.turns import Turns
from softtoken.sandbox.users import barred, count_right, count_wrong, require_user
from softtoken.sandbox.verification import CodeVerifier


class Logins:
    """The tenant's one way to log in, and to have events and transactions validated; API and bank pages share it."""

    def __init__(
        self, settings: SandboxSettings, store: Store, verifier: CodeVerifier, sessions: Sessions, turns: Turns
    ) -> None:
        self._settings = settings
        self._store = store
        self._verifier = verifier
        self._sessions = sessions
        self._turns = turns

    def login(self, attempt: Attempt) -> Answer:
        """Raises Refusal: 404 for an unknown user, 409 with the vendor's sentence. Raises TooManyTries."""
        password_fits = self._password_fits(attempt)
        with self._store.transaction() as db:
            outcome = _Validation(self._settings, db, self._verifier, self._sessions, attempt, password_fits).run()
        # raised behind the transaction, so that what the refusal counted stays counted
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def _password_fits(self, attempt: Attempt) -> bool:
        """Argon2id takes its time, so ahead of the transaction, and not for a user who is barred.

        Raises Refusal, TooManyTries.
        """
        if not isinstance(attempt.proof, PasswordProof) or attempt.proof.pass_key in risk.KEYWORD_CODES:
            return False
        with self._store.transaction() as db:
            row = require_user(db, attempt.user)
        bar = barred(row)
        if bar is not None:
            raise bar
        with self._turns.one():
            return is_password(attempt.proof.pass_key, row["static_password"])


@dataclass(frozen=True, slots=True)
class _Validation:
    """One attempt within its transaction. bound: the challenge that its code must cover, asked for beforehand."""

    settings: SandboxSettings
    db: sqlite3.Connection
    verifier: CodeVerifier
    sessions: Sessions
    attempt: Attempt
    password_fits: bool
    bound: Challenge | None = None

    def run(self) -> Answer | Refusal:
        attempt = self.attempt
        bar = barred(require_user(self.db, attempt.user))
        if bar is not None:
            return bar
        if isinstance(attempt.proof, ChannelProof):
            return conflict(_NO_CHANNEL[attempt.proof.channel])
        bound = find_challenge(self.db, attempt.user, attempt.request_id, self.verifier.clock.now())
        if bound is not None:
            # it names a challenge, no pending request
            return replace(self, bound=bound, attempt=replace(attempt, request_id=None)).start()
        session = self.sessions.find_pending(
            self.db, attempt.user, attempt.request_id, attempt.session_id, attempt.kind, attempt.values
        )
        return self.start() if session is None else self._go_on(session)

    def start(self) -> Answer | Refusal:
        """A first call."""
        return self._evaluate() if self.attempt.adaptive else self._without_risk()

    def _go_on(self, session: sqlite3.Row) -> Answer | Refusal:
        code, sent = session["risk_response_code"], session["virtual_otp"]
        if self.attempt.proof is None:
            return self._pending_answer(code, session["request_id"], session["challenge"], by_message=sent is not None)
        if isinstance(self.attempt.proof, OtpProof) and sent is not None:
            right = secrets.compare_digest(sent.encode(), self.attempt.proof.otp.encode())
        else:
            allowed = [ProtectionType(name) for name in session["allowed"].split(",") if name]
            by_password = code == risk.CHALLENGE_PASSWORD
            right = self._is_proved(allowed, by_password=by_password, challenge=session["challenge"])
        if not right:
            return self._wrong()
        self.sessions.finish(self.db, session["request_id"], "accepted")
        return self._right()

    def _evaluate(self) -> Answer | Refusal:
        attempt, proof = self.attempt, self.attempt.proof
        rule = risk.decide(self.db, attempt.user, attempt.circumstances)
        if rule.status is not None:
            return self._scripted(rule.code, rule.status)
        if rule.code == risk.DECLINE:
            return Answer(rule.code, "refused")
        if isinstance(proof, PasswordProof) and proof.pass_key in risk.KEYWORD_CODES:
            return self._pending(risk.KEYWORD_CODES[proof.pass_key], ())
        if proof is None and rule.code == risk.ACCEPT:
            return self._unproved()
        allowed = risk.allowed_protections(rule.code)
        if self._answers_at_once(rule.code, allowed):
            by_password = rule.code in {risk.ACCEPT, risk.CHALLENGE_PASSWORD}
            return self._right() if self._is_proved(allowed, by_password=by_password) else self._wrong()
        return self._pending(rule.code, allowed)

    def _unproved(self) -> Answer:
        """Accepted as far as the risk goes; what is missing is any proof at all."""
        match self.attempt.kind:
            case Kind.EVENT if self.attempt.free:
                return Answer(risk.ACCEPT, "accepted")
            case Kind.TRANSACTION:
                return self._pending(risk.CHALLENGE_PIN, ())
            case Kind.LOGIN | Kind.EVENT:
                # no rule asks for more than any code of the device
                return self._pending(risk.CHALLENGE_DEVICE_2FA, risk.ANY_PROTECTION)

    def _answers_at_once(self, code: int, allowed: Sequence[ProtectionType]) -> bool:
        """Does the first call carry what the challenge would ask for? (iaa-api section 16, last: yes.)"""
        match self.attempt.proof:
            case OtpProof() | SignatureProof():
                return bool(allowed) and (code != risk.CHALLENGE_RESPONSE or self.bound is not None)
            case PasswordProof():
                return code in {risk.ACCEPT, risk.CHALLENGE_PASSWORD}
            case _:
                return False

    def _without_risk(self) -> Answer | Refusal:
        proof = self.attempt.proof
        if proof is None or (isinstance(proof, PasswordProof) and proof.pass_key in risk.KEYWORD_CODES):
            return self._pending(None, ())
        return self._right() if self._is_proved(risk.ANY_PROTECTION, by_password=True) else self._wrong()

    def _scripted(self, code: int, status: str) -> Answer:
        if status == "pending":
            return self._pending(code, risk.allowed_protections(code))
        return Answer(code, status)

    def _pending(self, code: int | None, allowed: Sequence[ProtectionType]) -> Answer:
        attempt = self.attempt
        pass_key = attempt.proof.pass_key if isinstance(attempt.proof, PasswordProof) else None
        demanded = demanded_protections(code, pass_key)
        by_message = (risk.KEYWORD_CODES.get(pass_key or "") if code is None else code) in risk.VIRTUAL_OTP
        if attempt.kind is Kind.TRANSACTION:
            # a signature over the same values is as good as the approval on the device
            allowed = allowed or demanded
        wanted = Wanted(
            allowed,
            _random_digits(7) if code == risk.CHALLENGE_RESPONSE else None,
            demanded,
            attempt.values,
            _random_digits(6) if by_message else None,
        )
        request_id = self.sessions.open(
            self.db, attempt.user, attempt.session_id, code, wanted, kind=attempt.kind, shown=attempt.shown
        )
        return self._pending_answer(code, request_id, wanted.challenge, by_message=by_message)

    def _pending_answer(self, code: int | None, request_id: str, challenge: str | None, *, by_message: bool) -> Answer:
        waits = risk.waits_for_device(code) and not by_message
        message = request_id.encode().hex() if waits and self.attempt.wants_message else None
        return Answer(code, "pending", request_id, challenge, waits, message)

    def _is_proved(self, allowed: Sequence[ProtectionType], *, by_password: bool, challenge: str | None = None) -> bool:
        attempt = self.attempt
        match attempt.proof:
            case OtpProof(otp, stated):
                # our own challenge, if we set one, whatever the caller says the code was made over
                own = self.bound.digits if self.bound is not None else challenge
                covered = own if own is not None else stated
                data = covered.encode() if covered is not None else None
                return self.verifier.accept(self.db, attempt.user, otp, data, allowed)
            case SignatureProof(signature):
                return self.verifier.accept_signature(self.db, attempt.user, signature, attempt.values, allowed)
            case PasswordProof():
                return by_password and self.password_fits
            case _:
                return False

    def _right(self) -> Answer:
        count_right(self.db, self.attempt.user)
        if self.bound is not None:
            use_challenge(self.db, self.bound)
        return Answer(risk.ACCEPT if self.attempt.adaptive else None, "accepted")

    def _wrong(self) -> Answer | Refusal:
        count_wrong(self.db, self.attempt.user)
        if self.settings.wrong_otp_mode == "status_failed":
            return Answer(risk.ACCEPT if self.attempt.adaptive else None, "failed")
        return conflict("Authentication failed")


_NO_CHANNEL = {
    Channel.FIDO: "Registration ceremony was not started",
    Channel.SECURE_CHANNEL: "Invalid Request ID",
}


def _random_digits(length: int) -> str:
    return f"{secrets.randbelow(10**length):0{length}d}"
