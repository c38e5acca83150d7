"""What a credential makes: codes in the MC-SDK's three forms, sequences, signatures, resynchronisation codes."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.hotp import hotp
from softtoken.engine.managed import (
    managed_otp,
    resynchronisation_code,
    secure_sequence,
    sequence_message,
    signature_code,
)
from softtoken.engine.tokens import (
    CredentialState,
    Otp,
    ProtectionType,
    ResynchronisationCodes,
    Token,
    TokenType,
)
from softtoken.engine.totp import totp
from softtoken.secret import Key
from softtoken.services.config import McConfig
from softtoken.services.events import (
    GenerateOathOtp,
    GenerateOtp,
    GenerateOtpResult,
    GenerateSecureSequence,
    GenerateSecureSequenceResult,
    GetResynchronizationData,
    GetResynchronizationDataResult,
    PrepareResynchronization,
    PrepareResynchronizationResult,
    SignTransaction,
    SignTransactionResult,
    Status,
)
from softtoken.services.options import resynchronises_every_login
from softtoken.services.session import MadeCode, SessionCell
from softtoken.services.timing import CodeClock
from softtoken.services.unlocking import Unlocking, is_text
from softtoken.services.wishes import Refused, Unlocked, Wish, any_drift, beyond, login_drift
from softtoken.vault.pinwrap import unwrap
from softtoken.vault.store import Vault

MAX_OPTIONAL_DATA = 65536
"""Bytes; the SDK names no limit, and a code should not be asked to cover a file."""


class OtpService:
    """Codes of managed and imported tokens."""

    def __init__(
        self, session: SessionCell, clock: CodeClock, app_digest: Callable[[], bytes], unlocking: Unlocking
    ) -> None:
        self._session = session
        self._clock = clock
        self._app_digest = app_digest
        self._unlocking = unlocking

    def generate(self, vault: Vault, config: McConfig, event: GenerateOtp) -> GenerateOtpResult:
        """One code of a managed token, or the status that says why not."""
        if event.for_login:
            return self._for_login(vault, config, event, None, remember=True)
        wish = Wish(event.user_identifier, event.pin, event.protection, well_formed=_fits(event.optional_data))
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            return _no_code(unlocked)
        plain = event.optional_data is None
        otp = self._otp(unlocked, unlocked.counter, event.optional_data, for_login=plain)
        return GenerateOtpResult(_status(unlocked), otp, unlocked.retry_counter, unlocked.retry_delay)

    def login_code(
        self, vault: Vault, config: McConfig, token: Token, pin: str | None, *, in_use: bool
    ) -> GenerateOtpResult:
        """A login's code of this very token, which need not be in use yet."""
        user = token.account.identifier if token.account else None
        return self._for_login(vault, config, GenerateOtp(None, pin, user), token, remember=in_use)

    def generate_sequence(
        self, vault: Vault, config: McConfig, event: GenerateSecureSequence
    ) -> GenerateSecureSequenceResult:
        """A code for machines."""
        wish = Wish(event.user_identifier, event.pin, event.protection, well_formed=_fits(event.optional_data))
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            tries = (unlocked.retry_counter, unlocked.retry_delay)
            return GenerateSecureSequenceResult(unlocked.status, None, None, *tries, unlocked.biometric)
        counter = unlocked.counter
        mac = secure_sequence(unlocked.key, counter, event.optional_data, self._app_digest())
        tries = (unlocked.retry_counter, unlocked.retry_delay)
        return GenerateSecureSequenceResult(_status(unlocked), sequence_message(counter, mac), counter, *tries)

    def sign(self, vault: Vault, config: McConfig, event: SignTransaction) -> SignTransactionResult:
        """Eight digits over data fields."""
        fields = event.data_fields
        well_formed = bool(fields) and all(fields) and is_text("".join(fields)) and _fits("".join(fields).encode())
        wish = Wish(event.user_identifier, event.pin, event.protection, well_formed=well_formed)
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            tries = (unlocked.retry_counter, unlocked.retry_delay)
            return SignTransactionResult(unlocked.status, None, None, *tries, unlocked.biometric)
        counter = unlocked.counter
        signature = signature_code(unlocked.key, counter, event.data_fields, self._app_digest())
        tries = (unlocked.retry_counter, unlocked.retry_delay)
        return SignTransactionResult(_status(unlocked), signature, counter, *tries)

    def resynchronisation_data(
        self, vault: Vault, config: McConfig, event: GetResynchronizationData
    ) -> GetResynchronizationDataResult:
        """A code with its counter; stays open while LOGIN_REQUIRED, since it is the way out."""
        wish = Wish(event.user_identifier, event.pin, event.protection, drift=any_drift, told=True)
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            tries = (unlocked.retry_counter, unlocked.retry_delay)
            return GetResynchronizationDataResult(unlocked.status, None, None, *tries, unlocked.biometric)
        otp = resynchronisation_code(unlocked.key, unlocked.counter, self._app_digest())
        tries = (unlocked.retry_counter, unlocked.retry_delay)
        return GetResynchronizationDataResult(Status.OK, otp, unlocked.counter, *tries)

    def prepare_resynchronisation(
        self, vault: Vault, config: McConfig, event: PrepareResynchronization
    ) -> PrepareResynchronizationResult:
        """Two consecutive codes; needs no earlier login."""
        wish = Wish(
            event.user_identifier,
            event.pin,
            event.protection,
            offline=False,
            drift=any_drift,
            counters=lambda _state, _atc: 2,
            least=2,
        )
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            tries = (unlocked.retry_counter, unlocked.retry_delay)
            return PrepareResynchronizationResult(unlocked.status, None, *tries, unlocked.biometric)
        codes = self.resynchronisation_codes(unlocked.key, unlocked.counter, unlocked.credential.protection)
        return PrepareResynchronizationResult(Status.OK, codes, unlocked.retry_counter, unlocked.retry_delay)

    def resynchronisation_codes(self, key: Key, counter: int, protection: ProtectionType) -> ResynchronisationCodes:
        """The codes of this counter and the next; both have to be taken."""
        digest = self._app_digest()
        first, second = (resynchronisation_code(key, each, digest) for each in (counter, counter + 1))
        return ResynchronisationCodes(first, second, counter + 1, protection)

    def generate_oath(self, vault: Vault, event: GenerateOathOtp) -> GenerateOtpResult:
        """One code of an imported token; `at` is for TOTP only."""
        token = next((t for t in vault.tokens().tokens if t.id == event.token_id), None)
        if token is None or token.profile.type is TokenType.MANAGED:
            return GenerateOtpResult(Status.INVALID_USER_ID)
        credential = vault.credential(token.id, ProtectionType.NO_PIN)
        if credential is None:
            return GenerateOtpResult(Status.INVALID_USER_ID)
        key = unwrap(credential.key, credential.id, None)
        profile = token.profile
        if profile.type is TokenType.TOTP and profile.period is not None:
            period = profile.period

            def made(at: int) -> Otp:
                return totp(key, at, period, profile.digits, profile.algorithm)

            if event.at is None:
                return GenerateOtpResult(Status.OK, self._clock.making(made))
            if event.at < 0:
                return GenerateOtpResult(Status.INVALID_PARAMETER)
            return GenerateOtpResult(Status.OK, made(event.at))  # a moment that was named is the one that is meant
        if event.at is not None:
            return GenerateOtpResult(Status.INVALID_PARAMETER)
        counter = vault.update(credential.id, lambda s: (replace(s, counter=s.counter + 1), s.counter))
        code = hotp(key, counter, profile.digits, profile.algorithm)
        return GenerateOtpResult(Status.OK, Otp(code, self._clock.now(), None, counter))

    def _for_login(
        self,
        vault: Vault,
        config: McConfig,
        event: GenerateOtp,
        token: Token | None,
        *,
        remember: bool,
    ) -> GenerateOtpResult:
        """With two resynchronisation codes before it where the login shall resynchronise, all from one PIN."""
        always = self._session.get().resynchronise_next or resynchronises_every_login(vault, config)

        def first(state: CredentialState, atc: AtcPolicy) -> bool:
            if token is None:
                return always or state.resynchronise
            # a new token has nothing to agree on yet, unless its first logins were all lost, and nobody else is asked
            return state.resynchronise or beyond(login_drift(state, atc), state)

        def counters(state: CredentialState, atc: AtcPolicy) -> int:
            return 3 if first(state, atc) else 1

        def drift(state: CredentialState, atc: AtcPolicy) -> int | None:
            return None if first(state, atc) else login_drift(state, atc)

        wish = Wish(
            event.user_identifier,
            event.pin,
            event.protection,
            offline=False,
            drift=drift,
            counters=counters,
            well_formed=_fits(event.optional_data),
            token=token,
            remember=remember,
        )
        unlocked = self._unlocking.unlock(vault, config, wish)
        if isinstance(unlocked, Refused):
            return _no_code(unlocked)
        codes, counter = None, unlocked.counter
        if unlocked.taken == 3:
            codes = self.resynchronisation_codes(unlocked.key, counter, unlocked.credential.protection)
            counter += 2
        otp = self._otp(unlocked, counter, event.optional_data, for_login=True)
        return GenerateOtpResult(Status.OK, otp, unlocked.retry_counter, unlocked.retry_delay, codes)

    def _otp(self, unlocked: Unlocked, counter: int, optional_data: bytes | None, *, for_login: bool) -> Otp:
        """for_login: a login may send it, so what the server says of it is said of its counter."""
        digits = unlocked.token.profile.digits
        key, digest = unlocked.key, self._app_digest()
        otp = self._clock.making(lambda at: managed_otp(key, counter, optional_data, digest, at, digits))
        if for_login:
            credential = unlocked.credential
            made = MadeCode(unlocked.user, credential.id, credential.protection, counter, otp.code)
            self._session.change(unlocked.epoch, lambda session: session.with_made(made))
        return otp


def _no_code(refused: Refused) -> GenerateOtpResult:
    tries = (refused.retry_counter, refused.retry_delay)
    return GenerateOtpResult(refused.status, None, *tries, biometric=refused.biometric)


def _status(unlocked: Unlocked) -> Status:
    return Status.ATC_EXPIRES_SOON if unlocked.soon else Status.OK


def _fits(data: bytes | None) -> bool:
    return data is None or len(data) <= MAX_OPTIONAL_DATA
