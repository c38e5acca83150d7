"""Activations that stop halfway: nothing is made twice, nothing live is thrown away, and every way goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.flows import BOTH, PIN, WRONG_PIN, ManualClock, MemoryKeystore, Tenant, identifier
from support.wire import Wire

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import IaaError, Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    ActivationResult,
    CreateVault,
    GenerateOtp,
    ListTokens,
    Login,
    Start,
    Status,
)
from softtoken.vault.errors import VaultBusy
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import Vault, open_vault

Controllers = Callable[..., MasterController]
LOST_TWICE = [("/activate$", "lost"), ("/activate$", "lost")]


def post(controller: MasterController, tenant: Tenant, code: str, pin: str | None = PIN) -> ActivationResult:
    protections = BOTH if pin else frozenset({ProtectionType.NO_PIN})
    return controller.post(Activate(tenant.url, "alice", code, protections, pin))


def works(controller: MasterController, tenant: Tenant, result: ActivationResult) -> bool:
    assert result.token is not None
    made = controller.post(GenerateOtp(None, PIN, identifier(result.token)))
    return made.otp is not None and tenant.login("alice", made.otp.code).is_success


@pytest.mark.parametrize("verify_offline", [True, False])
@pytest.mark.parametrize("fault", ["lost", "500"])
def test_the_same_action_minutes_later(
    make_controller: Controllers, tenant: Tenant, clock: ManualClock, fault: str, verify_offline: bool
) -> None:
    faults = [("/activate$", fault)] * 2 if fault == "lost" else [("/activate$", fault)]
    controller = make_controller(transport=lambda: Wire(faults), verify_offline=verify_offline)
    controller.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(IaaError):
        post(controller, tenant, code)
    clock.move(180)  # the first code's time is over long ago
    result = post(controller, tenant, code)
    assert result.status is Status.OK
    assert works(controller, tenant, result)


def test_keys_are_wrapped_once_whatever_is_typed_afterwards(
    make_controller: Controllers, tenant: Tenant, tmp_path: Path, keystore: MemoryKeystore
) -> None:
    faults = list(LOST_TWICE)
    controller = make_controller(transport=lambda: Wire(faults), verify_offline=False)
    controller.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(controller, tenant, code)
    before = _masked_key(tmp_path, keystore)
    other = post(controller, tenant, code, WRONG_PIN)
    assert other.status is Status.INVALID_PIN
    assert _masked_key(tmp_path, keystore) == before
    result = post(controller, tenant, code)
    assert result.status is Status.OK
    assert _masked_key(tmp_path, keystore) == before
    assert works(controller, tenant, result)


def test_another_pin_in_a_later_run_is_found_out_by_the_server(make_controller: Controllers, tenant: Tenant) -> None:
    faults = list(LOST_TWICE)
    first = make_controller(transport=lambda: Wire(faults), verify_offline=False)
    first.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(first, tenant, code)
    first.close()
    second = make_controller(verify_offline=False)
    second.post(Start())
    assert post(second, tenant, code, WRONG_PIN).status is Status.INVALID_PIN
    assert second.post(ListTokens()).tokens == ()
    result = post(second, tenant, code)
    assert result.status is Status.OK
    assert works(second, tenant, result)


def test_no_code_is_sent_twice_when_the_choice_changes_meanwhile(make_controller: Controllers, tenant: Tenant) -> None:
    sent: list[str] = []  # every code, in its order

    class Recorder(Wire):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            body = request.read().decode()
            if request.url.path.endswith(("/activate", "/login")):
                fields = json.loads(body)
                sent.append(fields.get("signature") or fields["credentials"]["authenticator"]["OTP"])
            return super().handle_request(request)

    faults = [("/activate$", "down")]
    controller = make_controller(transport=lambda: Recorder(faults))
    controller.post(CreateVault())
    code = tenant.register("alice")
    for pin in (PIN, None):
        try:
            post(controller, tenant, code, pin)
        except Unreachable:
            continue
    assert post(controller, tenant, code).status is Status.OK
    assert sent[-1] not in sent[:-1]  # the login's code is not the activation's


def test_a_reboot_of_the_server_under_another_address(
    make_controller: Controllers, tenant: Tenant, make_tenant: Callable[..., Tenant], clock: ManualClock
) -> None:
    faults = list(LOST_TWICE)
    controller = make_controller(transport=lambda: Wire(faults))
    controller.post(CreateVault())
    with pytest.raises(Unreachable):
        post(controller, tenant, tenant.register("alice"))
    moved = make_tenant(clock, name="moved")
    result = post(controller, moved, moved.register("alice"))
    assert result.status is Status.OK  # the abandoned activation gives way
    assert len(controller.post(ListTokens()).tokens) == 1


def test_a_new_code_that_fails_leaves_the_old_activation(make_controller: Controllers, tenant: Tenant) -> None:
    faults = [*LOST_TWICE, ("add-device", "down")]
    controller = make_controller(transport=lambda: Wire(faults))
    controller.post(CreateVault())
    old = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(controller, tenant, old)
    with pytest.raises(Unreachable):
        post(controller, tenant, tenant.register("alice"))
    assert post(controller, tenant, old).status is Status.OK


def test_some_other_web_server_takes_nothing_away(make_controller: Controllers, tenant: Tenant) -> None:
    class Elsewhere(Wire):
        def _fail(self, request: httpx.Request, fault: str) -> httpx.Response:
            if fault == "portal":
                return httpx.Response(404, html="<html>not here</html>", request=request)
            return super()._fail(request, fault)

    faults = [("/activate$", "portal")]
    controller = make_controller(transport=lambda: Elsewhere(faults))
    controller.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(IaaError):
        post(controller, tenant, code)
    assert post(controller, tenant, code).status is Status.OK


def test_the_registration_expires_while_the_answer_is_lost(
    make_controller: Controllers, tenant: Tenant, clock: ManualClock
) -> None:
    faults = list(LOST_TWICE)
    controller = make_controller(transport=lambda: Wire(faults))
    controller.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(controller, tenant, code)
    clock.move(700)
    result = post(controller, tenant, code)  # the server had activated: a login proves it
    assert result.status is Status.OK
    assert works(controller, tenant, result)


def test_a_log_out_during_a_login_stays_a_log_out(make_controller: Controllers, tenant: Tenant) -> None:
    from softtoken.services.events import Restart, SdkState

    holder: list[MasterController] = []

    class Slow(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if request.url.path.endswith("/login") and len(holder) > 1:
                holder[0].post(Restart())
            return response

    controller = make_controller(transport=Slow)
    holder.append(controller)
    controller.post(CreateVault())
    token = post(controller, tenant, tenant.register("alice")).token
    assert token is not None
    made = controller.post(GenerateOtp(None, PIN, identifier(token)))
    assert made.otp is not None
    holder.append(controller)
    assert controller.post(Login(identifier(token), made.otp.code)).status is Status.OK
    assert controller.post(Start()).sdk_state is SdkState.LOGIN_REQUIRED


def test_wrong_tries_elsewhere_end_what_the_cached_pin_stands_for(make_controller: Controllers, tenant: Tenant) -> None:
    window, command = make_controller(), make_controller()
    window.post(CreateVault())
    token = post(window, tenant, tenant.register("alice")).token
    assert token is not None
    user = identifier(token)
    command.post(Start())
    assert window.post(GenerateOtp(None, PIN, user)).status is Status.OK
    for left in (4, 3, 2):
        assert command.post(GenerateOtp(None, WRONG_PIN, user)).retry_counter == left
    assert window.post(GenerateOtp(None)).status is Status.INVALID_STATE  # the PIN has to be typed
    assert command.post(GenerateOtp(None, WRONG_PIN, user)).retry_counter == 1


def test_every_accepted_code_clears_the_drift(make_controller: Controllers, tenant: Tenant) -> None:
    controller = make_controller()
    controller.post(CreateVault())
    token = post(controller, tenant, tenant.register("alice")).token
    assert token is not None
    user = identifier(token)
    for _ in range(25):
        made = controller.post(GenerateOtp(None, None, user, ProtectionType.NO_PIN))
        assert made.status is Status.OK
        assert made.otp is not None
        assert controller.post(Login(user, made.otp.code)).status is Status.OK


def test_a_wrong_pin_after_expiry_throws_no_live_key_away(
    make_controller: Controllers, tenant: Tenant, clock: ManualClock
) -> None:
    faults = list(LOST_TWICE)
    first = make_controller(transport=lambda: Wire(faults), verify_offline=False)
    first.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(first, tenant, code)  # the server has activated; nobody here knows
    first.close()
    clock.move(700)
    second = make_controller(verify_offline=False)
    second.post(Start())
    assert post(second, tenant, code, WRONG_PIN).status is not Status.OK
    result = post(second, tenant, code)
    assert result.status is Status.OK
    assert works(second, tenant, result)


def test_another_choice_of_protection_is_told_from_a_wrong_address(
    make_controller: Controllers, tenant: Tenant
) -> None:
    faults = list(LOST_TWICE)
    controller = make_controller(transport=lambda: Wire(faults))
    controller.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(controller, tenant, code, None)
    assert post(controller, tenant, code).status is Status.INVALID_PIN  # no PIN was set, so none may be believed
    result = post(controller, tenant, code, None)
    assert result.status is Status.OK


def test_a_locked_user_is_told_as_locked(make_controller: Controllers, tenant: Tenant) -> None:
    faults = list(LOST_TWICE)
    first = make_controller(transport=lambda: Wire(faults), verify_offline=False)
    first.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(first, tenant, code)
    first.close()
    for _ in range(3):
        tenant.login("alice", "000000")
    second = make_controller(verify_offline=False)
    second.post(Start())
    assert post(second, tenant, code).status is Status.LOCKED_USER


def test_a_fault_of_the_vault_after_the_activation_does_not_hide_it(
    make_controller: Controllers, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise VaultBusy

    controller = make_controller()
    controller.post(CreateVault())
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "update", busy)  # what the first login's code needs, and the activation does not
        result = post(controller, tenant, tenant.register("alice"))
    assert result.status is Status.OK
    assert result.login is None
    assert len(controller.post(ListTokens()).tokens) == 1


def _masked_key(tmp_path: Path, keystore: MemoryKeystore) -> object:
    vault = open_vault(tmp_path / "home" / "vault.sqlite", KeyringSecret(next(iter(keystore.items.values()))))
    (token,) = vault.tokens().tokens
    credential = vault.credential(token.id, ProtectionType.PIN)
    vault.close()
    assert credential is not None
    return credential.key
