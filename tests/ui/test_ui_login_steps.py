"""Logins in steps, through the window: every risk code, waiting, leaving, and what comes between."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from ui.conftest import User
from ui.fake_controller import ACCEPTED, PIN, managed_token
from ui.fake_values import waits
from ui.test_ui_journeys import SERVER, open_token

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import (
    CodeAnswer,
    ConnectionState,
    PasswordAnswer,
    Resynchronised,
    ServerConnection,
    Status,
)
from softtoken.ui.views.ask import AskView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.login_result import LoginResultView
from softtoken.ui.views.login_step import LoginStepView
from softtoken.ui.views.login_waiting import LoginWaitingView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.typed_login import TypedLoginView
from softtoken.ui.views.welcome import WelcomeView
from softtoken.ui.views.working import WorkingView

NO_PIN_ONLY = (ProtectionType.NO_PIN,)


def log_in(
    user: User, code: int | None, challenge: str | None = None, token: Token | None = None, protection: str = "No PIN"
) -> Token:
    """The first step with a code of this protection; the server wants another one."""
    token = token or managed_token()
    user.controller.tokens = [token]
    user.controller.answer(ev.Login, waits(user.clock.uptime(), code, challenge, token))
    open_token(user, 0)
    user.click(user.on(ManagedView).log_in)
    page = user.on(AskView)
    user.click(user.button(protection))
    user.click(page.go_on)
    return token


def refused(user: User, token: Token, code: int, challenge: str | None = None, **changes: object) -> ev.LoginResult:
    """A refused step whose session still lives."""
    result = waits(user.clock.uptime(), code, challenge, token)
    return replace(result, status=Status.WRONG_CREDENTIALS, session_status=None, **changes)  # type: ignore[arg-type]


def result_page(user: User) -> LoginResultView:
    page = user.on(LoginResultView)
    user.idle()
    return page


def enter_pin(user: User, page: AskView, pin: str = PIN) -> None:
    user.until(page.pin.isVisible)
    user.type(page.pin.edit, pin)
    user.key(Qt.Key.Key_Return)


def one_answer(user: User) -> ev.ContinueLogin:
    (event,) = user.controller.posts(ev.ContinueLogin)
    return event


class TestACodeOfTheToken:
    def test_a_second_factor_is_asked_for_and_completes_the_login(self, user: User) -> None:
        """ChallengeDevice2FA: of the token's two protections only the PIN is offered."""
        token = log_in(user, 5)
        page = user.on(AskView)
        user.until(lambda: page.title.text() == "One more step")
        assert "protected by your PIN" in page._why.text()
        assert page.time.isVisible()
        user.until(lambda: page.pin.edit.hasFocus())
        assert user.button("PIN").isVisible()
        assert all(button.text() != "No PIN" for button in page.picker._buttons.values() if button.isVisible())
        enter_pin(user, page)
        result_page(user)
        assert user.told() == "Login accepted."
        made = user.controller.posts(ev.GenerateOtp)[-1]
        assert (made.protection, made.pin, made.for_login) == (ProtectionType.PIN, PIN, True)
        event = one_answer(user)
        assert isinstance(event.answer, CodeAnswer)
        assert event.answer.resynchronisation is not None
        assert token.account is not None
        assert event.pending.user_identifier == token.account.identifier
        assert user.controller.threads["ContinueLogin"] == {"login"}

    @pytest.mark.parametrize("code", [4, 10])
    def test_no_second_factor_is_wanted(self, user: User, code: int) -> None:
        log_in(user, code, "5551234" if code == 10 else None, managed_token(protections=NO_PIN_ONLY))
        page = user.on(AskView)
        user.until(lambda: page.title.text() == "One more step")
        assert page._challenge.isVisible() == (code == 10)
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert user.told() == "Login accepted."
        made = user.controller.posts(ev.GenerateOtp)[-1]
        assert (made.protection, made.pin) == (ProtectionType.NO_PIN, None)
        assert made.optional_data == (b"5551234" if code == 10 else None)

    def test_the_challenge_is_shown_and_the_protection_may_be_chosen(self, user: User) -> None:
        log_in(user, 10, "5551234")
        page = user.on(AskView)
        user.until(page._challenge.isVisible)
        assert page._challenge.text == "555\u00a01234"
        user.until(page.pin.isVisible)
        user.click(user.button("No PIN"))
        user.until(page.go_on.isVisible)
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert user.controller.posts(ev.GenerateOtp)[-1].protection is ProtectionType.NO_PIN

    def test_a_remembered_pin_is_not_asked_for_again(self, user: User) -> None:
        log_in(user, 5)
        enter_pin(user, user.on(AskView))
        page = result_page(user)
        user.controller.answer(ev.Login, waits(user.clock.uptime(), 5, None, user.controller.tokens[0]))
        user.click(page.done)
        user.click(user.on(ManagedView).log_in)
        user.click(user.on(AskView).go_on)
        ask = user.on(AskView)
        user.until(lambda: ask.title.text() == "One more step")
        assert not ask.pin.isVisible()
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert len(user.controller.posts(ev.ContinueLogin)) == 2

    def test_a_pin_that_this_computer_finds_wrong_sends_nothing(self, user: User) -> None:
        log_in(user, 5)
        page = user.on(AskView)
        user.until(page.pin.isVisible)
        enter_pin(user, page, "274952")
        user.until(lambda: "Wrong PIN." in user.told())
        assert not user.controller.posts(ev.ContinueLogin)
        assert page.title.text() == "One more step"
        enter_pin(user, page)
        result_page(user)
        assert user.told() == "Login accepted."

    @pytest.mark.parametrize("sent", [True, False])
    def test_a_pin_that_only_the_server_finds_wrong(self, user: User, sent: bool) -> None:
        """And the login lives on, so it is asked for again."""
        token = log_in(user, 5, token=managed_token(allow=False))
        outcome = Resynchronised.DONE if sent else Resynchronised.REFUSED
        wrong = refused(user, token, 5, detail="Authentication failed", resynchronised=outcome)
        user.controller.answer(ev.ContinueLogin, wrong, ACCEPTED)
        page = user.on(AskView)
        user.until(page.pin.isVisible)
        enter_pin(user, page, "274952")
        user.until(lambda: "The login is still open." in user.told())
        assert ("the code itself was not sent" in user.told()) is not sent
        assert "a wrong " in user.told()
        assert "Authentication failed" in user.told()
        user.until(lambda: page.pin.edit.hasFocus())
        enter_pin(user, page)
        result_page(user)
        assert user.told() == "Login accepted."

    def test_a_session_that_died_of_it_begins_anew(self, user: User) -> None:
        log_in(user, 4)
        user.controller.answer(ev.ContinueLogin, ev.LoginResult(Status.WRONG_CREDENTIALS))
        user.until(lambda: user.on(AskView).title.text() == "One more step")
        user.key(Qt.Key.Key_Return)
        page = result_page(user)
        assert user.told().startswith("The server refused the code.")
        user.click(page.again)
        assert user.on(AskView).title.text() == "Log in"

    def test_a_token_without_the_protection_that_is_wanted(self, user: User) -> None:
        log_in(user, 5, token=managed_token(protections=NO_PIN_ONLY))
        page = result_page(user)
        assert "protected by a PIN, and this token was activated without" in user.told()
        assert "choose “PIN” when you activate again" in user.told()
        assert not page.again.isVisible()
        user.click(page.other)
        step = user.on(LoginStepView)
        assert "Make one on your device" in step._why.text()
        user.type(step.code, "714 346")
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert one_answer(user).answer == CodeAnswer("714346")

    def test_a_blocked_pin_is_not_asked_for(self, user: User) -> None:
        user.controller.tries_left = 0
        log_in(user, 5)
        page = user.on(AskView)
        user.until(page.renew.isVisible)
        assert "is blocked" in user.told()
        assert not page.pin.isVisible()


class TestSomethingTyped:
    @pytest.mark.parametrize(("code", "said"), [(3, "by SMS"), (8, "by e-mail"), (13, "calls you")])
    def test_a_code_that_was_sent(self, user: User, code: int, said: str) -> None:
        token = log_in(user, code)
        page = user.on(LoginStepView)
        assert said in page._why.text()
        assert page.code.hasFocus()
        assert not page.go_on.isEnabled()
        user.controller.answer(ev.ContinueLogin, refused(user, token, code), ACCEPTED)
        user.type(page.code, "111111")
        user.key(Qt.Key.Key_Return)
        user.until(lambda: user.told().startswith("The server refused the code."))
        user.until(lambda: page.code.hasFocus())
        assert page.code.text() == ""
        user.type(page.code, "222222")
        user.key(Qt.Key.Key_Return)
        result_page(user)
        given = [event.answer for event in user.controller.posts(ev.ContinueLogin)]
        assert given == [CodeAnswer("111111"), CodeAnswer("222222")]

    def test_the_static_password(self, user: User) -> None:
        token = log_in(user, 2)
        page = user.on(LoginStepView)
        assert page.password.hasFocus()
        assert not page.code.isVisible()
        user.controller.answer(ev.ContinueLogin, refused(user, token, 2), ACCEPTED)
        for password in ("test1234", "Test 1234"):
            user.type(page.password, password)
            user.key(Qt.Key.Key_Return)
            if password == "test1234":
                user.until(lambda: user.told().startswith("The server refused the password."))
        result_page(user)
        assert user.controller.posts(ev.ContinueLogin)[-1].answer == PasswordAnswer("Test 1234")
        assert page.password.text() == ""

    def test_a_typed_login_with_a_challenge(self, user: User) -> None:
        user.controller.answer(ev.LoginWithTypedCode, waits(user.clock.uptime(), 10, "5551234"))
        user.flow.start()
        user.click(user.on(WelcomeView).steps.typed)
        page = user.on(TypedLoginView)
        user.type(page.server, SERVER)
        user.type(page.user, "anna.berg")
        user.type(page.otp, "714346")
        user.key(Qt.Key.Key_Return)
        step = user.on(LoginStepView)
        assert step._challenge.text == "555\u00a01234"
        assert "Type it into your device" in step._why.text()
        user.type(step.code, "987654")
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert one_answer(user).answer == CodeAnswer("987654")


class TestWaiting:
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (None, "asks for approval"),
            (6, "asks for approval"),
            (7, "with a second factor"),
            (11, "scan an image"),
            (21, "no PIN"),
            (22, "with its PIN"),
            (23, "with a fingerprint, a face, or its PIN"),
            (24, "with a fingerprint, a face, or its PIN"),
        ],
    )
    def test_who_is_waited_for_and_for_how_long(self, user: User, code: int | None, said: str) -> None:
        gate = user.controller.gate(ev.AwaitLogin)
        user.controller.answer(ev.AwaitLogin, replace(ACCEPTED, risk_response_code=code))
        log_in(user, code)
        page = user.on(LoginWaitingView)
        assert said in page._awaited.text()
        assert not page.approve.isVisible()
        user.clock.pass_seconds(17)
        user.until(lambda: "0:43" in page.time._text.text())
        assert user.controller.threads["AwaitLogin"] == {"waiting"}
        gate.set()
        result_page(user)
        assert user.told() == "Login accepted."

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (Status.ACCESS_DENIED, "This login was declined"),
            (Status.WRONG_CREDENTIALS, "The server refused the code."),
            (Status.FAILED, "The login did not succeed."),
        ],
    )
    def test_it_ends_badly(self, user: User, status: Status, said: str) -> None:
        user.controller.answer(ev.AwaitLogin, ev.LoginResult(status, 22))
        log_in(user, 22)
        result_page(user)
        assert user.told().startswith(said)

    def test_its_time_runs_out(self, user: User) -> None:
        log_in(user, 22)
        user.on(LoginWaitingView)
        user.clock.pass_seconds(ev.LIFE)
        page = result_page(user)
        assert user.told().startswith("The login timed out.")
        user.click(page.again)
        assert user.on(AskView).title.text() == "Log in"

    def test_stopped(self, user: User) -> None:
        log_in(user, 22)
        user.click(user.on(LoginWaitingView).stop)
        page = result_page(user)
        assert user.told().startswith("You stopped waiting.")
        user.until(lambda: not user.flow.stage.waiting_lane.busy)
        assert user.window.page is page
        assert user.window.banner.isHidden()

    def test_left_and_told_wherever_one_is(self, user: User) -> None:
        gate = user.controller.gate(ev.AwaitLogin)
        user.controller.answer(ev.AwaitLogin, ACCEPTED)
        log_in(user, 22)
        user.on(LoginWaitingView)
        user.key(Qt.Key.Key_Escape)
        user.on(HomeView)
        gate.set()
        user.until(user.window.banner.isVisible)
        assert user.window.banner.text.startswith("anna.berg: Login accepted.")

    def test_codes_are_made_meanwhile_and_a_second_login_leads_back(self, user: User) -> None:
        log_in(user, 22)
        user.on(LoginWaitingView)
        user.key(Qt.Key.Key_Escape)
        user.click(user.on(HomeView)._cards[0])
        page = user.on(ManagedView)
        user.click(page.picker._buttons[ProtectionType.NO_PIN])
        user.until(lambda: page.code.shown_code() is not None)
        user.click(page.log_in)
        user.on(LoginWaitingView)
        assert len(user.controller.posts(ev.AwaitLogin)) == 1
        user.flow.logins.begin_typed()
        user.on(LoginWaitingView)

    def test_the_server_is_gone_for_a_while(self, user: User) -> None:
        log_in(user, 22)
        page = user.on(LoginWaitingView)
        origin = "https://login.northwind.example"
        user.controller.notify(ServerConnection(origin, ConnectionState.NOT_REACHABLE))
        user.until(lambda: user.told().startswith("The server cannot be reached at the moment."))
        user.controller.notify(ServerConnection(origin, ConnectionState.REACHABLE))
        user.until(lambda: not page.problem.isVisible())

    def test_gone_until_the_end(self, user: User) -> None:
        user.controller.answer(ev.AwaitLogin, Unreachable(Reason.TIMED_OUT, sent=True))
        log_in(user, 22)
        result_page(user)
        assert "Whether the login was approved is not known." in user.told()

    def test_logging_out_ends_it(self, user: User) -> None:
        log_in(user, 22)
        user.on(LoginWaitingView)
        user.key(Qt.Key.Key_Escape)
        user.on(HomeView)
        user.flow.managing.log_out()
        user.until(lambda: not user.flow.stage.waiting_lane.busy)
        assert user.window.banner.text.startswith("Logged out.")
        user.click(user.on(HomeView)._cards[0])
        user.click(user.on(ManagedView).log_in)
        user.on(AskView)

    def test_closing_the_window_does_not_wait_for_it(self, user: User) -> None:
        log_in(user, 22)
        user.on(LoginWaitingView)
        assert user.flow.stop(patience=5)

    def test_approving_on_this_computer_can_be_offered(self, user: User) -> None:
        asked: list[tuple[str, str]] = []
        looked: list[Token] = []
        can: list[bool] = []
        steps = user.flow.logins.steps
        steps.when_approving(lambda _: bool(can), lambda *request: asked.append(request), looked.append)
        token = log_in(user, 22)
        page = user.on(LoginWaitingView)
        assert looked == [token]
        assert not page.approve.isVisible()
        can.append(True)
        steps.look_again()
        user.click(page.approve)
        assert asked == [(token.id, "5fd81c0a77e2")]
        user.flow.stage.home()
        assert user.flow.logins.steps.show_wait()
        user.click(user.on(LoginWaitingView).stop)
        assert not user.flow.logins.steps.show_wait()


class TestLeaving:
    def test_a_step_that_was_left_is_gone_on_with(self, user: User) -> None:
        log_in(user, 5)
        page = user.on(AskView)
        user.until(page.pin.isVisible)
        user.key(Qt.Key.Key_Escape)
        user.click(user.on(ManagedView).log_in)
        page = user.on(AskView)
        assert page.title.text() == "One more step"
        enter_pin(user, page)
        result_page(user)
        assert len(user.controller.posts(ev.Login)) == 1

    def test_not_once_its_time_is_over(self, user: User) -> None:
        log_in(user, 3)
        user.on(LoginStepView)
        user.key(Qt.Key.Key_Escape)
        page = user.on(ManagedView)
        user.clock.pass_seconds(ev.LIFE)
        user.click(page.log_in)
        assert user.on(AskView).title.text() == "Log in"

    @pytest.mark.parametrize("code", [3, 5])
    def test_the_time_runs_out_on_the_page(self, user: User, code: int) -> None:
        log_in(user, code)
        user.until(lambda: user.window.page is not None and user.window.page.title.text() == "One more step")
        user.clock.pass_seconds(ev.LIFE)
        result_page(user)
        assert user.told().startswith("The login timed out.")
        assert not user.controller.posts(ev.ContinueLogin)

    @pytest.mark.parametrize("code", [None, 5])
    def test_a_code_that_is_made_after_the_page_was_left_is_not_sent_and_that_is_told(
        self, user: User, code: int | None
    ) -> None:
        if code is None:
            user.controller.tokens = [managed_token(protections=NO_PIN_ONLY)]
            open_token(user, 0)
            user.click(user.on(ManagedView).log_in)
        else:
            log_in(user, 10, "1", managed_token(protections=NO_PIN_ONLY))
            user.until(lambda: user.on(AskView).title.text() == "One more step")
        sent = len(user.controller.posts(ev.Login))
        gate = user.controller.gate(ev.GenerateOtp)
        gate.clear()
        user.click(user.on(AskView).go_on)
        user.key(Qt.Key.Key_Escape)
        user.on(ManagedView)
        gate.set()
        user.until(user.window.banner.isVisible)
        assert "before the code was sent" in user.window.banner.text
        user.idle()
        assert len(user.controller.posts(ev.Login)) == sent
        assert not user.controller.posts(ev.ContinueLogin)

    def test_the_answer_of_a_step_that_was_left_is_told(self, user: User) -> None:
        gate = user.controller.gate(ev.ContinueLogin)
        log_in(user, 3)
        page = user.on(LoginStepView)
        user.type(page.code, "222222")
        user.key(Qt.Key.Key_Return)
        user.on(WorkingView)
        user.key(Qt.Key.Key_Escape)
        user.on(HomeView)
        gate.set()
        user.until(user.window.banner.isVisible)
        assert user.window.banner.text.startswith("anna.berg: Login accepted.")

    def test_a_first_answer_that_comes_late_names_the_next_step(self, user: User) -> None:
        gate = user.controller.gate(ev.Login)
        log_in(user, 3)
        user.on(WorkingView)
        user.key(Qt.Key.Key_Escape)
        user.on(HomeView)
        gate.set()
        user.until(user.window.banner.isVisible)
        assert "The server wants another step." in user.window.banner.text
        user.flow.logins.begin(user.controller.tokens[0].id)
        user.on(LoginStepView)

    @pytest.mark.parametrize("sent", [True, False])
    def test_the_server_cannot_be_reached(self, user: User, sent: bool) -> None:
        log_in(user, 3)
        page = user.on(LoginStepView)
        user.controller.answer(ev.ContinueLogin, Unreachable(Reason.LOST, sent=sent), ACCEPTED)
        user.type(page.code, "222222")
        user.key(Qt.Key.Key_Return)
        done = result_page(user)
        assert ("may have reached the server" in user.told()) is sent
        assert done.again.text() == "Go on"
        user.click(done.again)
        user.on(LoginStepView)
        assert len(user.controller.posts(ev.ContinueLogin)) == 1

    def test_a_vault_that_is_locked_meanwhile(self, user: User) -> None:
        log_in(user, 3)
        page = user.on(LoginStepView)
        user.controller.answer(ev.ContinueLogin, ev.LoginResult(Status.INVALID_STATE))
        user.type(page.code, "222222")
        user.key(Qt.Key.Key_Return)
        result_page(user)
        assert user.told().startswith("Your tokens were locked meanwhile, so nothing was sent.")


@pytest.mark.parametrize("code", [6, 7, 11])
def test_approving_here_is_not_offered_where_another_device_is_wanted(user: User, code: int) -> None:
    user.flow.logins.steps.when_approving(lambda _: True, lambda *_: None, lambda _: None)
    log_in(user, code)
    assert not user.on(LoginWaitingView).approve.isVisible()


@pytest.mark.parametrize("code", [21, 22, 23, 24])
def test_approving_here_is_offered_whatever_it_asks_for(user: User, code: int) -> None:
    """For a finger or a face (23, 24) the PIN is taken as well."""
    user.flow.logins.steps.when_approving(lambda _: True, lambda *_: None, lambda _: None)
    log_in(user, code)
    assert user.on(LoginWaitingView).approve.isVisible()


@pytest.mark.parametrize("code", [14, 25, 99])
def test_what_nobody_here_can_do_is_said(user: User, code: int) -> None:
    log_in(user, code)
    page = result_page(user)
    assert "The server wants another step." in user.told()
    assert str(code) in page._risk.text()
    user.click(page.again)
    assert user.on(AskView).title.text() == "Log in"
