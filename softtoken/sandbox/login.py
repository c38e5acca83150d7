"""One login: lock, risk, challenge, proof, in this order (iaa-api section 6)."""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox import risk
from softtoken.sandbox.passwords import is_password
from softtoken.sandbox.refusal import Refusal, conflict
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import count_right, count_wrong, is_locked, require_user
from softtoken.sandbox.verification import CodeVerifier


@dataclass(frozen=True, slots=True)
class OtpProof:
    """challenge: what the caller says the code was made over (one-step challenge/response)."""

    otp: str = field(repr=False)
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """A passKey: the static password or the keyword of an out-of-band method."""

    pass_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FidoProof:
    """An answer of a FIDO authenticator."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """user: a user id as users.read_user gives it. adaptive: with a risk engine (IAA), else without (OCA)."""

    user: str
    adaptive: bool
    session_id: str | None = None
    request_id: str | None = None
    proof: OtpProof | PasswordProof | FidoProof | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the login answers. waits_for_device: pending until the trusted device, not a second login, answers."""

    risk_response_code: int | None
    session_status: str
    request_id: str | None = None
    challenge: str | None = None
    waits_for_device: bool = False


class Logins:
    """The tenant's one way to log in; the API and the bank page share it."""

    def __init__(self, settings: SandboxSettings, store: Store, verifier: CodeVerifier, sessions: Sessions) -> None:
        self._settings = settings
        self._store = store
        self._verifier = verifier
        self._sessions = sessions

    def login(self, attempt: Attempt) -> Answer:
        """Raises Refusal: 404 for an unknown user, 409 with the vendor's sentence."""
        password_fits = self._password_fits(attempt)
        with self._store.transaction() as db:
            outcome = _Login(self._settings, db, self._verifier, self._sessions, attempt, password_fits).run()
        # raised behind the transaction, so that what the refusal counted stays counted
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def _password_fits(self, attempt: Attempt) -> bool:
        """Argon2id takes its time, so ahead of the transaction."""
        if not isinstance(attempt.proof, PasswordProof) or attempt.proof.pass_key in risk.KEYWORD_CODES:
            return False
        with self._store.transaction() as db:
            kept = require_user(db, attempt.user)["static_password"]
        return is_password(attempt.proof.pass_key, kept)


@dataclass(frozen=True, slots=True)
class _Login:
    """One attempt within its transaction."""

    settings: SandboxSettings
    db: sqlite3.Connection
    verifier: CodeVerifier
    sessions: Sessions
    attempt: Attempt
    password_fits: bool

    def run(self) -> Answer | Refusal:
        attempt = self.attempt
        if is_locked(require_user(self.db, attempt.user)):
            return conflict("User is locked")
        if isinstance(attempt.proof, FidoProof):
            return conflict("Registration ceremony was not started")
        session = self.sessions.find_pending(self.db, attempt.user, attempt.request_id, attempt.session_id)
        if session is not None:
            return self._go_on(session)
        return self._evaluate() if attempt.adaptive else self._without_risk()

    def _go_on(self, session: sqlite3.Row) -> Answer | Refusal:
        code = session["risk_response_code"]
        if self.attempt.proof is None:
            return self._pending_answer(code, session["request_id"], session["challenge"])
        allowed = [ProtectionType(name) for name in session["allowed"].split(",") if name]
        by_password = code == risk.CHALLENGE_PASSWORD
        if not self._is_proved(allowed, by_password=by_password, challenge=session["challenge"]):
            return self._wrong()
        self.sessions.finish(self.db, session["request_id"], "accepted")
        return self._right()

    def _evaluate(self) -> Answer | Refusal:
        rule, proof = risk.take_rule(self.db, self.attempt.user), self.attempt.proof
        if rule.status is not None:
            return self._scripted(rule.code, rule.status)
        if rule.code == risk.DECLINE:
            return Answer(rule.code, "refused")
        if isinstance(proof, PasswordProof) and proof.pass_key in risk.KEYWORD_CODES:
            return self._pending(risk.KEYWORD_CODES[proof.pass_key], ())
        allowed = risk.allowed_protections(rule.code)
        if proof is None and rule.code == risk.ACCEPT:
            # accepted as far as the risk goes: what is missing is any proof at all
            return self._pending(risk.CHALLENGE_DEVICE_2FA, allowed)
        if self._answers_at_once(rule.code, allowed):
            by_password = rule.code in {risk.ACCEPT, risk.CHALLENGE_PASSWORD}
            return self._right() if self._is_proved(allowed, by_password=by_password) else self._wrong()
        return self._pending(rule.code, allowed)

    def _answers_at_once(self, code: int, allowed: Sequence[ProtectionType]) -> bool:
        """Does the first call carry what the challenge would ask for? (iaa-api section 16, last: yes.)"""
        match self.attempt.proof:
            case OtpProof():
                return bool(allowed) and code != risk.CHALLENGE_RESPONSE
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
        challenge = None
        if code == risk.CHALLENGE_RESPONSE:
            challenge = f"{secrets.randbelow(10**7):07d}"
        request_id = self.sessions.open(
            self.db, self.attempt.user, self.attempt.session_id, code, allowed=allowed, challenge=challenge
        )
        return self._pending_answer(code, request_id, challenge)

    def _pending_answer(self, code: int | None, request_id: str, challenge: str | None) -> Answer:
        return Answer(code, "pending", request_id, challenge, risk.waits_for_device(code))

    def _is_proved(self, allowed: Sequence[ProtectionType], *, by_password: bool, challenge: str | None = None) -> bool:
        match self.attempt.proof:
            case OtpProof(otp, stated):
                # our own challenge, if we set one, whatever the caller says the code was made over
                covered = challenge if challenge is not None else stated
                data = covered.encode() if covered is not None else None
                return self.verifier.accept(self.db, self.attempt.user, otp, data, allowed)
            case PasswordProof():
                return by_password and self.password_fits
            case _:
                return False

    def _right(self) -> Answer:
        count_right(self.db, self.attempt.user)
        return Answer(risk.ACCEPT if self.attempt.adaptive else None, "accepted")

    def _wrong(self) -> Answer | Refusal:
        count_wrong(self.db, self.attempt.user)
        if self.settings.wrong_otp_mode == "status_failed":
            return Answer(risk.ACCEPT if self.attempt.adaptive else None, "failed")
        return conflict("Authentication failed")
