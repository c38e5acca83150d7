"""Bad activation codes, lost answers, broken servers: a clear outcome, nothing half-activated, and it works later."""

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from support.flows import BOTH, PIN, ManualClock, Tenant, identifier
from support.wire import Wire

from softtoken.engine.activation_code import format_activation_code, parse_activation_code
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

Controllers = Callable[..., MasterController]
Answer = Callable[[], httpx.Response]


@pytest.fixture
def faults() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def controller(make_controller: Controllers, faults: list[tuple[str, str]]) -> MasterController:
    made = make_controller(transport=lambda: Wire(faults))
    made.post(CreateVault())
    return made


def post(controller: MasterController, tenant: Tenant, code: str, user: str = "alice") -> ActivationResult:
    return controller.post(Activate(tenant.url, user, code, BOTH, PIN))


def nothing_stored(controller: MasterController) -> bool:
    return controller.post(ListTokens()).tokens == ()


@pytest.mark.parametrize("typed", ["", "hello", "0000-0000-0000-0000", "A" * 500, "****-****-****-****-*", "\x00"])
def test_malformed_codes_send_nothing(
    controller: MasterController, tenant: Tenant, typed: str, faults: list[tuple[str, str]]
) -> None:
    faults.append((".", "500"))
    assert post(controller, tenant, typed).status is Status.INVALID_ACTIVATION_CODE
    assert faults
    assert nothing_stored(controller)


def test_one_mistyped_symbol_sends_nothing(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]]
) -> None:
    code = tenant.register("alice")
    mistyped = ("1" if code[0] != "1" else "2") + code[1:]
    faults.append((".", "500"))
    assert post(controller, tenant, mistyped).status is Status.INVALID_ACTIVATION_CODE
    assert faults.pop()
    assert post(controller, tenant, code).status is Status.OK


def test_an_expired_code(controller: MasterController, tenant: Tenant, clock: ManualClock) -> None:
    code = tenant.register("alice")
    clock.move(601)
    assert post(controller, tenant, code).status is Status.ACTIVATION_CODE_EXPIRED
    assert nothing_stored(controller)
    assert post(controller, tenant, tenant.register("alice")).status is Status.OK


def test_a_code_works_once(controller: MasterController, tenant: Tenant) -> None:
    code = tenant.register("alice")
    assert post(controller, tenant, code).status is Status.OK
    assert post(controller, tenant, code).status is Status.USER_ID_ALREADY_EXISTS


def test_a_wrong_password_three_times_locks_the_registration(controller: MasterController, tenant: Tenant) -> None:
    right = parse_activation_code(tenant.register("alice"))
    wrong = format_activation_code(right.registration_id, "00000000")
    statuses = [post(controller, tenant, wrong).status for _ in range(4)]
    assert statuses == [Status.WRONG_CREDENTIALS] * 3 + [Status.LOCKED_USER]
    good = format_activation_code(right.registration_id, right.password)
    assert post(controller, tenant, good).status is Status.LOCKED_USER
    assert nothing_stored(controller)


def test_somebody_elses_code(controller: MasterController, tenant: Tenant) -> None:
    assert post(controller, tenant, tenant.register("bob"), "alice").status is Status.WRONG_CREDENTIALS
    assert nothing_stored(controller)


@pytest.mark.parametrize("pin", ["12345", "123456", "111111", "abcdef", "1" * 17, "284917x", "２８４９１７"])
def test_bad_pins_store_nothing(controller: MasterController, tenant: Tenant, pin: str) -> None:
    result = controller.post(Activate(tenant.url, "alice", tenant.register("alice"), BOTH, pin))
    assert result.status is Status.INVALID_NEW_PIN_FORMAT
    assert nothing_stored(controller)


@pytest.mark.parametrize("step", ["add-device", "activate"])
@pytest.mark.parametrize("fault", ["down", "rubbish", "400", "404", "409", "500", "503"])
def test_a_failure_at_each_step_and_the_same_action_afterwards(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]], step: str, fault: str
) -> None:
    code = tenant.register("alice")
    faults.append((step, fault))
    with suppress(IaaError):
        assert post(controller, tenant, code).status is not Status.OK
    assert not faults
    assert nothing_stored(controller)
    again = post(controller, tenant, code)
    if fault in {"400", "404", "409"} and step == "activate":
        # a definite refusal of the first code ends the registration for this device: a new code is asked for
        assert again.status in {Status.INVALID_ACTIVATION_CODE, Status.OK}
        if again.status is Status.INVALID_ACTIVATION_CODE:
            again = post(controller, tenant, tenant.register("alice"))
    assert again.status is Status.OK
    assert again.login is not None
    assert again.login.status is Status.OK


@pytest.mark.parametrize("step", ["add-device", "activate"])
def test_a_lost_answer_is_asked_for_again(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]], step: str
) -> None:
    faults.append((step, "lost"))
    assert post(controller, tenant, tenant.register("alice")).status is Status.OK
    assert not faults


@pytest.mark.parametrize("times", [2, 3])
def test_an_answer_lost_for_good_then_the_same_action(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]], times: int
) -> None:
    code = tenant.register("alice")
    faults.extend([("/activate$", "lost")] * times)
    with pytest.raises(Unreachable):
        post(controller, tenant, code)
    assert nothing_stored(controller)
    assert post(controller, tenant, code).status is Status.OK
    assert len(controller.post(ListTokens()).tokens) == 1


@pytest.mark.parametrize("verify_offline", [True, False])
@pytest.mark.parametrize("fault", ["lost", "down"])
def test_the_program_ends_before_the_answer_comes(
    make_controller: Controllers, tenant: Tenant, fault: str, verify_offline: bool
) -> None:
    faults = [("/activate$", fault), ("/activate$", fault)]
    first = make_controller(transport=lambda: Wire(faults), verify_offline=verify_offline)
    first.post(CreateVault())
    code = tenant.register("alice")
    with pytest.raises(Unreachable):
        post(first, tenant, code)
    first.close()

    second = make_controller(verify_offline=verify_offline)
    assert second.post(Start()).tokens == ()
    result = post(second, tenant, code)
    assert result.status is Status.OK
    assert result.login is not None
    assert result.login.status is Status.OK
    assert result.token is not None
    made = second.post(GenerateOtp(None, PIN, identifier(result.token)))
    assert made.otp is not None
    assert tenant.login("alice", made.otp.code).is_success


def test_an_abandoned_activation_gives_way_to_a_new_code(make_controller: Controllers, tenant: Tenant) -> None:
    faults = [("/activate$", "lost")] * 2
    first = make_controller(transport=lambda: Wire(faults))
    first.post(CreateVault())
    with pytest.raises(Unreachable):
        post(first, tenant, tenant.register("alice"))
    first.close()
    second = make_controller()
    second.post(Start())
    assert post(second, tenant, tenant.register("alice")).status is Status.OK
    assert len(second.post(ListTokens()).tokens) == 1


def test_the_first_login_fails_and_the_activation_stands(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]]
) -> None:
    faults.append(("/login$", "down"))
    result = post(controller, tenant, tenant.register("alice"))
    assert result.status is Status.OK
    assert result.login is None
    assert result.token is not None
    user = identifier(result.token)
    assert controller.post(GenerateOtp(None, PIN, user)).status is Status.LOGIN_REQUIRED
    made = controller.post(GenerateOtp(None, PIN, user, for_login=True))
    assert made.otp is not None
    assert controller.post(Login(user, made.otp.code)).status is Status.OK
    assert controller.post(GenerateOtp(None, PIN, user)).status is Status.OK


@pytest.mark.parametrize("fault", ["down", "lost", "rubbish", "500"])
def test_a_login_is_sent_once(
    controller: MasterController, tenant: Tenant, faults: list[tuple[str, str]], fault: str
) -> None:
    result = post(controller, tenant, tenant.register("alice"))
    assert result.token is not None
    user = identifier(result.token)
    made = controller.post(GenerateOtp(None, PIN, user, for_login=True))
    assert made.otp is not None
    faults.append(("/login$", fault))
    with pytest.raises(IaaError) as raised:
        controller.post(Login(user, made.otp.code))
    assert not faults
    assert made.otp.code not in repr(raised.value) + str(raised.value)
    second = controller.post(GenerateOtp(None, PIN, user, for_login=True))
    assert second.otp is not None
    assert controller.post(Login(user, second.otp.code)).status is Status.OK
