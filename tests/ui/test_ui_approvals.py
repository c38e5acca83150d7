"""Logins that wait for approval, as somebody before the window meets them."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QLabel, QWidget
from ui.approval_scenes import waiting_login
from ui.conftest import User
from ui.fake_controller import ACCEPTED, PIN, managed_token, totp_token
from ui.fake_values import waits

from softtoken.engine.tokens import ProtectionType
from softtoken.iaa.errors import Reason, ServerFault, Unreachable
from softtoken.services import events as ev
from softtoken.services.events import ApprovalResult, PendingApproval, SessionOutdated, Status, VaultCondition
from softtoken.ui.flows.lookout import INTERVAL, LONGEST_PAUSE
from softtoken.ui.states import ApprovalPage
from softtoken.ui.views.approval import ApprovalView
from softtoken.ui.views.approval_done import ApprovalDoneView
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.settings import SettingsView

NO_PIN = ProtectionType.NO_PIN


@pytest.fixture(autouse=True)
def _ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timers only wake; which second it is the fake clock says."""
    monkeypatch.setattr("softtoken.ui.flows.lookout._WAKE_MS", 20)
    monkeypatch.setattr("softtoken.ui.approval_watch._WAKE_MS", 20)
    monkeypatch.setattr("softtoken.ui.views.approval._WAKE_MS", 20)


@pytest.fixture
def anna(user: User) -> User:
    """With an activated token, at the list of tokens; her server has approvals, and none waits."""
    user.controller.vault = VaultCondition.OPEN
    user.controller.tokens = [managed_token(), totp_token()]
    serve(user)
    user.flow.start()
    user.on(HomeView)
    user.until(lambda: asked(user) > 0)
    settle(user)
    return user


def serve(user: User, *waiting: PendingApproval) -> None:
    """What the server lists from now on, and not a moment longer than it waits."""

    def listed(_: Any) -> ev.ListApprovalsResult:
        left = tuple(one for one in waiting if one.left(user.clock.uptime()))
        return ev.ListApprovalsResult(Status.OK, left)

    user.controller.answer(ev.ListApprovals, listed)


def login_waits(user: User, number: int = 1, protection: ProtectionType = ProtectionType.PIN) -> PendingApproval:
    return waiting_login(user.controller.tokens[0], user.clock.uptime(), number, protection)


def asked(user: User) -> int:
    return len(user.controller.posts(ev.ListApprovals))


def meet(user: User, approval: PendingApproval) -> ApprovalView:
    """A login begins to wait, is seen, and looked at."""
    serve(user, approval)
    ask_again(user)
    user.until(user.window.approvals.isVisible)
    user.click(user.window.approvals.look)
    return user.on(ApprovalView)


def ask_again(user: User) -> None:
    """The next question's time has come; it is asked and answered."""
    settle(user)
    before = asked(user)
    user.clock.pass_seconds(INTERVAL)
    user.until(lambda: asked(user) > before)
    settle(user)


def settle(user: User) -> None:
    user.until(lambda: not user.flow.stage.approval_lane.busy and not user.flow.stage.token_lane.busy)


def texts(view: ApprovalView) -> str:
    return "\n".join(label.text() for label in view.findChildren(QLabel) if label.isVisible()).replace("\u200b", "")


class TestLooking:
    def test_enter_on_the_strip_opens_it_as_a_click_does(self, anna: User) -> None:
        serve(anna, login_waits(anna))
        ask_again(anna)
        anna.until(anna.window.approvals.isVisible)
        anna.key(Qt.Key.Key_Return)
        assert not isinstance(anna.window.page, ApprovalView), "only for who went there"
        anna.window.approvals.look.setFocus()
        anna.key(Qt.Key.Key_Return)
        anna.on(ApprovalView)

    def test_every_few_seconds_while_the_window_is_in_use(self, anna: User) -> None:
        settle(anna)
        for seconds, times in ((INTERVAL - 1, 1), (1, 2), (INTERVAL, 3)):
            anna.clock.pass_seconds(seconds)
            anna.until(lambda times=times: asked(anna) == times)  # type: ignore[misc]
            settle(anna)
        assert {event.user_identifier for event in anna.controller.posts(ev.ListApprovals)} == {
            anna.controller.tokens[0].account.identifier  # type: ignore[union-attr]
        }
        assert anna.controller.threads["ListApprovals"] == {"approval"}

    @pytest.mark.parametrize("away", ["hidden", "minimised", "another window is in use"])
    def test_not_while_the_window_is_not_in_use(self, anna: User, away: str) -> None:
        other = QWidget()
        anna.qtbot.addWidget(other)
        if away == "hidden":
            anna.window.hide()
        elif away == "minimised":
            anna.window.showMinimized()
        else:
            other.show()
            anna.until(lambda: not anna.window.isActiveWindow())
        settle(anna)
        before = asked(anna)
        anna.clock.pass_seconds(3600)
        anna.qtbot.wait(200)  # ten wakes of the timers
        assert asked(anna) == before

    def test_at_once_when_somebody_comes_back_to_it(self, anna: User) -> None:
        other = QWidget()
        anna.qtbot.addWidget(other)
        other.show()
        anna.until(lambda: not anna.window.isActiveWindow())
        before = asked(anna)
        anna.clock.pass_seconds(3600)
        anna.window.activateWindow()
        anna.until(lambda: asked(anna) > before)

    def test_slower_and_slower_where_no_server_answers(self, anna: User) -> None:
        anna.controller.answer(ev.ListApprovals, Unreachable(Reason.REFUSED))
        anna.clock.pass_seconds(INTERVAL)
        pauses, before = [], asked(anna)
        for _ in range(9):
            anna.until(lambda before=before: asked(anna) > before)  # type: ignore[misc]
            settle(anna)
            before, waited = asked(anna), 0
            while asked(anna) == before:
                anna.clock.pass_seconds(1)
                waited += 1
                anna.qtbot.wait(45)
                settle(anna)
                if waited > 45:
                    break
            pauses.append(waited)
            if waited > 45:
                break
        assert pauses[:3] == sorted(pauses[:3])
        assert pauses[1] > pauses[0] >= INTERVAL
        assert pauses[-1] > 45
        assert not anna.window.approvals.isVisible()
        assert not anna.window.banner.isVisible()  # nobody asked, so nobody is told

    def test_the_longest_pause_has_an_end(self) -> None:
        assert INTERVAL < LONGEST_PAUSE <= 600

    @pytest.mark.parametrize("status", [Status.NOT_SUPPORTED, Status.INVALID_USER_ID])
    def test_not_again_where_nothing_is_offered(self, anna: User, status: Status) -> None:
        anna.controller.answer(ev.ListApprovals, ev.ListApprovalsResult(status))
        ask_again(anna)
        anna.until(lambda: asked(anna) == 2)
        settle(anna)
        anna.clock.pass_seconds(3600)
        anna.qtbot.wait(200)
        assert asked(anna) == 2

    def test_not_where_it_is_switched_off(self, user: User) -> None:
        user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [managed_token()]
        user.controller.look_for_approvals = False
        user.flow.start()
        home = user.on(HomeView)
        user.until(lambda: bool(user.controller.posts(ev.GetLookForApprovals)))
        user.clock.pass_seconds(3600)
        user.qtbot.wait(200)
        assert asked(user) == 0
        serve(user, login_waits(user))
        home.look.trigger()
        user.on(ApprovalView)

    def test_the_setting(self, anna: User) -> None:
        anna.flow.settings.begin()
        page = anna.on(SettingsView)
        anna.until(page.look.isEnabled)
        assert page.look.isChecked()
        anna.click(page.look)
        anna.until(lambda: not page.look.isChecked())
        assert anna.controller.look_for_approvals is False
        settle(anna)
        before = asked(anna)
        anna.clock.pass_seconds(3600)
        anna.qtbot.wait(200)
        assert asked(anna) == before
        anna.until(page.look.isEnabled)
        anna.click(page.look)
        anna.until(lambda: asked(anna) > before)

    def test_nobody_is_asked_without_a_managed_token(self, user: User) -> None:
        user.controller.vault, user.controller.tokens = VaultCondition.OPEN, [totp_token()]
        user.flow.start()
        home = user.on(HomeView)
        user.clock.pass_seconds(60)
        user.qtbot.wait(100)
        home.look.trigger()
        user.until(user.window.banner.isVisible)
        assert "does not offer" in user.window.banner.text
        assert asked(user) == 0


class TestAskingForIt:
    def test_nothing_waits(self, anna: User) -> None:
        anna.on(HomeView).look.trigger()
        anna.until(anna.window.banner.isVisible)
        assert anna.window.banner.text == "Nothing waits for your approval."

    def test_no_server_answers(self, anna: User) -> None:
        settle(anna)
        anna.controller.answer(ev.ListApprovals, Unreachable(Reason.TIMED_OUT))
        anna.on(HomeView).look.trigger()
        anna.until(anna.window.banner.isVisible)
        assert "did not answer in time" in anna.window.banner.text
        assert "Whether something waits for your approval is not known." in anna.window.banner.text

    def test_from_a_tokens_own_page(self, anna: User) -> None:
        anna.flow.codes.open(anna.controller.tokens[0].id)
        page = anna.on(ManagedView)
        serve(anna, login_waits(anna))
        page.menu.look.trigger()
        anna.on(ApprovalView)


class TestTheStrip:
    def test_tells_who_where_from_and_how_long(self, anna: User) -> None:
        approval = login_waits(anna)
        serve(anna, approval)
        ask_again(anna)
        strip = anna.window.approvals
        anna.until(strip.isVisible)
        assert strip.text.replace("\u200b", "") == (
            "A login waits for your approval. anna.berg: Login to Northwind online banking · from 192.0.2.7 · 0:37 left"
        )
        anna.clock.pass_seconds(7)
        anna.until(lambda: "0:30 left" in strip.text.replace("\u200b", ""))

    def test_of_several_it_tells_the_number_and_the_latest(self, anna: User) -> None:
        first, second = (
            login_waits(anna),
            replace(login_waits(anna, 2), title="Another", until=anna.clock.uptime() + 60),
        )
        serve(anna, first, second)
        ask_again(anna)
        anna.until(lambda: "2 requests wait for your approval." in anna.window.approvals.text)
        anna.click(anna.window.approvals.look)
        assert anna.on(ApprovalView).headline.text() == "Another"

    def test_takes_no_focus_and_no_enter(self, anna: User) -> None:
        anna.flow.codes.open(anna.controller.tokens[0].id)
        page = anna.on(ManagedView)
        anna.idle()
        anna.flow.codes.choose(ProtectionType.PIN, None)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, PIN[:3])
        serve(anna, login_waits(anna))
        ask_again(anna)
        anna.until(anna.window.approvals.isVisible)
        assert page.pin.edit.hasFocus()
        assert page.pin.edit.text() == PIN[:3]
        for digit in PIN[3:]:
            anna.key(Qt.Key(ord(digit)))
        anna.key(Qt.Key.Key_Return)
        anna.until(lambda: len(anna.controller.posts(ev.GenerateOtp)) == 1)
        assert not anna.controller.posts(ev.ApproveLogin)

    def test_is_read_out_once(self, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        said: list[str] = []

        def hear(event: QAccessibleEvent) -> None:
            if event.type() == QAccessible.Event.Announcement:
                said.append(event.message())  # type: ignore[attr-defined]

        monkeypatch.setattr(QAccessible, "updateAccessibility", hear)
        serve(anna, login_waits(anna))
        ask_again(anna)
        anna.until(anna.window.approvals.isVisible)
        ask_again(anna)
        assert len([one for one in said if "A login waits for your approval." in one]) == 1

    def test_cannot_be_followed_from_a_page_where_something_is_shown_once(self, anna: User) -> None:
        approval = login_waits(anna)
        serve(anna, approval)
        ask_again(anna)
        anna.until(anna.window.approvals.isVisible)
        anna.flow.activation.begin()
        anna.until(lambda: not anna.window.approvals.look.isEnabled())
        anna.flow.approvals.open(approval.request_id)
        assert not isinstance(anna.window.page, ApprovalView)

    @pytest.mark.parametrize(("seconds", "said"), [(42, "The time for this request is over."), (INTERVAL, "no longer")])
    def test_what_ended_elsewhere_disappears_with_a_word(self, anna: User, seconds: int, said: str) -> None:
        serve(anna, login_waits(anna))
        ask_again(anna)
        strip = anna.window.approvals
        anna.until(lambda: strip.isVisible() and strip.look.isVisible())
        serve(anna)
        anna.clock.pass_seconds(seconds)
        anna.until(lambda: said in strip.text)
        assert not strip.look.isVisible()


class TestThePage:
    def test_shows_the_message_as_plain_text(self, anna: User) -> None:
        odd = replace(
            login_waits(anna), title="<b>Pay</b>", subject="a\u202eb", challenge="one\ntwo\x1b[2J", client_ip="\x07::1"
        )
        page = meet(anna, odd)
        assert page.headline.textFormat() is Qt.TextFormat.PlainText
        assert page.headline.text().replace("\u200b", "") == "<b>Pay</b>"
        assert page.subject.text() == "a\ufffdb"
        assert page.challenge.text() == "one\ntwo\ufffd[2J"
        assert "Comes from: \ufffd::1" in texts(page)

    @pytest.mark.parametrize(
        ("kind", "asked_for", "told"),
        [
            ("login", "Approve this login?", "A login waits for your approval."),
            ("transaction", "Approve this transaction?", "A transaction waits for your approval."),
            ("event", "Approve this request?", "A request waits for your approval."),
        ],
    )
    def test_says_what_it_is(self, anna: User, kind: str, asked_for: str, told: str) -> None:
        serve(anna, replace(login_waits(anna), kind=kind))
        ask_again(anna)
        anna.until(lambda: told in anna.window.approvals.text)
        anna.click(anna.window.approvals.look)
        page = anna.on(ApprovalView)
        assert page.title.text() == asked_for
        assert ("every detail is right" in texts(page)) == (kind != "login")

    def test_enter_decides_nothing(self, anna: User) -> None:
        page = meet(anna, login_waits(anna))
        assert page.default is None
        assert not page.approve.hasFocus()
        assert not page.decline.hasFocus()
        anna.key(Qt.Key.Key_Return)
        anna.on(HomeView)
        assert not anna.controller.posts(ev.ApproveLogin)
        assert not anna.controller.posts(ev.DeclineLogin)

    def test_approving_asks_for_the_pin(self, anna: User) -> None:
        approval = login_waits(anna)
        page = meet(anna, approval)
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        assert page.pin.edit.hasFocus()
        assert not anna.controller.posts(ev.ApproveLogin)
        anna.type(page.pin.edit, PIN)
        anna.key(Qt.Key.Key_Return)
        done = anna.on(ApprovalDoneView)
        assert anna.told() == "Approved: it goes ahead."
        (event,) = anna.controller.posts(ev.ApproveLogin)
        assert (event.approval, event.pin, event.protection) == (approval, PIN, ProtectionType.PIN)
        assert PIN not in repr(event)
        assert anna.controller.threads["ApproveLogin"] == {"approval"}
        anna.click(done.done)
        anna.on(HomeView)
        settle(anna)
        assert not anna.window.approvals.isVisible()

    def test_a_known_pin_is_asked_for_all_the_same(self, anna: User) -> None:
        anna.flow.codes.open(anna.controller.tokens[0].id)
        page = anna.on(ManagedView)
        anna.idle()
        anna.flow.codes.choose(ProtectionType.PIN, None)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, PIN)
        anna.key(Qt.Key.Key_Return)
        anna.until(lambda: len(anna.controller.posts(ev.GenerateOtp)) == 1)
        asking = meet(anna, login_waits(anna))
        anna.click(asking.approve)
        anna.until(asking.pin.isVisible)

    def test_without_a_pin(self, anna: User) -> None:
        approval = login_waits(anna, 2, NO_PIN)
        page = meet(anna, approval)
        assert "No PIN is asked for" in texts(page)
        anna.click(page.approve)
        anna.on(ApprovalDoneView)
        assert anna.controller.posts(ev.ApproveLogin) == [ev.ApproveLogin(approval, None, NO_PIN)]

    def test_declining_asks_for_nothing(self, anna: User) -> None:
        approval = login_waits(anna)
        page = meet(anna, approval)
        anna.click(page.decline)
        anna.on(ApprovalDoneView)
        assert anna.told().startswith("Declined: it does not go ahead.")
        assert anna.controller.posts(ev.DeclineLogin) == [ev.DeclineLogin(approval)]

    def test_a_computer_that_has_not_what_is_asked_for_can_decline(self, anna: User) -> None:
        page = meet(anna, replace(login_waits(anna), protections=()))
        assert not page.approve.isVisible()
        assert "This computer cannot approve it" in texts(page)
        anna.click(page.decline)
        anna.on(ApprovalDoneView)

    def test_a_wrong_pin(self, anna: User) -> None:
        anna.controller.answer(
            ev.ApproveLogin, ApprovalResult(Status.INVALID_PIN, 4, 0), ApprovalResult(Status.OK, 5, 0)
        )
        page = meet(anna, login_waits(anna))
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, "999999")
        anna.key(Qt.Key.Key_Return)
        anna.until(lambda: anna.told().startswith("Wrong PIN."))
        assert "Nothing was approved." in anna.told()
        anna.until(page.pin.edit.hasFocus)
        anna.type(page.pin.edit, PIN)
        anna.key(Qt.Key.Key_Return)
        anna.on(ApprovalDoneView)

    def test_a_blocked_pin_leaves_the_decline(self, anna: User) -> None:
        anna.controller.answer(ev.ApproveLogin, ApprovalResult(Status.PIN_BLOCKED, 0, 0))
        page = meet(anna, login_waits(anna))
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, "999999")
        anna.key(Qt.Key.Key_Return)
        anna.until(lambda: "blocked" in anna.told())
        assert not page.approve.isVisible()
        assert not page.pin.isVisible()
        anna.click(page.decline)
        anna.on(ApprovalDoneView)

    def test_what_the_server_refuses_can_be_tried_again_and_is_told(self, anna: User) -> None:
        refused = ApprovalResult(
            Status.WRONG_CREDENTIALS, detail="Authentication failed", log_correlation_id="9d2c-4711"
        )
        anna.controller.answer(ev.ApproveLogin, refused)
        page = meet(anna, login_waits(anna))
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, PIN)
        anna.key(Qt.Key.Key_Return)
        anna.until(lambda: "The server refused the approval." in anna.told())
        assert "Authentication failed" in anna.told()
        assert page.pin.isVisible()

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (Unreachable(Reason.LOST, sent=True), "Whether the server took the approval is not known."),
            (Unreachable(Reason.REFUSED), "Nothing was approved. The request still waits."),
            (ServerFault(500, "", "9d2c"), "Whether the server took the approval is not known."),
        ],
    )
    def test_a_lost_answer(self, anna: User, error: Exception, said: str) -> None:
        anna.controller.answer(ev.ApproveLogin, error)
        page = meet(anna, login_waits(anna, 2, NO_PIN))
        anna.click(page.approve)
        anna.until(lambda: said in anna.told())
        assert page.approve.isVisible()

    @pytest.mark.parametrize(
        ("outdated", "said"),
        [
            (SessionOutdated.EXPIRED, "The time for this request is over."),
            (SessionOutdated.ACCEPTED, "This request was approved already."),
            (SessionOutdated.REFUSED, "This request was declined already."),
            (SessionOutdated.UNKNOWN, "The server knows this request no more."),
        ],
    )
    def test_a_request_that_is_over(self, anna: User, outdated: SessionOutdated, said: str) -> None:
        anna.controller.answer(ev.DeclineLogin, ApprovalResult(Status.INVALID_STATE, outdated=outdated))
        page = meet(anna, login_waits(anna))
        anna.click(page.decline)
        anna.on(ApprovalDoneView)
        assert anna.told().startswith(said)

    def test_its_time_runs_out_on_the_page(self, anna: User) -> None:
        page = meet(anna, login_waits(anna))
        anna.until(lambda: page.time.text() == "0:37 left")
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, PIN[:3])
        anna.clock.pass_seconds(37)
        anna.until(lambda: anna.told().startswith("The time for this request is over."))
        assert not page.pin.isVisible()
        assert page.pin.edit.text() == ""
        assert not page.decline.isVisible()
        anna.click(page.done)
        anna.on(HomeView)

    def test_it_ends_elsewhere_while_it_is_looked_at(self, anna: User) -> None:
        page = meet(anna, login_waits(anna))
        serve(anna)
        anna.clock.pass_seconds(INTERVAL)
        anna.until(lambda: anna.told().startswith("This request waits no longer."))
        assert not page.approve.isVisible()

    def test_a_decision_that_is_left_goes_on_and_is_told(self, anna: User) -> None:
        gate = anna.controller.gate(ev.ApproveLogin)
        page = meet(anna, login_waits(anna, 2, NO_PIN))
        anna.click(page.approve)
        anna.until(lambda: "being told" in page.time.text())
        assert not page.decline.isEnabled()
        anna.key(Qt.Key.Key_Escape)
        anna.on(HomeView)
        gate.set()
        anna.until(lambda: "anna.berg: Approved: it goes ahead." in anna.window.banner.text)
        settle(anna)
        assert not anna.window.approvals.isVisible()

    def test_a_slow_server_holds_up_no_code(self, anna: User) -> None:
        gate = anna.controller.gate(ev.ApproveLogin)
        page = meet(anna, login_waits(anna, 2, NO_PIN))
        anna.click(page.approve)
        anna.until(lambda: "being told" in page.time.text())
        anna.key(Qt.Key.Key_Escape)
        anna.flow.codes.open(anna.controller.tokens[0].id)
        anna.on(ManagedView)
        anna.flow.codes.choose(NO_PIN, None)
        anna.until(lambda: len(anna.controller.posts(ev.GenerateOtp)) == 1)
        gate.set()

    def test_a_second_press_sends_nothing_twice(self, anna: User) -> None:
        gate = anna.controller.gate(ev.DeclineLogin)
        page = meet(anna, login_waits(anna))
        anna.click(page.decline)
        anna.flow.approvals.decline()
        anna.flow.approvals.approve()
        gate.set()
        anna.on(ApprovalDoneView)
        assert len(anna.controller.posts(ev.DeclineLogin)) == 1
        assert not anna.controller.posts(ev.ApproveLogin)


def begin_to_look(user: User) -> tuple[threading.Event, PendingApproval]:
    """One login waits and is seen; somebody looks for more, and its server takes its time to tell of another one."""
    first = replace(login_waits(user, 1, NO_PIN), title="Mine")
    serve(user, first)
    ask_again(user)
    user.until(user.window.approvals.isVisible)
    gate = user.controller.gate(ev.ListApprovals)
    serve(user, first, replace(login_waits(user, 2, NO_PIN), title="Not mine", until=user.clock.uptime() + 60))
    user.on(HomeView).look.trigger()
    return gate, first


class TestALateAnswer:
    def test_replaces_no_request_that_is_being_read(self, anna: User) -> None:
        gate, first = begin_to_look(anna)
        anna.click(anna.window.approvals.look)
        page = anna.on(ApprovalView)
        gate.set()
        settle(anna)
        assert len(anna.flow.approvals.lookout.waiting) == 2
        assert page.headline.text() == "Mine"
        anna.click(page.approve)
        anna.on(ApprovalDoneView)
        assert [one.approval.request_id for one in anna.controller.posts(ev.ApproveLogin)] == [first.request_id]

    def test_leaves_a_pin_that_is_being_typed(self, anna: User) -> None:
        page = meet(anna, login_waits(anna))
        anna.click(page.approve)
        anna.until(page.pin.isVisible)
        anna.type(page.pin.edit, PIN[:3])
        serve(anna, login_waits(anna), replace(login_waits(anna, 2), until=anna.clock.uptime() + 60))
        anna.flow.approvals.look()
        anna.until(lambda: len(anna.flow.approvals.lookout.waiting) == 2)
        settle(anna)
        assert page.pin.edit.text() == PIN[:3]

    def test_opens_nothing_on_another_page_than_it_was_asked_for(self, anna: User) -> None:
        gate, _ = begin_to_look(anna)
        anna.flow.codes.open(anna.controller.tokens[0].id)
        anna.on(ManagedView)
        gate.set()
        anna.until(lambda: len(anna.flow.approvals.lookout.waiting) == 2)
        settle(anna)
        anna.on(ManagedView)
        anna.flow.approvals.approve_request(anna.controller.tokens[0].id, "unheard of")
        anna.flow.settings.begin()
        settle(anna)
        anna.on(SettingsView)
        assert not anna.window.banner.isVisible()

    def test_comes_to_a_request_that_is_over(self, anna: User) -> None:
        """There is nothing left on that page that a click could decide."""
        meet(anna, login_waits(anna))
        other = replace(login_waits(anna, 2), title="Another")
        serve(anna, other)
        anna.clock.pass_seconds(INTERVAL)
        anna.until(lambda: anna.told().startswith("This request waits no longer."))
        settle(anna)
        anna.flow.approvals.look()
        anna.until(lambda: anna.on(ApprovalView).headline.text() == "Another")


def test_the_page_names_the_user_of_another_request_with_the_same_id(anna: User) -> None:
    """Ids are the servers' own, and two servers may give out the same."""
    token = anna.controller.tokens[0]
    assert token.account is not None
    account = replace(token.account, origin="https://other.example", tenant="other", user_id="bert")
    other = replace(token, id="f" * 32, name="bert@other", account=account)
    approval, page = login_waits(anna), ApprovalView()
    anna.qtbot.addWidget(page)
    page.use_clock(anna.clock)
    page.show()
    page.show_state(ApprovalPage(token, approval, ProtectionType.PIN))
    assert "bert" not in texts(page)
    page.show_state(ApprovalPage(other, replace(approval, user_identifier=account.identifier), ProtectionType.PIN))
    assert "bert" in texts(page)


def removed(user: User) -> None:
    user.controller.tokens = user.controller.tokens[1:]
    user.flow.stage.refresh()


@pytest.mark.parametrize("leave", [removed], ids=["the token is removed"])
def test_what_waits_goes_with_its_token(anna: User, leave: Callable[[User], None]) -> None:
    serve(anna, login_waits(anna))
    ask_again(anna)
    anna.until(anna.window.approvals.isVisible)
    leave(anna)
    anna.until(lambda: not anna.window.approvals.isVisible())


def test_the_login_of_this_very_window(anna: User) -> None:
    """It waits for a device, and this computer is one: approve it here, and go on waiting where one was."""
    from softtoken.ui.views.login_waiting import LoginWaitingView

    settle(anna)
    token = anna.controller.tokens[0]
    result = waits(anna.clock.uptime(), 22, None, token)
    assert result.pending is not None
    approval = replace(login_waits(anna), request_id=result.pending.request_id or "")
    serve(anna, approval)
    gate = anna.controller.gate(ev.AwaitLogin)
    anna.controller.answer(ev.Login, result)
    anna.controller.answer(ev.AwaitLogin, ACCEPTED)
    anna.flow.logins.begin(token.id)
    anna.idle()
    anna.flow.asking.choose(NO_PIN)
    anna.flow.submit_ask(None)
    waiting = anna.on(LoginWaitingView)
    ask_again(anna)
    assert not anna.window.approvals.isVisible()  # the page offers it itself
    anna.click(waiting.approve)
    page = anna.on(ApprovalView)
    anna.click(page.approve)
    anna.until(page.pin.isVisible)
    anna.type(page.pin.edit, PIN)
    anna.key(Qt.Key.Key_Return)
    anna.on(LoginWaitingView)
    gate.set()
