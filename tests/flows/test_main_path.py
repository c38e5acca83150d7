"""From an activation code to an accepted login, below the window: real HTTP, real verification, a real vault."""

from collections.abc import Callable

import pytest
from support.flows import BOTH, PIN, WRONG_PIN, ManualClock, MemoryKeystore, Tenant, activate, identifier

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    AddToken,
    ConfirmRecoveryCode,
    CreateVault,
    DeleteUser,
    GenerateOathOtp,
    GenerateOtp,
    KeyringProblem,
    ListTokens,
    Login,
    LoginWithTypedCode,
    OpenVault,
    ProtectVault,
    RemoveToken,
    Reset,
    Restart,
    SdkState,
    Start,
    Status,
    VaultCondition,
)
from softtoken.vault.errors import KeystoreProblem

Controllers = Callable[..., MasterController]


@pytest.mark.parametrize("verify_offline", [True, False])
def test_activate_generate_log_in(make_controller: Controllers, tenant: Tenant, verify_offline: bool) -> None:
    controller = make_controller(verify_offline=verify_offline)
    assert controller.post(Start()).sdk_state is SdkState.ACTIVATION_REQUIRED
    result, token = activate(controller, tenant)
    assert result.login is not None
    assert (result.login.status, result.login.risk_response_code, result.login.session_status) == (
        Status.OK,
        0,
        "accepted",
    )
    user = identifier(token)
    for protection, pin in ((ProtectionType.PIN, PIN), (ProtectionType.NO_PIN, None)):
        made = controller.post(GenerateOtp(None, pin, user, protection))
        assert made.otp is not None
        assert made.otp.valid_until == made.otp.valid_from + 30
        assert len(made.otp.code) == 8
        assert controller.post(Login(user, made.otp.code, made.resynchronisation)).status is Status.OK
        assert controller.post(Login(user, made.otp.code)).status is Status.WRONG_CREDENTIALS
    assert controller.post(Start()).sdk_state is SdkState.LOGGED_IN


def test_a_wrong_pin_is_seen_here_in_mode_true(
    make_controller: Controllers, tenant: Tenant, clock: ManualClock
) -> None:
    controller = make_controller(verify_offline=True)
    _, token = activate(controller, tenant)
    user = identifier(token)
    seen = [controller.post(GenerateOtp(None, WRONG_PIN, user)) for _ in range(4)]
    assert [(r.status, r.retry_counter, r.retry_delay) for r in seen] == [
        (Status.INVALID_PIN, 4, 0),
        (Status.INVALID_PIN, 3, 0),
        (Status.INVALID_PIN, 2, 0),
        (Status.INVALID_PIN, 1, 60),
    ]
    held = controller.post(GenerateOtp(None, PIN, user))
    assert (held.status, held.retry_counter, held.retry_delay) == (Status.TEMPORARY_LOCKED, 1, 60)
    clock.wall += 10_000_000
    assert controller.post(GenerateOtp(None, PIN, user)).status is Status.TEMPORARY_LOCKED
    clock.up += 60
    right = controller.post(GenerateOtp(None, PIN, user))
    assert (right.status, right.retry_counter, right.retry_delay) == (Status.OK, 5, 0)


def test_five_wrong_pins_block_the_pin_and_only_the_pin(
    make_controller: Controllers, tenant: Tenant, clock: ManualClock
) -> None:
    controller = make_controller(verify_offline=True)
    _, token = activate(controller, tenant)
    user = identifier(token)
    for _ in range(4):
        controller.post(GenerateOtp(None, WRONG_PIN, user))
    clock.move(60)
    assert controller.post(GenerateOtp(None, WRONG_PIN, user)).status is Status.PIN_BLOCKED
    clock.move(100_000)
    blocked = make_controller(verify_offline=True)
    blocked.post(Start())
    again = blocked.post(GenerateOtp(None, PIN, user))
    assert (again.status, again.retry_counter, again.otp) == (Status.PIN_BLOCKED, 0, None)
    assert blocked.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN)).status is Status.OK


def test_a_wrong_pin_is_refused_by_the_server_in_mode_false(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller(verify_offline=False)
    _, token = activate(controller, tenant)
    user = identifier(token)
    made = controller.post(GenerateOtp(None, WRONG_PIN, user))
    assert (made.status, made.retry_counter, made.retry_delay) == (Status.OK, None, None)
    assert made.otp is not None
    assert controller.post(Login(user, made.otp.code)).status is Status.WRONG_CREDENTIALS
    right = controller.post(GenerateOtp(None, PIN, user))
    assert right.otp is not None
    assert controller.post(Login(user, right.otp.code)).status is Status.OK


def test_the_pin_is_cached_in_mode_true_only(make_controller: Controllers, tenant: Tenant) -> None:
    for verify_offline in (True, False):
        controller = make_controller(verify_offline=verify_offline)
        controller.post(Start())
        _, token = activate(controller, tenant, f"user{verify_offline}".lower())
        user = identifier(token)
        assert controller.post(GenerateOtp(None, PIN, user)).status is Status.OK
        without = controller.post(GenerateOtp(None))
        assert without.status is (Status.OK if verify_offline else Status.INVALID_STATE)
        assert controller.post(GenerateOtp(None, PIN)).status is Status.OK
        controller.post(Restart())
        assert controller.post(GenerateOtp(None)).status is Status.INVALID_STATE
        assert controller.post(GenerateOtp(None, PIN)).status is Status.INVALID_STATE
        controller.close()


def test_offline_functions_are_off_without_the_key(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller(verify_offline=None)
    result, token = activate(controller, tenant)
    assert result.login is not None
    assert result.login.status is Status.OK
    assert controller.post(GenerateOtp(None, PIN, identifier(token))).status is Status.OFFLINE_NOT_ACTIVATED
    made = controller.post(GenerateOtp(None, PIN, identifier(token), for_login=True))
    assert made.otp is not None
    assert controller.post(Login(identifier(token), made.otp.code)).status is Status.OK


def test_another_users_pin_is_never_served(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    _, alice = activate(controller, tenant, "alice")
    _, bob = activate(controller, tenant, "bob")
    assert controller.post(GenerateOtp(None, PIN, identifier(alice))).status is Status.OK
    assert controller.post(GenerateOtp(None, None, identifier(bob))).status is Status.INVALID_STATE
    assert controller.post(GenerateOtp(None, None, identifier(alice))).status is Status.INVALID_STATE


def test_optional_data_is_bound_into_the_code(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    made = controller.post(GenerateOtp(b"42.00 EUR", PIN, identifier(token)))
    assert made.otp is not None
    assert tenant.login("alice", made.otp.code).status_code == 409  # a login's code covers no data


def test_the_atc_limit_asks_for_a_login_and_a_login_clears_it(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    user = identifier(token)
    statuses = [controller.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN)).status for _ in range(22)]
    assert statuses == [Status.OK] * 15 + [Status.ATC_EXPIRES_SOON] * 5 + [Status.LOGIN_REQUIRED] * 2
    made = controller.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN, for_login=True))
    assert made.otp is not None
    assert controller.post(Login(user, made.otp.code, made.resynchronisation)).status is Status.OK
    assert controller.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN)).status is Status.OK


def test_a_token_survives_a_restart(make_controller: Controllers, tenant: Tenant) -> None:
    _, token = activate(make_controller(), tenant)
    again = make_controller()
    start = again.post(Start())
    assert (start.vault, start.tokens, start.sdk_state) == (
        VaultCondition.OPEN,
        (token,),
        SdkState.LOGIN_REQUIRED,
    )
    made = again.post(GenerateOtp(None, PIN, identifier(token)))
    assert made.otp is not None
    assert tenant.login("alice", made.otp.code).json() == {"riskResponseCode": 0, "sessionStatus": "accepted"}


def test_a_token_is_removed(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    user = identifier(token)
    assert controller.post(DeleteUser(user)).status is Status.INVALID_STATE  # logged in since activation
    controller.post(Restart())
    gone = controller.post(DeleteUser(user))
    assert (gone.status, gone.tokens, gone.sdk_state) == (Status.OK, (), SdkState.ACTIVATION_REQUIRED)
    assert controller.post(DeleteUser(user)).status is Status.INVALID_USER_ID
    assert controller.post(GenerateOtp(None, PIN, user)).status is Status.INVALID_USER_ID
    assert controller.post(DeleteUser(UserIdentifier("", ""))).status is Status.OK


def test_an_oath_token_next_to_it(make_controller: Controllers) -> None:
    controller = make_controller()
    controller.post(CreateVault())
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    totp = controller.post(AddToken(f"otpauth://totp/Example:alice?secret={secret}&issuer=Example&digits=8"))
    hotp = controller.post(AddToken(f"otpauth://hotp/Example:bob?secret={secret}&counter=3"))
    assert totp.token is not None
    assert hotp.token is not None
    made = controller.post(GenerateOathOtp(totp.token.id, at=59))
    assert made.otp is not None
    assert (made.otp.code, made.otp.valid_from, made.otp.valid_until) == ("94287082", 30, 60)  # RFC 6238 B
    codes = [controller.post(GenerateOathOtp(hotp.token.id)).otp for _ in range(3)]
    assert [otp.code for otp in codes if otp] == ["969429", "338314", "254676"]  # RFC 4226 D
    assert controller.post(ListTokens()).counters == (None, 6)
    assert controller.post(AddToken("otpauth://totp/x?secret=1!")).fault == "BAD_SECRET"
    assert controller.post(RemoveToken(hotp.token.id)).tokens == (totp.token,)
    assert controller.post(RemoveToken(hotp.token.id)).status is Status.INVALID_USER_ID


def test_a_typed_code_logs_in_without_a_token(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    made = controller.post(GenerateOtp(None, PIN, identifier(token)))
    assert made.otp is not None
    spaced = f"{made.otp.code[:3]} {made.otp.code[3:]}"
    assert controller.post(LoginWithTypedCode(tenant.url, "alice@sandbox", spaced)).status is Status.OK
    assert controller.post(LoginWithTypedCode(tenant.url, "alice@sandbox", "000000")).status is Status.WRONG_CREDENTIALS
    assert controller.post(LoginWithTypedCode(tenant.url, "nobody@sandbox", "1")).status is Status.INVALID_USER_ID
    assert controller.post(LoginWithTypedCode("http://example.com", "a", "1")).status is Status.INVALID_PARAMETER


def test_the_server_locks_after_three_and_says_so(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller(verify_offline=False)
    _, token = activate(controller, tenant)
    user = identifier(token)
    for _ in range(3):
        made = controller.post(GenerateOtp(None, WRONG_PIN, user))
        assert made.otp is not None
        assert controller.post(Login(user, made.otp.code)).status is Status.WRONG_CREDENTIALS
    right = controller.post(GenerateOtp(None, PIN, user))
    assert right.otp is not None
    locked = controller.post(Login(user, right.otp.code))
    assert (locked.status, locked.detail) == (Status.LOCKED_USER, "User is locked")
    assert locked.log_correlation_id


@pytest.mark.parametrize("problem", list(KeystoreProblem))
def test_without_a_keyring_a_passphrase(
    make_controller: Controllers, keystore: MemoryKeystore, problem: KeystoreProblem
) -> None:
    keystore.problem = problem
    controller = make_controller()
    failed = controller.post(CreateVault())
    assert (failed.status, failed.keyring, failed.recovery_code) == (
        Status.FAILED,
        KeyringProblem(problem.value),
        None,
    )
    assert controller.post(Start()).vault is VaultCondition.ABSENT  # nothing was stored unprotected
    assert controller.post(CreateVault(passphrase="short")).status is Status.INVALID_PARAMETER
    assert controller.post(CreateVault(passphrase="correct horse")).status is Status.OK
    again = make_controller()
    assert again.post(Start()).vault is VaultCondition.NEEDS_PASSPHRASE
    assert again.post(OpenVault(passphrase="wrong horse!")).status is Status.WRONG_CREDENTIALS
    assert again.post(OpenVault(passphrase="correct horse")).vault is VaultCondition.OPEN


def test_a_lost_keyring_item_and_the_recovery_code(
    make_controller: Controllers, tenant: Tenant, keystore: MemoryKeystore
) -> None:
    controller = make_controller()
    made = controller.post(CreateVault())
    assert made.recovery_code is not None
    code = tenant.register("alice")
    token = controller.post(Activate(tenant.url, "alice", code, BOTH, PIN)).token
    assert token is not None
    assert controller.post(Start()).recovery_pending
    controller.post(ConfirmRecoveryCode())
    controller.close()
    keystore.items.clear()

    again = make_controller()
    start = again.post(Start())
    assert (start.vault, start.keyring) == (VaultCondition.NEEDS_RECOVERY, KeyringProblem.ITEM_MISSING)
    assert again.post(OpenVault(recovery_code="0000-0000")).status is Status.INVALID_PARAMETER
    spoken = made.recovery_code.lower().replace("-", " ").replace("0", "o")
    opened = again.post(OpenVault(recovery_code=spoken))
    assert (opened.status, opened.tokens, opened.recovery_pending) == (Status.OK, (token,), False)
    anew = again.post(ProtectVault())
    assert anew.status is Status.OK
    assert anew.recovery_code != made.recovery_code
    again.close()

    third = make_controller()
    assert third.post(Start()).vault is VaultCondition.OPEN
    keystore.items.clear()
    fourth = make_controller()
    assert fourth.post(OpenVault(recovery_code=made.recovery_code)).status is Status.WRONG_CREDENTIALS


def test_reset_leaves_nothing(make_controller: Controllers, tenant: Tenant, keystore: MemoryKeystore) -> None:
    controller = make_controller()
    activate(controller, tenant)
    assert keystore.items
    assert controller.post(Reset()).status is Status.OK
    assert not keystore.items
    assert controller.post(Start()).vault is VaultCondition.ABSENT
    activate(controller, tenant, "bob")
