"""A damaged vault, its rotated copy in its place, and what the server says of the codes that follow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.flows import PIN, WRONG_PIN, MemoryKeystore, Tenant, activate, identifier

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ConfirmRecoveryCode,
    CreateVault,
    GenerateOtp,
    GetCredentialInformation,
    GetState,
    ListTokens,
    Login,
    LoginResult,
    OpenVault,
    ProtectVault,
    RestoreCopy,
    Start,
    Status,
    VaultCondition,
)
from softtoken.vault.errors import KeystoreProblem, VaultDamaged

Controllers = Callable[..., MasterController]


def damage(home: Path) -> None:
    """The first page is gone, as after a crash of the disk."""
    path = home / "vault.sqlite"
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])


def put_back(make_controller: Controllers) -> MasterController:
    controller = make_controller()
    with pytest.raises(VaultDamaged):
        controller.post(Start())
    assert controller.post(RestoreCopy()).status is Status.OK
    return controller


def log_in(controller: MasterController, token: Token, protection: ProtectionType = ProtectionType.PIN) -> LoginResult:
    pin = PIN if protection is ProtectionType.PIN else None
    made = controller.post(GenerateOtp(None, pin, identifier(token), protection, for_login=True))
    assert made.otp is not None, made
    return controller.post(Login(identifier(token), made.otp.code, made.resynchronisation))


def test_managed_tokens_resynchronise_after_a_copy(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    controller = make_controller()
    _, token = activate(controller, tenant)
    used = []
    for _ in range(4):  # after the copy was made
        made = controller.post(GenerateOtp(None, PIN, identifier(token)))
        assert made.otp is not None
        used.append((made.otp.atc, made.otp.code))
    assert tenant.login("alice", used[-1][1]).is_success
    controller.close()
    damage(home)

    controller = put_back(make_controller)
    started = controller.post(Start())
    assert (started.vault, started.restored, started.tokens) == (VaultCondition.OPEN, True, (token,))
    assert controller.post(GenerateOtp(None, PIN, identifier(token))).status is Status.LOGIN_REQUIRED
    assert log_in(controller, token).status is Status.OK
    made = controller.post(GenerateOtp(None, PIN, identifier(token)))
    assert made.otp is not None
    assert made.otp.atc > used[-1][0]  # type: ignore[operator]
    assert tenant.login("alice", made.otp.code).is_success
    # the other credential resynchronises for itself
    plain = GenerateOtp(None, None, identifier(token), ProtectionType.NO_PIN)
    assert controller.post(plain).status is Status.LOGIN_REQUIRED
    assert log_in(controller, token, ProtectionType.NO_PIN).status is Status.OK
    again = controller.post(plain)
    assert again.otp is not None
    assert tenant.login("alice", again.otp.code).is_success


def test_a_copy_gives_no_try_back(make_controller: Controllers, tenant: Tenant, tmp_path: Path) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    for _ in range(2):
        assert controller.post(GenerateOtp(None, WRONG_PIN, identifier(token))).status is Status.INVALID_PIN
    controller.close()
    damage(tmp_path / "home")
    controller = put_back(make_controller)
    controller.post(Start())
    known = controller.post(GetCredentialInformation(identifier(token), ProtectionType.PIN))
    assert (known.retry_counter, known.resynchronise) == (1, True)


def test_nobody_is_remembered_over_a_copy_that_is_put_back(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    assert controller.post(GenerateOtp(None, PIN, identifier(token))).otp is not None
    assert controller.post(GetState()).current_user == identifier(token)
    (tmp_path / "home" / "vault.sqlite").rename(tmp_path / "home" / "elsewhere.sqlite")
    assert controller.post(RestoreCopy()).status is Status.OK
    controller.post(Start())
    known = controller.post(GetState())
    assert (known.current_user, known.logged_in) == (None, None)


def test_a_copy_opens_by_the_recovery_code_alone(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path, keystore: MemoryKeystore
) -> None:
    """File damaged and keyring item gone, both at once: paper and copy bring every token back."""
    controller = make_controller()
    paper = controller.post(CreateVault()).recovery_code
    controller.post(ConfirmRecoveryCode())
    _, token = activate(controller, tenant)
    controller.close()
    damage(tmp_path / "home")
    keystore.items.clear()
    keystore.evidences.clear()
    controller = put_back(make_controller)
    assert controller.post(Start()).vault is VaultCondition.NEEDS_RECOVERY
    opened = controller.post(OpenVault(recovery_code=paper))
    assert (opened.status, opened.restored) == (Status.OK, True)
    assert controller.post(ProtectVault()).status is Status.OK
    assert log_in(controller, token).status is Status.OK
    made = controller.post(GenerateOtp(None, PIN, identifier(token)))
    assert made.otp is not None
    assert tenant.login("alice", made.otp.code).is_success


def test_without_a_keyring_no_code_repeats_either(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path, keystore: MemoryKeystore
) -> None:
    keystore.problem = KeystoreProblem.MISSING
    controller = make_controller()
    controller.post(CreateVault(passphrase="correct horse"))
    _, token = activate(controller, tenant)
    made = [controller.post(GenerateOtp(None, PIN, identifier(token))).otp for _ in range(4)]
    controller.close()
    damage(tmp_path / "home")
    controller = put_back(make_controller)
    assert controller.post(OpenVault(passphrase="correct horse")).restored
    assert log_in(controller, token).status is Status.OK
    fresh = controller.post(GenerateOtp(None, PIN, identifier(token))).otp
    assert fresh is not None
    assert all(otp is not None and otp.atc is not None and otp.atc < fresh.atc for otp in made)  # type: ignore[operator]
    assert tenant.login("alice", fresh.code).is_success


def test_the_list_of_tokens_says_which_need_a_login(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path
) -> None:
    controller = make_controller()
    _, token = activate(controller, tenant)
    assert controller.post(ListTokens()).login_required == ()
    controller.close()
    damage(tmp_path / "home")
    controller = put_back(make_controller)
    controller.post(Start())
    assert controller.post(ListTokens()).login_required == (token.id,)
    assert log_in(controller, token).status is Status.OK
    assert controller.post(ListTokens()).login_required == ()
    for _ in range(20):
        assert controller.post(GenerateOtp(None, PIN, identifier(token))).otp is not None
    assert controller.post(ListTokens()).login_required == (token.id,)
