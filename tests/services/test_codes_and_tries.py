"""What the services make of a stored credential, straight on a vault: codes, counters, tries, and who is refused."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from services.held import DIGITS, Held, hold, make_vault
from support.parts import remembering

from softtoken.engine.atc import AtcState
from softtoken.engine.hotp import hotp
from softtoken.engine.managed import managed_otp, resynchronisation_code
from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import (
    Algorithm,
    CredentialState,
    Otp,
    OtpProfile,
    ProtectionType,
    ResynchronisationCodes,
    Token,
    TokenType,
    UserIdentifier,
)
from softtoken.engine.totp import totp
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.config import McConfig, Ssms
from softtoken.services.events import (
    GenerateOathOtp,
    GenerateOtp,
    GenerateOtpResult,
    GenerateSecureSequence,
    GetResynchronizationData,
    PrepareResynchronization,
    PrepareResynchronizationResult,
    Resynchronize,
    SetAtcResynchronizationBeforeEveryLogin,
    SignTransaction,
    Status,
)
from softtoken.services.options import set_resynchronisation
from softtoken.services.otp import OtpService
from softtoken.services.resynchronisation import confirm_counter, resynchronise
from softtoken.services.session import SessionCell
from softtoken.services.timing import CodeClock
from softtoken.services.unlocking import Unlocking
from softtoken.services.wishes import Refused, Wish
from softtoken.vault import pinwrap
from softtoken.vault.biometrics.none import NoBiometrics
from softtoken.vault.envelope import derive
from softtoken.vault.errors import KeystoreError, KeystoreProblem, NotStored, VaultBusy, VaultUnwritable
from softtoken.vault.pinwrap import KeyForm, mask_with_pin, wrap_plain
from softtoken.vault.store import NewCredential, TokenState, Vault, new_id

PIN, WRONG_PIN = "284917", "730195"
DIGEST = hashlib.sha512(b"a release").digest()
NOW, UPTIME = 1_800_000_015, 100_000
ON = McConfig(ssms=Ssms(True))
OFF = McConfig(ssms=Ssms(None))
BOTH = (ProtectionType.NO_PIN, ProtectionType.PIN)


class _StandingClock:
    def now(self) -> int:
        return NOW

    def uptime(self) -> int:
        return UPTIME


@dataclass
class Bench:
    """One vault, and the services on it. meanwhile: what happens while a PIN is looked at."""

    vault: Vault
    session: SessionCell
    unlocking: Unlocking
    codes: OtpService
    meanwhile: Callable[[], None]

    def hold(self, *, sealed: bool = True, state: CredentialState | None = None, **options: Any) -> Held:
        return hold(self.vault, "alice", PIN, BOTH, sealed=sealed, state=state, **options)

    def state(self, held: Held, protection: ProtectionType = ProtectionType.PIN) -> CredentialState:
        return self.vault.state(held.credentials[protection][0])

    def prepare(self, held: Held, pin: str | None, **options: Any) -> PrepareResynchronizationResult:
        event = PrepareResynchronization(held.user, pin, **options)
        return self.codes.prepare_resynchronisation(self.vault, ON, event)


def _nobody() -> BiometricPrompts:
    return BiometricPrompts(lambda _: NoBiometrics(), lambda _, name: name, lambda _: None)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(pinwrap, "derive", remembering(derive))
    vault, session = make_vault(tmp_path / "vault.sqlite"), SessionCell()
    unlocking = Unlocking(session, _StandingClock(), lambda: lambda: made.meanwhile(), _nobody())
    codes = OtpService(session, CodeClock(_StandingClock(), lambda: 0), lambda: DIGEST, unlocking)
    made = Bench(vault, session, unlocking, codes, lambda: None)
    yield made
    vault.close()


def codes_of(key: bytes, counter: int, protection: ProtectionType) -> ResynchronisationCodes:
    first, second = (resynchronisation_code(key, each, DIGEST) for each in (counter, counter + 1))
    return ResynchronisationCodes(first, second, counter + 1, protection)


STATE = CredentialState(100, AtcState(3), RetryState(2))


class TestTwoConsecutiveCodes:
    @pytest.mark.parametrize(("sealed", "left", "delay"), [(True, 5, 0), (False, None, None)])
    def test_they_are_the_next_two(self, bench: Bench, sealed: bool, left: int | None, delay: int | None) -> None:
        held = bench.hold(sealed=sealed, state=STATE)
        _, key = held.credentials[ProtectionType.PIN]
        result = bench.prepare(held, PIN)
        expected = codes_of(key, 100, ProtectionType.PIN)
        assert result == PrepareResynchronizationResult(Status.OK, expected, left, delay)
        assert bench.state(held).counter == 102
        assert bench.state(held).atc == AtcState(5)
        assert bench.state(held, ProtectionType.NO_PIN) == STATE, "the other credential is another instance"

    def test_the_protection_that_was_asked_for(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        _, key = held.credentials[ProtectionType.NO_PIN]
        result = bench.prepare(held, None, protection=ProtectionType.NO_PIN)
        expected = codes_of(key, 100, ProtectionType.NO_PIN)
        assert result == PrepareResynchronizationResult(Status.OK, expected, None, None)

    @pytest.mark.parametrize("config", [ON, OFF])
    def test_they_need_no_earlier_login_and_no_offline_functions(self, bench: Bench, config: McConfig) -> None:
        held = bench.hold(logged_in_once=False)
        event = PrepareResynchronization(held.user, PIN)
        assert bench.codes.prepare_resynchronisation(bench.vault, config, event).status is Status.OK

    def test_they_are_the_way_out_at_the_limit(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(100, AtcState(20)))
        assert bench.prepare(held, PIN).status is Status.OK

    @pytest.mark.parametrize("sealed", [True, False])
    @pytest.mark.parametrize(("counter", "status"), [(65533, Status.OK), (65534, Status.ATC_EXPIRED)])
    def test_at_the_counters_end_there_are_two_or_none(
        self, bench: Bench, sealed: bool, counter: int, status: Status
    ) -> None:
        held = bench.hold(sealed=sealed, state=CredentialState(counter, AtcState(3), RetryState(2)))
        result = bench.prepare(held, PIN)
        assert (result.status, result.codes is None) == (status, status is not Status.OK)
        assert bench.state(held).counter == (65535 if status is Status.OK else counter)
        if status is not Status.OK:
            assert (result.retry_counter, result.retry_delay) == ((3, 0) if sealed else (None, None))

    def test_a_wrong_pin(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        assert bench.prepare(held, WRONG_PIN) == PrepareResynchronizationResult(Status.INVALID_PIN, None, 2, 0)
        assert bench.prepare(held, WRONG_PIN) == PrepareResynchronizationResult(Status.INVALID_PIN, None, 1, 60)
        assert bench.prepare(held, PIN) == PrepareResynchronizationResult(Status.TEMPORARY_LOCKED, None, 1, 60)
        assert bench.state(held) == replace(STATE, tries=RetryState(4, 60, UPTIME))

    def test_blocked(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(tries=RetryState(5)))
        assert bench.prepare(held, PIN) == PrepareResynchronizationResult(Status.PIN_BLOCKED, None, 0, 0)

    def test_the_pin_has_to_be_given_once(self, bench: Bench) -> None:
        held = bench.hold()
        assert bench.prepare(held, None).status is Status.INVALID_STATE
        assert bench.prepare(held, PIN).status is Status.OK
        assert bench.prepare(held, None).status is Status.OK, "it is remembered"


def test_codes_of_nobody_are_not_sent(bench: Bench) -> None:
    def connect(origin: str) -> Any:
        raise AssertionError("nothing to connect for")

    codes = codes_of(b"key", 1, ProtectionType.PIN)
    event = Resynchronize(UserIdentifier("sandbox", "nobody"), codes)
    assert resynchronise(bench.vault, connect, event).status is Status.INVALID_USER_ID


@pytest.mark.parametrize(
    ("before", "accepted", "after"),
    [
        (CredentialState(100, AtcState(20)), 99, AtcState(0)),
        (CredentialState(100, AtcState(20)), 97, AtcState(2)),
        (CredentialState(100, AtcState(20)), 120, AtcState(0)),
    ],
)
def test_only_codes_made_since_count_as_drift(
    bench: Bench, before: CredentialState, accepted: int, after: AtcState
) -> None:
    held = bench.hold(state=before)
    confirm_counter(bench.vault, held.credentials[ProtectionType.PIN][0], accepted)
    assert bench.state(held) == replace(before, atc=after)


class TestALoginsCode:
    def login(self, bench: Bench, held: Held, pin: str | None = PIN, **options: Any) -> GenerateOtpResult:
        event = GenerateOtp(None, pin, held.user, for_login=True, **options)
        return bench.codes.generate(bench.vault, ON, event)

    @pytest.mark.parametrize("sealed", [True, False])
    def test_two_codes_go_before_it(self, bench: Bench, sealed: bool) -> None:
        held = bench.hold(sealed=sealed, state=STATE)
        _, key = held.credentials[ProtectionType.PIN]
        result = self.login(bench, held)
        otp = managed_otp(key, 102, None, DIGEST, NOW, DIGITS)
        assert (result.status, result.otp) == (Status.OK, otp)
        assert result.resynchronisation == codes_of(key, 100, ProtectionType.PIN)
        assert bench.state(held).counter == 103

    def test_where_there_are_not_three_counters_left_it_goes_alone(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(65533))
        result = self.login(bench, held)
        assert (result.status, result.resynchronisation) == (Status.OK, None)
        assert result.otp is not None
        assert (result.otp.atc, bench.state(held).counter) == (65533, 65534)
        held_at_three = replace(bench.state(held), counter=65532)
        bench.vault.update(held.credentials[ProtectionType.PIN][0], lambda _: (held_at_three, None))
        assert self.login(bench, held).resynchronisation is not None
        assert bench.state(held).counter == 65535
        expired = self.login(bench, held)
        assert (expired.status, expired.otp) == (Status.ATC_EXPIRED, None)
        assert (expired.retry_counter, expired.retry_delay) == (5, 0)

    def test_a_distrusted_credential_resynchronises_whatever_is_set(self, bench: Bench) -> None:
        held = bench.hold(state=replace(STATE, resynchronise=True))
        set_resynchronisation(bench.vault, ON, SetAtcResynchronizationBeforeEveryLogin(False))
        assert self.login(bench, held).resynchronisation is not None
        assert self.login(bench, held, protection=ProtectionType.PIN).resynchronisation is not None
        id_ = held.credentials[ProtectionType.PIN][0]
        bench.vault.update(id_, lambda state: (replace(state, resynchronise=False), None))
        assert self.login(bench, held).resynchronisation is None

    @pytest.mark.parametrize("in_use", [True, False])
    def test_the_tokens_own_login_code(self, bench: Bench, in_use: bool) -> None:
        """Nothing to agree on; and a PIN of a token that is not in use yet is not the one to remember."""
        held = bench.hold(state=STATE)
        _, key = held.credentials[ProtectionType.PIN]
        result = bench.codes.login_code(bench.vault, ON, held.token, PIN, in_use=in_use)
        assert (result.status, result.resynchronisation) == (Status.OK, None)
        assert result.otp == managed_otp(key, 100, None, DIGEST, NOW, DIGITS)
        assert (result.retry_counter, result.retry_delay) == (5, 0)
        assert (bench.session.get().cached_pin is not None) is in_use
        assert bench.session.get().current == held.user, "whoever is activated is who codes are for"

    @pytest.mark.parametrize(("resynchronise", "used"), [(False, 21), (True, 3)])
    def test_a_new_token_resynchronises_only_where_nothing_else_helps(
        self, bench: Bench, resynchronise: bool, used: int
    ) -> None:
        """Its first logins were all lost, or its file was restored; it cannot be resynchronised by hand."""
        held = bench.hold(state=replace(STATE, atc=AtcState(used), resynchronise=resynchronise))
        result = bench.codes.login_code(bench.vault, ON, held.token, PIN, in_use=False)
        assert result.resynchronisation is not None
        assert result.otp is not None
        assert result.otp.atc == 102

    def test_the_pin_of_a_login_is_remembered(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        self.login(bench, held)
        assert bench.session.get().cached_pin is not None

    def test_a_login_may_cover_a_challenge(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        _, key = held.credentials[ProtectionType.PIN]
        event = GenerateOtp(b"4711", PIN, held.user, for_login=True)
        result = bench.codes.generate(bench.vault, ON, event)
        assert result.otp == managed_otp(key, 102, b"4711", DIGEST, NOW, DIGITS)
        made = bench.session.get().made
        assert [(one.atc, one.code) for one in made] == [(102, result.otp.code)]
        long = GenerateOtp(bytes(65537), PIN, held.user, for_login=True)
        assert bench.codes.generate(bench.vault, ON, long).status is Status.INVALID_PARAMETER

    def test_a_code_over_data_is_no_logins(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        bench.codes.generate(bench.vault, ON, GenerateOtp(b"4711", PIN, held.user))
        assert bench.session.get().made == ()


class TestALoginBeyondWhatTheServerSearches:
    """Where no resynchronisation goes before it, its code could only be refused, and cost a try there."""

    @pytest.fixture(autouse=True)
    def without(self, bench: Bench) -> None:
        set_resynchronisation(bench.vault, ON, SetAtcResynchronizationBeforeEveryLogin(False))

    def ask(self, bench: Bench, held: Held) -> GenerateOtpResult:
        return bench.codes.generate(bench.vault, ON, GenerateOtp(None, PIN, held.user, for_login=True))

    @pytest.mark.parametrize(("used", "status"), [(20, Status.OK), (21, Status.LOGIN_REQUIRED)])
    def test_the_last_that_it_searches(self, bench: Bench, used: int, status: Status) -> None:
        held = bench.hold(state=replace(STATE, atc=AtcState(used)))
        result = self.ask(bench, held)
        assert (result.status, result.resynchronisation) == (status, None)
        if status is Status.LOGIN_REQUIRED:
            assert (result.otp, result.retry_counter, result.retry_delay) == (None, 3, 0)
            assert bench.state(held) == replace(STATE, atc=AtcState(21)), "nothing was spent"

    @pytest.mark.parametrize(("limit", "used", "status"), [(25, 25, Status.OK), (25, 26, Status.LOGIN_REQUIRED)])
    def test_a_policy_may_widen_it(self, bench: Bench, limit: int, used: int, status: Status) -> None:
        held = bench.hold(state=replace(STATE, atc=AtcState(used)), limit=limit)
        assert self.ask(bench, held).status is status

    def test_a_policy_does_not_narrow_it(self, bench: Bench) -> None:
        assert self.ask(bench, bench.hold(state=replace(STATE, atc=AtcState(20)), limit=5)).status is Status.OK

    @pytest.mark.parametrize(("since", "status"), [(20, Status.OK), (21, Status.LOGIN_REQUIRED)])
    def test_after_data_were_read_out_the_server_may_know_better(
        self, bench: Bench, since: int, status: Status
    ) -> None:
        held = bench.hold(state=replace(STATE, atc=AtcState(500)))
        data = bench.codes.resynchronisation_data(bench.vault, ON, GetResynchronizationData(held.user, PIN))
        assert (data.status, data.atc, bench.state(held).told) == (Status.OK, 100, 100)
        id_, _ = held.credentials[ProtectionType.PIN]
        bench.vault.update(id_, lambda s: (replace(s, counter=s.counter + since), None))
        assert self.ask(bench, held).status is status
        assert bench.state(held).told == 100, "a code of another kind is not read out"


class TestWhileAPinIsLookedAt:
    def wish(self, held: Held, pin: str) -> Wish:
        return Wish(held.user, pin)

    def test_a_keyring_that_refuses_takes_back_its_own_charge_only(self, bench: Bench) -> None:
        """Another program counted a wrong one meanwhile: that one stays."""
        held = bench.hold(state=STATE)
        id_, _ = held.credentials[ProtectionType.PIN]

        def refuse() -> None:
            bench.vault.update(id_, lambda s: (replace(s, tries=RetryState(s.tries.failed + 1, 60, UPTIME)), None))
            raise KeystoreError(KeystoreProblem.FAILED)

        bench.meanwhile = refuse
        with pytest.raises(KeystoreError):
            bench.unlocking.unlock(bench.vault, ON, self.wish(held, PIN))
        assert bench.state(held) == replace(STATE, tries=RetryState(3, 60, UPTIME))

    def test_a_keyring_that_refuses_leaves_everything_as_it_was(self, bench: Bench) -> None:
        held = bench.hold(state=replace(STATE, tries=RetryState(3)))

        def refuse() -> None:
            assert bench.state(held).tries == RetryState(4, 60, UPTIME), "charged before it is looked at"
            raise KeystoreError(KeystoreProblem.FAILED)

        bench.meanwhile = refuse
        with pytest.raises(KeystoreError):
            bench.unlocking.unlock(bench.vault, ON, self.wish(held, PIN))
        assert bench.state(held) == replace(STATE, tries=RetryState(3))

    def test_another_program_may_use_up_the_counters(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        id_, _ = held.credentials[ProtectionType.PIN]

        def use_up() -> None:
            bench.vault.update(id_, lambda s: (replace(s, atc=AtcState(20)), None))

        bench.meanwhile = use_up
        assert bench.unlocking.unlock(bench.vault, ON, self.wish(held, PIN)) == Refused(Status.LOGIN_REQUIRED, 5, 0)
        assert bench.state(held) == CredentialState(100, AtcState(20), RetryState(0)), "the PIN was right"


@pytest.mark.parametrize(("sealed", "form"), [(True, KeyForm.SEALED), (False, KeyForm.MASKED)])
def test_checking_tells_how_the_key_is_kept(bench: Bench, sealed: bool, form: KeyForm) -> None:
    held = bench.hold(sealed=sealed, state=STATE)
    assert bench.unlocking.check(bench.vault, ON, Wish(held.user, PIN)) is form
    assert bench.unlocking.check(bench.vault, ON, Wish(held.user, "")) == Refused(Status.INVALID_PARAMETER)
    assert bench.state(held) == STATE
    assert bench.session.get().current == held.user


def test_a_sequence_says_its_counter(bench: Bench) -> None:
    held = bench.hold(state=STATE)
    result = bench.codes.generate_sequence(bench.vault, ON, GenerateSecureSequence(None, PIN, held.user))
    assert (result.status, result.atc) == (Status.OK, 100)


@pytest.mark.parametrize(("length", "status"), [(32768, Status.OK), (32769, Status.INVALID_PARAMETER)])
def test_a_signature_covers_so_much_and_no_more(bench: Bench, length: int, status: Status) -> None:
    held = bench.hold(state=STATE)
    event = SignTransaction(("a" * 32768, "b" * length), PIN, held.user)
    assert bench.codes.sign(bench.vault, ON, event).status is status


def test_nor_half_a_character_between_two_fields(bench: Bench) -> None:
    held = bench.hold(state=STATE)
    event = SignTransaction(("a", "\ud800"), PIN, held.user)
    assert bench.codes.sign(bench.vault, ON, event).status is Status.INVALID_PARAMETER


KEY = b"12345678901234567890"


class TestImportedTokens:
    def add(self, bench: Bench, type_: TokenType, period: int | None, algorithm: Algorithm = Algorithm.SHA1) -> Token:
        token = Token(new_id(), "Example", "alice", OtpProfile(type_, algorithm, 8, period), BOTH[:1])
        credential = NewCredential(new_id(), ProtectionType.NO_PIN, wrap_plain(KEY), CredentialState(7))
        bench.vault.add_token(token, [credential], TokenState())
        return token

    def test_the_time_decides(self, bench: Bench) -> None:
        token = self.add(bench, TokenType.TOTP, 60)
        otp = totp(KEY, NOW, 60, 8, Algorithm.SHA1)
        event = GenerateOathOtp(token.id)
        assert bench.codes.generate_oath(bench.vault, event) == GenerateOtpResult(Status.OK, otp)

    @pytest.mark.parametrize("at", [0, 59, 60, 1111111109])
    def test_a_time_may_be_given(self, bench: Bench, at: int) -> None:
        token = self.add(bench, TokenType.TOTP, 60)
        otp = totp(KEY, at, 60, 8, Algorithm.SHA1)
        event = GenerateOathOtp(token.id, at)
        assert bench.codes.generate_oath(bench.vault, event) == GenerateOtpResult(Status.OK, otp)

    @pytest.mark.parametrize("algorithm", list(Algorithm))
    def test_each_algorithm(self, bench: Bench, algorithm: Algorithm) -> None:
        for type_, period in ((TokenType.TOTP, 30), (TokenType.HOTP, None)):
            token = self.add(bench, type_, period, algorithm)
            result = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token.id))
            expected = totp(KEY, NOW, 30, 8, algorithm).code if period else hotp(KEY, 7, 8, algorithm)
            assert result.otp is not None
            assert result.otp.code == expected

    def test_not_one_before_1970(self, bench: Bench) -> None:
        token = self.add(bench, TokenType.TOTP, 60)
        result = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token.id, -1))
        assert result == GenerateOtpResult(Status.INVALID_PARAMETER)

    def test_the_counter_decides_and_each_value_once(self, bench: Bench) -> None:
        token = self.add(bench, TokenType.HOTP, None)
        for counter in (7, 8, 9):
            otp = Otp(hotp(KEY, counter, 8, Algorithm.SHA1), NOW, None, counter)
            result = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token.id))
            assert result == GenerateOtpResult(Status.OK, otp)

    def test_a_counter_has_no_time(self, bench: Bench) -> None:
        token = self.add(bench, TokenType.HOTP, None)
        result = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token.id, NOW))
        assert result == GenerateOtpResult(Status.INVALID_PARAMETER)
        made = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token.id)).otp
        assert made is not None
        assert made.atc == 7, "the refusal took none"

    def test_only_of_tokens_that_were_imported(self, bench: Bench) -> None:
        held = bench.hold()
        for token_id in (held.token.id, new_id()):
            result = bench.codes.generate_oath(bench.vault, GenerateOathOtp(token_id))
            assert result == GenerateOtpResult(Status.INVALID_USER_ID)


class _Racing:
    """The vault as one program sees it. before, once: what another program does just before this one's next change."""

    def __init__(self, vault: Vault, before: Callable[[], object]) -> None:
        self._vault = vault
        self._before = [before]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    def update(self, *arguments: Any, **named: Any) -> Any:
        while self._before:
            self._before.pop()()
        return self._vault.update(*arguments, **named)


class TestBetweenTheChecksAndTheCharge:
    """Another program uses the same token at the same moment."""

    def make(self, bench: Bench, held: Held, before: Callable[[], object], pin: str = PIN) -> GenerateOtpResult:
        vault: Any = _Racing(bench.vault, before)
        return bench.codes.generate(vault, ON, GenerateOtp(None, pin, held.user))

    def put(self, bench: Bench, held: Held, state: CredentialState) -> Callable[[], None]:
        return lambda: bench.vault.update(held.credentials[ProtectionType.PIN][0], lambda _: (state, None))

    def test_it_used_the_last_try(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        blocked = replace(STATE, tries=RetryState(5))
        result = self.make(bench, held, self.put(bench, held, blocked))
        assert result == GenerateOtpResult(Status.PIN_BLOCKED, None, 0, 0)
        assert bench.state(held) == blocked

    def test_its_wrong_pin_began_a_delay(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        delayed = replace(STATE, tries=RetryState(4, 60, UPTIME - 15))
        result = self.make(bench, held, self.put(bench, held, delayed))
        assert result == GenerateOtpResult(Status.TEMPORARY_LOCKED, None, 1, 45)
        assert bench.state(held) == delayed

    def test_its_delay_is_over_a_moment_later(self, bench: Bench) -> None:
        """The try was not charged, so the PIN is not looked at; in a second it may be given again."""
        held = bench.hold(state=STATE)
        moments = iter([UPTIME, UPTIME, UPTIME + 44])

        class Clock(_StandingClock):
            def uptime(self) -> int:
                return next(moments, UPTIME + 45)

        unlocking = Unlocking(bench.session, Clock(), lambda: lambda: None, _nobody())
        codes = OtpService(bench.session, CodeClock(Clock(), lambda: 0), lambda: DIGEST, unlocking)
        delayed = replace(STATE, tries=RetryState(4, 60, UPTIME - 15))
        vault: Any = _Racing(bench.vault, self.put(bench, held, delayed))
        result = codes.generate(vault, ON, GenerateOtp(None, PIN, held.user))
        assert result == GenerateOtpResult(Status.TEMPORARY_LOCKED, None, 1, 1)
        assert bench.state(held) == delayed

    @pytest.mark.parametrize("protection", BOTH)
    def test_it_brought_a_fresh_key(self, bench: Bench, protection: ProtectionType) -> None:
        """The counter that would be taken belongs to that key, and so would the code have to."""
        held = bench.hold(sealed=False, state=STATE)
        id_, _ = held.credentials[protection]
        fresh = wrap_plain(bytes(32)) if protection is ProtectionType.NO_PIN else mask_with_pin(bytes(32), PIN, id_)
        vault: Any = _Racing(bench.vault, lambda: bench.vault.replace_key(id_, fresh))
        pin = None if protection is ProtectionType.NO_PIN else PIN
        with pytest.raises(NotStored):
            bench.codes.generate(vault, ON, GenerateOtp(None, pin, held.user, protection))
        assert bench.state(held, protection) == STATE


class TestARightPinAndABusyVault:
    @pytest.mark.parametrize("busy", [1, 2])
    def test_it_is_tried_three_times(self, bench: Bench, busy: int) -> None:
        held = bench.hold(state=STATE)
        vault: Any = _Busy(bench.vault, busy)
        assert bench.codes.generate(vault, ON, GenerateOtp(None, PIN, held.user)).status is Status.OK
        assert bench.state(held).tries == RetryState()

    def test_and_then_said(self, bench: Bench) -> None:
        """The try stays charged: nobody can tell here that the PIN was right, but for the next right one."""
        held = bench.hold(state=STATE)
        vault: Any = _Busy(bench.vault, 3)
        with pytest.raises(VaultBusy):
            bench.codes.generate(vault, ON, GenerateOtp(None, PIN, held.user))
        assert bench.state(held).tries.failed == STATE.tries.failed + 1


class _Busy:
    """Every change but the first is refused so many times."""

    def __init__(self, vault: Vault, times: int) -> None:
        self._vault = vault
        self._left = [False, *[True] * times]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    def update(self, *arguments: Any, **named: Any) -> Any:
        if self._left and self._left.pop(0):
            raise VaultBusy
        return self._vault.update(*arguments, **named)


class TestAKeyringThatCannotEvenBeAsked:
    """To tell it, the file is read; that may fail."""

    def generate(self, bench: Bench, held: Held, vault: Any) -> None:
        def unreadable() -> Callable[[], None]:
            raise VaultUnwritable("EIO")

        unlocking = Unlocking(bench.session, _StandingClock(), unreadable, _nobody())
        codes = OtpService(bench.session, CodeClock(_StandingClock(), lambda: 0), lambda: DIGEST, unlocking)
        codes.generate(vault, ON, GenerateOtp(None, PIN, held.user))

    def test_the_try_is_given_back(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        with pytest.raises(VaultUnwritable):
            self.generate(bench, held, bench.vault)
        assert bench.state(held) == STATE

    def test_the_first_fault_is_the_one_that_is_told(self, bench: Bench) -> None:
        held = bench.hold(state=STATE)
        with pytest.raises(VaultUnwritable, match="EIO"):
            self.generate(bench, held, _Busy(bench.vault, 1))


class TestTheCachedPin:
    """It refunds its own try and no other, and goes when a wrong one was given."""

    def remembered(self, bench: Bench) -> str | None:
        cached = bench.session.get().cached_pin
        return cached.pin.decode() if cached else None

    def test_wrong_ones_of_another_program_stay_counted(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(100))
        assert bench.codes.generate(bench.vault, ON, GenerateOtp(None, PIN, held.user)).status is Status.OK

        def wrong() -> None:
            worse = replace(bench.state(held), tries=RetryState(1))
            bench.vault.update(held.credentials[ProtectionType.PIN][0], lambda _: (worse, None))

        vault: Any = _Racing(bench.vault, wrong)
        event = GenerateOtp(None, None, held.user, ProtectionType.PIN)
        assert bench.codes.generate(vault, ON, event).status is Status.OK
        assert bench.state(held).tries == RetryState(1)

    def test_it_is_forgotten_once_it_may_not_be_used(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(100))
        bench.codes.generate(bench.vault, ON, GenerateOtp(None, PIN, held.user))
        assert self.remembered(bench) == PIN
        worse = replace(bench.state(held), tries=RetryState(1))
        bench.vault.update(held.credentials[ProtectionType.PIN][0], lambda _: (worse, None))
        event = GenerateOtp(None, None, held.user, ProtectionType.PIN)
        assert bench.codes.generate(bench.vault, ON, event).status is Status.INVALID_STATE
        assert self.remembered(bench) is None

    def test_and_after_a_wrong_one(self, bench: Bench) -> None:
        held = bench.hold(state=CredentialState(100))
        bench.codes.generate(bench.vault, ON, GenerateOtp(None, PIN, held.user))
        bench.codes.generate(bench.vault, ON, GenerateOtp(None, WRONG_PIN, held.user))
        assert self.remembered(bench) is None


@pytest.mark.parametrize("char", [chr(0xD800), chr(0xDFFF)])
def test_half_a_character_is_no_pin(bench: Bench, char: str) -> None:
    held = bench.hold()
    result = bench.codes.generate(bench.vault, ON, GenerateOtp(None, PIN + char, held.user))
    assert result == GenerateOtpResult(Status.INVALID_PARAMETER)


def test_a_signature_says_its_counter(bench: Bench) -> None:
    held = bench.hold(state=STATE)
    result = bench.codes.sign(bench.vault, ON, SignTransaction(("12.50", "EUR"), PIN, held.user))
    assert (result.status, result.atc) == (Status.OK, 100)


@pytest.mark.parametrize(("data", "remembered"), [(None, [100]), (b"pay 12.50", [])])
def test_a_plain_code_is_remembered_so_that_its_acceptance_confirms_the_counter(
    bench: Bench, data: bytes | None, remembered: list[int]
) -> None:
    """One over data is no login's."""
    held = bench.hold(state=STATE)
    bench.codes.generate(bench.vault, ON, GenerateOtp(data, PIN, held.user))
    assert [made.atc for made in bench.session.get().made] == remembered
