"""What the services make of a stored credential, straight on a vault: codes, counters, tries, and who is refused."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from services.held import DIGITS, Held, hold, make_vault

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
from softtoken.vault.envelope import derive
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.pinwrap import KeyForm, wrap_plain
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


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(pinwrap, "derive", cache(derive))
    vault, session = make_vault(tmp_path / "vault.sqlite"), SessionCell()
    unlocking = Unlocking(session, _StandingClock(), lambda: lambda: made.meanwhile())
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
