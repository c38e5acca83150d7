"""Trying a server, naming a tenant, correcting the clock of codes, and what a login tells."""

from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QWidget
from ui.conftest import User
from ui.fake_controller import ACTIVATION_CODE, managed_token, totp_token
from ui.fake_servers import NORTHWIND, good_report, login_data
from ui.test_ui_journeys import at_home, open_token
from ui.test_ui_pages import assert_nothing_is_clipped, large_text

from softtoken.clock import ClockCorrection
from softtoken.iaa.errors import Reason
from softtoken.iaa.fingerprint import CddcExtent, Display
from softtoken.iaa.profiles import Environment
from softtoken.services import events as ev
from softtoken.services.events import ServerReport, ServerStep, ServerVerdict, Status, StepState
from softtoken.ui.desktop.window_display import WindowDisplay
from softtoken.ui.server_words import ServerWords
from softtoken.ui.views.activation_form import ActivationFormView
from softtoken.ui.views.login_data import LoginDataView
from softtoken.ui.views.managed import ManagedView
from softtoken.ui.views.oath import OathView
from softtoken.ui.views.server_check import ServerCheckView
from softtoken.ui.views.settings import SettingsView
from softtoken.ui.views.typed_login import TypedLoginView
from softtoken.ui.window import SMALLEST
from softtoken.vault.errors import VaultBusy

__all__ = ["large_text"]


def spoken(widget: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None
    return interface.text(QAccessible.Text.Name)


def at_form(user: User) -> ActivationFormView:
    user.flow.start()
    user.idle()
    user.flow.activation.begin()
    return user.on(ActivationFormView)


def at_settings(user: User) -> SettingsView:
    at_home(user)
    user.flow.settings.begin()
    page = user.on(SettingsView)
    user.idle()
    return page


def checked(user: User) -> ServerCheckView:
    page = user.on(ServerCheckView)
    user.until(lambda: page.done.isVisible())
    return page


def found(page: ServerCheckView) -> dict[str, str]:
    rows = (row for row in page.rows.values() if row.isVisible())
    return {row.name.text(): row.found.text().replace("\u200b", "") for row in rows}


def shows_steps(page: ServerCheckView, count: int) -> bool:
    return len(found(page)) == count


def held(user: User) -> ClockCorrection | None:
    return user.controller.correction


def test_a_server_is_tried_before_an_activation_and_nothing_typed_is_lost(user: User) -> None:
    form = at_form(user)
    assert not form.entry.check.isEnabled()
    user.type(form.server, "northwind.sdb.tid.onespan.cloud")
    user.type(form.user, "anna")
    user.type(form.code, ACTIVATION_CODE)
    user.click(form.entry.check)
    page = checked(user)
    assert user.told().startswith("The server can be used from here.")
    assert list(found(page)) == ["Name", "Connection", "Encryption", "Answer", "Who answers", "Clock"]
    assert "issued by Northwind Trust Services" in found(page)["Encryption"]
    assert spoken(page.rows[ServerStep.TLS].name) == "Encryption: good"
    assert page.done.hasFocus()
    user.key(Qt.Key.Key_Return)
    form = user.on(ActivationFormView)
    assert (form.server.text(), form.user.text()) == ("northwind.sdb.tid.onespan.cloud", "anna")
    assert form.code.text().replace("-", "").replace(" ", "") == ACTIVATION_CODE.replace("-", "")
    (event,) = user.controller.posts(ev.CheckServer)
    assert event == ev.CheckServer("northwind.sdb.tid.onespan.cloud")
    assert user.controller.threads["CheckServer"] == {"login"}


def test_what_cannot_be_an_address_is_said_at_once(user: User) -> None:
    form = at_form(user)
    user.type(form.server, "http://northwind.example")
    user.click(form.entry.check)
    assert "https://" in form.server_field.note
    assert not user.controller.posts(ev.CheckServer)


def test_the_steps_appear_as_they_end_and_leaving_cancels(user: User) -> None:
    form = at_form(user)
    gate = user.controller.gate(ev.CheckServer)
    user.type(form.server, "northwind.example")
    user.click(form.entry.check)
    page = user.on(ServerCheckView)
    assert page.cancel.hasFocus()
    assert found(page) == {}
    whole = replace(good_report(user.clock.now()), origin="https://northwind.example")
    user.controller.notify(ev.ServerChecking(replace(whole, origin="https://another.example")))
    for count in (1, 2, 3):
        user.controller.notify(ev.ServerChecking(replace(whole, steps=whole.steps[:count], verdict=None)))
        user.until(partial(shows_steps, page, count))
    assert user.told() == ""
    user.key(Qt.Key.Key_Escape)
    user.on(ActivationFormView)
    (event,) = user.controller.posts(ev.CheckServer)
    assert event.cancellation.cancelled
    gate.set()
    user.idle()
    assert isinstance(user.window.page, ActivationFormView)


def test_a_check_that_was_left_says_nothing_on_the_next_ones_page(user: User) -> None:
    form = at_form(user)
    gate = user.controller.gate(ev.CheckServer)
    user.type(form.server, "first.example")
    user.click(form.entry.check)
    user.on(ServerCheckView)
    user.key(Qt.Key.Key_Escape)
    form = user.on(ActivationFormView)
    form.server.clear()
    user.type(form.server, "second.example")
    user.click(form.entry.check)
    page = user.on(ServerCheckView)
    gate.set()
    user.until(lambda: page.done.isVisible())
    assert page._server.text().replace("\u200b", "") == "second.example"
    assert user.told().startswith("The server can be used")


def test_a_tenant_by_its_name_with_the_keyboard(user: User) -> None:
    form = at_form(user)
    entry = form.entry
    assert not entry.panel.isVisible()
    assert spoken(entry.by_name) == "By tenant name"
    entry.by_name.setFocus()
    user.key(Qt.Key.Key_Space)
    panel = entry.panel
    assert panel.tenant.hasFocus()
    assert spoken(panel.tenant) == "Tenant"
    assert spoken(panel.environment) == "Environment: Sandbox"
    user.type(panel.tenant, "Northwind")
    assert form.server.text() == NORTHWIND
    assert not panel._certificate.isVisible()
    actions = {action.text(): action for action in panel.environment.menu_shown.actions()}
    assert len(actions) == len(Environment)
    actions["Production, Europe 1 (prod.eu1)"].trigger()
    assert form.server.text() == "https://northwind.prod.eu1.tid.onespan.cloud"
    assert spoken(panel.environment) == "Environment: Production, Europe 1"
    assert panel._certificate.isVisible()
    user.type(panel.tenant, "/x")
    assert "letters, digits and hyphens" in panel.field.note
    assert form.server.text() == "https://northwind.prod.eu1.tid.onespan.cloud"


@pytest.mark.usefixtures("large_text")
@pytest.mark.parametrize("environment", list(Environment))
def test_the_panel_is_not_clipped_at_200_percent(user: User, environment: Environment) -> None:
    form = at_form(user)
    form.entry.by_name.setChecked(True)
    form.entry.panel.choose(environment)
    user.window.resize(*SMALLEST)
    user.until(lambda: form.entry.panel.width() <= SMALLEST[0])
    assert_nothing_is_clipped(form)


def test_the_panel_starts_from_an_address_that_was_typed(user: User) -> None:
    form = at_form(user)
    user.type(form.server, "fabrikam.staging.eu2.tid.onespan.cloud")
    user.click(form.entry.by_name)
    assert form.entry.panel.tenant.text() == "fabrikam"
    assert form.entry.panel.environment.text().startswith("staging.eu2")
    user.key(Qt.Key.Key_Escape)
    user.flow.activation.begin()
    form = user.on(ActivationFormView)
    assert form.entry.panel.tenant.text() == ""
    assert not form.entry.panel.isVisible()


def test_a_link_brings_the_server_and_the_panel_stays_away(user: User) -> None:
    form = at_form(user)
    user.click(form.entry.by_name)
    user.flow.activation.begin_with_link(
        f"softtoken://activate?v=1&server=https%3A%2F%2Fnorthwind.example&user=anna&code={ACTIVATION_CODE}"
    )
    user.until(lambda: form.server.text() == "https://northwind.example")
    assert not form.entry.panel.isVisible()


def test_a_server_is_tried_before_a_typed_login(user: User) -> None:
    at_home(user)
    user.flow.logins.begin_typed()
    form = user.on(TypedLoginView)
    user.type(form.server, "northwind.example")
    user.type(form.user, "anna")
    user.type(form.otp, "123456")
    user.click(form.entry.check)
    checked(user)
    user.key(Qt.Key.Key_Escape)
    form = user.on(TypedLoginView)
    assert (form.server.text(), form.user.text(), form.otp.code()) == ("northwind.example", "anna", "")


def test_a_tokens_own_server_from_its_menu(user: User) -> None:
    token = managed_token()
    user.controller.tokens = [token]
    open_token(user, 0)
    page = user.on(ManagedView)
    user.idle()
    page.menu.check.trigger()
    checked(user)
    assert token.account is not None
    assert user.controller.posts(ev.CheckServer)[0].user_identifier == token.account.identifier
    user.click(checked(user).again)
    checked(user)
    first, second = user.controller.posts(ev.CheckServer)
    assert first.cancellation is not second.cancellation
    user.key(Qt.Key.Key_Escape)
    user.on(ManagedView)


def test_a_clock_that_is_off_is_corrected_by_choice_shown_and_let_go(user: User) -> None:
    user.controller.tokens = [managed_token(), totp_token()]
    user.controller.behind = 37
    open_token(user, 0)
    user.idle()
    user.on(ManagedView).menu.check.trigger()
    page = checked(user)
    assert "do not agree" in user.told()
    assert "37 s behind" in found(page)["Clock"]
    assert page.offered.text() == "Codes can be corrected by \u2066+37\u2069 s."
    assert held(user) is None, "nothing is corrected unasked"
    user.click(page.correct)
    user.until(lambda: "from now on" in page.offered.text())
    assert not page.correct.isVisible()
    assert spoken(page.rows[ServerStep.CLOCK].name) == "Clock: good"
    assert user.told().startswith("The server can be used from here.")
    assert held(user) == ClockCorrection(37, user.clock.now(), page._server.text().replace("\u200b", ""))

    user.flow.codes.open(user.controller.tokens[1].id)
    oath = user.on(OathView)
    user.until(lambda: oath.code.shown_code() is not None)
    corrected = oath.code._corrected
    assert corrected.isVisible()
    assert corrected.text() == "Clock corrected by \u2066+37\u2069 s"
    # the countdown goes by this computer's clock: the step ends 37 s earlier than it would uncorrected
    left = 30 - (user.clock.now() + 37) % 30
    user.later(left - 1)
    before = oath.code.shown_code()
    assert before is not None
    user.later(1)
    user.until(lambda: oath.code.shown_code() not in (None, before))

    user.flow.settings.begin()
    settings = user.on(SettingsView)
    user.until(lambda: settings.clock.isVisible())
    assert "+37" in settings._corrected.text()
    user.click(settings.uncorrect)
    user.until(lambda: not settings.clock.isVisible())
    assert held(user) is None
    user.flow.codes.open(user.controller.tokens[1].id)
    oath = user.on(OathView)
    user.until(lambda: oath.code.shown_code() is not None)
    assert not oath.code._corrected.isVisible()


def test_a_clock_that_was_set_right_is_offered_to_go_uncorrected(user: User) -> None:
    user.controller.tokens = [managed_token()]
    user.controller.correction = ClockCorrection(300, user.clock.now(), NORTHWIND)
    open_token(user, 0)
    user.idle()
    user.on(ManagedView).menu.check.trigger()
    page = checked(user)
    assert page.correct.text() == "Remove it"
    assert page.offered.text().startswith("This computer's clock is right again")
    user.click(page.correct)
    user.until(lambda: user.controller.correction is None)
    user.until(lambda: page.offered.text() == "Codes go by this computer's clock again.")


def test_before_anything_is_stored_a_correction_is_only_spoken_of(user: User) -> None:
    user.controller.behind = -600
    form = at_form(user)
    user.type(form.server, "northwind.example")
    user.click(form.entry.check)
    page = checked(user)
    assert "once this computer is activated" in page.offered.text()
    assert not page.correct.isVisible()


@pytest.mark.parametrize("outcome", [ev.StatusResult(Status.INVALID_PARAMETER), VaultBusy()])
def test_a_correction_that_cannot_be_kept_is_told(user: User, outcome: object) -> None:
    user.controller.tokens = [managed_token()]
    user.controller.behind = 37
    user.controller.answer(ev.CorrectClock, outcome)
    open_token(user, 0)
    user.idle()
    user.on(ManagedView).menu.check.trigger()
    page = checked(user)
    user.click(page.correct)
    user.until(lambda: user.told() != "" and "clock" not in user.told())
    assert page.correct.isEnabled()


def test_what_the_environment_did_is_told_on_the_page(user: User) -> None:
    form = at_form(user)
    user.controller.answer(ev.CheckServer, VaultBusy(), good_report(user.clock.now()))
    user.type(form.server, "northwind.example")
    user.click(form.entry.check)
    page = checked(user)
    assert user.told()
    user.click(page.again)
    user.until(lambda: user.told().startswith("The server can be used"))


@pytest.mark.parametrize("verdict", list(ServerVerdict))
@pytest.mark.parametrize("reason", [None, Reason.REFUSED, Reason.TLS, Reason.NAME_NOT_FOUND, Reason.OTHER])
def test_every_verdict_has_words(user: User, verdict: ServerVerdict, reason: Reason | None) -> None:
    report = replace(good_report(user.clock.now()), verdict=verdict, reason=reason, status=Status.FAILED)
    said = ServerWords(user.window).verdict(report)
    assert said.what.endswith(".")
    assert said.correlation_id == "7c1e-40b2"
    assert (said.kind == "good") is (verdict is ServerVerdict.TENANT)


def test_every_step_has_words_whatever_it_found(user: User) -> None:
    whole, words = good_report(user.clock.now(), behind=-90_000), ServerWords(user.window)
    proxied = replace(whole, proxy="proxy.example")
    empty = ServerReport(Status.FAILED, NORTHWIND)
    for report in (whole, proxied, empty, replace(whole, correction=12)):
        for step in ServerStep:
            for state in StepState:
                assert words.step_name(step)
                assert words.state_name(state)
                assert words.found(report, step, state).strip()
    assert "set the clock" in words.clock(whole)
    assert "proxy.example" in words.found(proxied, ServerStep.NAME, StepState.GOOD)
    assert words.verdict(ServerReport(Status.INVALID_PARAMETER)).kept == "Nothing was sent."
    assert words.verdict(ServerReport(Status.INVALID_USER_ID)).what


def at_login_data(user: User) -> LoginDataView:
    user.click(at_settings(user).login_data)
    page = user.on(LoginDataView)
    user.until(lambda: page.facts.isVisible())
    return page


def test_what_a_login_tells_is_shown_to_the_letter_and_reduced(user: User) -> None:
    page = at_login_data(user)
    assert page.sent.toPlainText() == login_data(CddcExtent.FULL).cddc
    assert page.sent.isReadOnly()
    assert spoken(page.sent) == "Exactly as it is sent"
    for told in ("Program, with every request: SoftToken/0.1.0", "Screen: 1920 × 1080", "Window: 460 × 700", "x86_64"):
        assert told in page.facts.text
    user.click(page.copy)
    assert QGuiApplication.clipboard().text() == page.sent.toPlainText()
    user.click(page.choices[CddcExtent.MINIMAL])
    user.until(lambda: page.choices[CddcExtent.MINIMAL].isChecked())
    assert user.controller.extent is CddcExtent.MINIMAL
    assert "Screen: not sent" in page.facts.text
    user.click(page.choices[CddcExtent.NONE])
    user.until(lambda: not page.sent.isVisible())
    assert page.facts.text == "Program, with every request: SoftToken/0.1.0"
    user.key(Qt.Key.Key_Escape)
    user.on(SettingsView)


def test_where_the_configuration_decides_nothing_can_be_chosen(user: User) -> None:
    user.controller.answer(ev.GetLoginData, login_data(CddcExtent.MINIMAL, decided=True))
    page = at_login_data(user)
    assert not any(one.isEnabled() for one in page.choices.values())
    assert page._fixed.isVisible()


def test_a_choice_that_is_refused_is_told_and_what_holds_is_shown(user: User) -> None:
    user.controller.answer(ev.SetLoginData, ev.StatusResult(Status.ACCESS_DENIED))
    page = at_login_data(user)
    user.click(page.choices[CddcExtent.NONE])
    user.until(lambda: user.told() != "")
    user.idle()
    assert page.choices[CddcExtent.FULL].isChecked()
    assert not page.choices[CddcExtent.NONE].isChecked()


def sees(display: WindowDisplay, wanted: Display) -> bool:
    return display.read() == wanted


def test_the_sizes_are_those_of_the_window_and_its_screen(user: User) -> None:
    display = WindowDisplay()
    assert display.read() is None
    display.watch(user.window)
    screen = user.window.screen().size()
    for size in (QSize(520, 640), QSize(600, 700)):
        user.window.resize(size)
        wanted = Display((screen.width(), screen.height()), (size.width(), size.height()))
        user.until(partial(sees, display, wanted))
