"""The window's pages, each made when it is first shown and joined to the flow."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.ui.clipboard import SecretClipboard
from softtoken.ui.flow import Flow
from softtoken.ui.views import (
    about,
    activated,
    activation_failed,
    activation_form,
    add_link,
    home,
    login_ask,
    login_result,
    managed,
    new_recovery,
    oath,
    passphrase,
    protection,
    recovery,
    remove,
    reset,
    set_pin,
    starting,
    typed_login,
    unlock,
    unusable,
    welcome,
    working,
)
from softtoken.ui.views.intents import ActivationDetails, CodeWanted, ProtectionsChosen, TypedDetails
from softtoken.ui.views.welcome import FirstSteps
from softtoken.ui.widgets.page import Page

P = TypeVar("P", bound=Page)


class Pages(QObject):
    """One method per page. Signals: made(Page), save_wanted(str), print_wanted(str): a recovery code."""

    made = Signal(object)
    save_wanted = Signal(str)
    print_wanted = Signal(str)

    def __init__(self, flow: Flow, clock: Clock, clipboard: SecretClipboard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flow = flow
        self._clock = clock
        self._clipboard = clipboard
        self._made: dict[type[Page], Page] = {}

    def starting(self) -> starting.StartingView:
        return self._page(starting.StartingView, lambda _: None)

    def working(self) -> working.WorkingView:
        return self._page(working.WorkingView, lambda _: None)

    def unlock(self) -> unlock.UnlockView:
        def join(page: unlock.UnlockView) -> None:
            page.secret_given.connect(self._flow.opening.unlock)
            page.way_chosen.connect(self._flow.opening.choose_way)
            page.about_chosen.connect(self._flow.managing.about)
            page.reset_chosen.connect(self._flow.managing.ask_reset)

        return self._page(unlock.UnlockView, join)

    def unusable(self) -> unusable.UnusableView:
        def join(page: unusable.UnusableView) -> None:
            page.way_chosen.connect(self._flow.opening.choose_way)
            page.about_chosen.connect(self._flow.managing.about)
            page.reset_chosen.connect(self._flow.managing.ask_reset)

        return self._page(unusable.UnusableView, join)

    def welcome(self) -> welcome.WelcomeView:
        def join(page: welcome.WelcomeView) -> None:
            self._join_steps(page.steps)
            page.about_chosen.connect(self._flow.managing.about)

        return self._page(welcome.WelcomeView, join)

    def passphrase(self) -> passphrase.PassphraseView:
        def join(page: passphrase.PassphraseView) -> None:
            page.passphrase_chosen.connect(self._flow.keeping.set_passphrase)
            page.keyring_wanted.connect(self._flow.keeping.ask_keyring_again)

        return self._page(passphrase.PassphraseView, join)

    def activation_form(self) -> activation_form.ActivationFormView:
        def given(details: ActivationDetails) -> None:
            self._flow.activation.submit_form(details.server, details.user, details.code)

        return self._page(activation_form.ActivationFormView, lambda page: page.details_given.connect(given))

    def protection(self) -> protection.ProtectionView:
        def chosen(choice: ProtectionsChosen) -> None:
            self._flow.activation.choose(choice.protections)

        return self._page(protection.ProtectionView, lambda page: page.protections_chosen.connect(chosen))

    def set_pin(self) -> set_pin.SetPinView:
        return self._page(set_pin.SetPinView, lambda page: page.pin_set.connect(self._flow.activation.set_pin))

    def activation_failed(self) -> activation_failed.ActivationFailedView:
        def join(page: activation_failed.ActivationFailedView) -> None:
            page.repeated.connect(self._flow.activation.run)

        return self._page(activation_failed.ActivationFailedView, join)

    def recovery(self) -> recovery.RecoveryView:
        def join(page: recovery.RecoveryView) -> None:
            page.confirmed.connect(self._flow.keeping.confirm_recovery)
            page.code_copied.connect(self._clipboard.copy_secret)
            page.save_wanted.connect(self.save_wanted)
            page.print_wanted.connect(self.print_wanted)

        return self._page(recovery.RecoveryView, join)

    def new_recovery(self) -> new_recovery.NewRecoveryView:
        def join(page: new_recovery.NewRecoveryView) -> None:
            page.confirmed.connect(self._flow.keeping.renew_recovery)

        return self._page(new_recovery.NewRecoveryView, join)

    def activated(self) -> activated.ActivatedView:
        def join(page: activated.ActivatedView) -> None:
            page.token_chosen.connect(self._flow.codes.open)
            page.login_chosen.connect(self._flow.logins.begin)

        return self._page(activated.ActivatedView, join)

    def add_link(self) -> add_link.AddLinkView:
        return self._page(add_link.AddLinkView, lambda page: page.link_given.connect(self._flow.managing.add))

    def home(self) -> home.HomeView:
        def join(page: home.HomeView) -> None:
            self._join_steps(page.steps)
            page.token_chosen.connect(self._flow.codes.open)
            page.log_out_chosen.connect(self._flow.managing.log_out)
            page.about_chosen.connect(self._flow.managing.about)
            page.recovery_chosen.connect(self._flow.keeping.ask_new_recovery)
            page.reset_chosen.connect(self._flow.managing.ask_reset)

        return self._page(home.HomeView, join)

    def managed(self) -> managed.ManagedView:
        def wanted(code: CodeWanted) -> None:
            if code.pin is not None:
                self._flow.codes.enter_pin(code.pin, code.data)
            elif code.protection is not None:
                self._flow.codes.choose(code.protection, code.data)
            else:
                self._flow.codes.new_code(code.data)

        def join(page: managed.ManagedView) -> None:
            page.use_clock(self._clock)
            page.code_wanted.connect(wanted)
            page.code_copied.connect(self._clipboard.copy_secret)
            page.code_expired.connect(self._flow.codes.expire)
            page.login_chosen.connect(self._flow.logins.begin)
            page.remove_chosen.connect(self._flow.managing.ask_remove)

        return self._page(managed.ManagedView, join)

    def oath(self) -> oath.OathView:
        def join(page: oath.OathView) -> None:
            page.use_clock(self._clock)
            page.code_wanted.connect(self._flow.codes.make_oath)
            page.code_copied.connect(self._clipboard.copy_secret)
            page.code_expired.connect(self._flow.codes.expire)
            page.remove_chosen.connect(self._flow.managing.ask_remove)

        return self._page(oath.OathView, join)

    def login_ask(self) -> login_ask.LoginAskView:
        def picked(chosen: ProtectionType) -> None:
            self._flow.logins.choose(chosen)

        def join(page: login_ask.LoginAskView) -> None:
            page.use_clock(self._clock)
            page.protection_picked.connect(picked)
            page.pin_given.connect(self._flow.logins.submit)
            page.login_wanted.connect(lambda: self._flow.logins.submit(None))

        return self._page(login_ask.LoginAskView, join)

    def login_result(self) -> login_result.LoginResultView:
        return self._page(login_result.LoginResultView, lambda page: page.repeated.connect(self._flow.logins.again))

    def typed_login(self) -> typed_login.TypedLoginView:
        def given(details: TypedDetails) -> None:
            self._flow.logins.submit_typed(details.server, details.user, details.otp)

        return self._page(typed_login.TypedLoginView, lambda page: page.details_given.connect(given))

    def remove(self) -> remove.RemoveView:
        return self._page(remove.RemoveView, lambda page: page.confirmed.connect(self._flow.managing.remove))

    def reset(self) -> reset.ResetView:
        return self._page(reset.ResetView, lambda page: page.confirmed.connect(self._flow.managing.reset))

    def about(self) -> about.AboutView:
        return self._page(about.AboutView, lambda page: page.reset_chosen.connect(self._flow.managing.ask_reset))

    def _join_steps(self, steps: FirstSteps) -> None:
        steps.activation_chosen.connect(self._flow.activation.begin)
        steps.link_chosen.connect(lambda: self._flow.managing.begin_add())
        steps.typed_login_chosen.connect(self._flow.logins.begin_typed)

    def _page(self, kind: type[P], join: Callable[[P], object]) -> P:
        known = self._made.get(kind)
        if isinstance(known, kind):
            return known
        page = kind()
        page.left.connect(self._flow.back)
        page.text_copied.connect(self._clipboard.copy_text)
        join(page)
        self._made[kind] = page
        self.made.emit(page)
        return page
