"""The window's pages about the product as a whole, each made when it is first shown and joined to the flow."""

from PySide6.QtCore import QObject, Signal

from softtoken.clock import Clock
from softtoken.ui.clipboard import SecretClipboard
from softtoken.ui.flow import Flow
from softtoken.ui.page_maker import PageMaker
from softtoken.ui.token_pages import TokenPages
from softtoken.ui.views import (
    about,
    activated,
    activation_failed,
    activation_form,
    add_link,
    backup,
    backup_result,
    forgot_pin,
    history,
    home,
    login_data,
    new_recovery,
    passphrase,
    protection,
    recovery,
    reset,
    restore,
    server_check,
    set_pin,
    settings,
    starting,
    typed_login,
    unlock,
    unusable,
    welcome,
    working,
)
from softtoken.ui.views.intents import ActivationDetails, ProtectionsChosen, TypedDetails
from softtoken.ui.views.welcome import FirstSteps


class Pages(QObject):
    """One method per page; `tokens` has those of a token.

    Signals: save_wanted(str), print_wanted(str): a recovery code. export_wanted: the history, to a file.
    Signals: save_wanted(str), print_wanted(str): a recovery code. place_wanted(str): for a backup with this passphrase.
    file_wanted: a backup to be restored.
    """

    save_wanted = Signal(str)
    print_wanted = Signal(str)
    export_wanted = Signal()
    place_wanted = Signal(str)
    file_wanted = Signal()

    def __init__(self, flow: Flow, clock: Clock, clipboard: SecretClipboard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flow = flow
        self._clipboard = clipboard
        self.making = PageMaker(flow, clipboard, self)
        self.tokens = TokenPages(flow, clock, clipboard, self.making)
        self._page = self.making.page

    def starting(self) -> starting.StartingView:
        return self._page(starting.StartingView, lambda _: None)

    def working(self) -> working.WorkingView:
        return self._page(working.WorkingView, lambda _: None)

    def unlock(self) -> unlock.UnlockView:
        def join(page: unlock.UnlockView) -> None:
            page.secret_given.connect(self._flow.opening.unlock)
            page.way_chosen.connect(self._flow.opening.choose_way)
            page.about_chosen.connect(self._flow.managing.about)
            page.settings_chosen.connect(self._flow.settings.begin)
            page.reset_chosen.connect(self._flow.managing.ask_reset)
            page.dismissed.connect(self._flow.opening.clear)

        return self._page(unlock.UnlockView, join)

    def unusable(self) -> unusable.UnusableView:
        def join(page: unusable.UnusableView) -> None:
            page.way_chosen.connect(self._flow.opening.choose_way)
            page.copy_chosen.connect(self._flow.backups.put_back)
            page.about_chosen.connect(self._flow.managing.about)
            page.reset_chosen.connect(self._flow.managing.ask_reset)

        return self._page(unusable.UnusableView, join)

    def welcome(self) -> welcome.WelcomeView:
        def join(page: welcome.WelcomeView) -> None:
            self._join_steps(page.steps)
            page.about_chosen.connect(self._flow.managing.about)
            page.restore_chosen.connect(self.file_wanted)

        return self._page(welcome.WelcomeView, join)

    def passphrase(self) -> passphrase.PassphraseView:
        def join(page: passphrase.PassphraseView) -> None:
            page.passphrase_chosen.connect(self._flow.keeping.set_passphrase)
            page.keyring_wanted.connect(self._flow.keeping.ask_keyring_again)

        return self._page(passphrase.PassphraseView, join)

    def activation_form(self) -> activation_form.ActivationFormView:
        def given(details: ActivationDetails) -> None:
            self._flow.activation.submit_form(details.server, details.user, details.code)

        def tried(details: ActivationDetails) -> None:
            self._flow.servers.check_form(details.server, details.user, details.code)

        def join(page: activation_form.ActivationFormView) -> None:
            page.details_given.connect(given)
            page.check_chosen.connect(tried)

        return self._page(activation_form.ActivationFormView, join)

    def protection(self) -> protection.ProtectionView:
        def chosen(choice: ProtectionsChosen) -> None:
            self._flow.activation.choose(choice.protections)

        return self._page(protection.ProtectionView, lambda page: page.protections_chosen.connect(chosen))

    def forgot_pin(self) -> forgot_pin.ForgotPinView:
        return self._page(
            forgot_pin.ForgotPinView, lambda page: page.code_given.connect(self._flow.reactivation.submit_code)
        )

    def set_pin(self) -> set_pin.SetPinView:
        return self._page(set_pin.SetPinView, lambda page: page.pin_set.connect(self._flow.set_pin))

    def activation_failed(self) -> activation_failed.ActivationFailedView:
        def join(page: activation_failed.ActivationFailedView) -> None:
            page.repeated.connect(self._flow.repeat_activation)

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
            page.look_chosen.connect(self._flow.approvals.look)
            page.log_out_chosen.connect(self._flow.managing.log_out)
            page.about_chosen.connect(self._flow.managing.about)
            page.settings_chosen.connect(self._flow.settings.begin)
            page.history_chosen.connect(self._flow.history.begin)
            page.lock_chosen.connect(lambda: self._flow.lock())
            page.recovery_chosen.connect(self._flow.keeping.ask_new_recovery)
            page.restored_seen.connect(self._flow.managing.acknowledge_restored)
            page.unreadable.remove_chosen.connect(self._flow.managing.ask_remove_unreadable)
            page.keyring.again_chosen.connect(self._flow.opening.look_at_keyring)
            page.keyring.put_off.connect(self._flow.opening.put_keyring_off)

        return self._page(home.HomeView, join)

    def typed_login(self) -> typed_login.TypedLoginView:
        def given(details: TypedDetails) -> None:
            self._flow.logins.submit_typed(details.server, details.user, details.otp)

        def tried(details: TypedDetails) -> None:
            self._flow.servers.check_typed(details.server, details.user)

        def join(page: typed_login.TypedLoginView) -> None:
            page.details_given.connect(given)
            page.check_chosen.connect(tried)

        return self._page(typed_login.TypedLoginView, join)

    def reset(self) -> reset.ResetView:
        return self._page(reset.ResetView, lambda page: page.confirmed.connect(self._flow.managing.reset))

    def settings(self) -> settings.SettingsView:
        def join(page: settings.SettingsView) -> None:
            page.name_given.connect(self._flow.settings.set_name)
            page.every_login_chosen.connect(self._flow.settings.set_every_login)
            page.look_chosen.connect(self._flow.settings.set_look)
            page.next_login_chosen.connect(self._flow.settings.resynchronise_next_login)
            page.recovery_chosen.connect(self._flow.keeping.ask_new_recovery)
            page.reset_chosen.connect(self._flow.managing.ask_reset)
            page.login_data_chosen.connect(self._flow.login_data.begin)
            page.clock_removed.connect(self._flow.servers.remove_correction)
            page.backup_chosen.connect(self._flow.backups.begin)
            page.restore_chosen.connect(self.file_wanted)
            page.block_chosen.connect(self._flow.privacy.set_block)
            page.hide_chosen.connect(self._flow.privacy.set_hide)
            page.lock_after_chosen.connect(self._flow.settings.set_lock_after)

        return self._page(settings.SettingsView, join)

    def backup(self) -> backup.BackupView:
        return self._page(backup.BackupView, lambda page: page.passphrase_chosen.connect(self.place_wanted))

    def restore(self) -> restore.RestoreView:
        return self._page(restore.RestoreView, lambda page: page.passphrase_given.connect(self._flow.backups.restore))

    def backup_result(self) -> backup_result.BackupResultView:
        return self._page(backup_result.BackupResultView, lambda page: page.finished.connect(self._flow.backups.finish))

    def server_check(self) -> server_check.ServerCheckView:
        def join(page: server_check.ServerCheckView) -> None:
            page.repeated.connect(self._flow.servers.again)
            page.correction_chosen.connect(self._flow.servers.correct)

        return self._page(server_check.ServerCheckView, join)

    def login_data(self) -> login_data.LoginDataView:
        return self._page(
            login_data.LoginDataView, lambda page: page.extent_chosen.connect(self._flow.login_data.choose)
        )

    def history(self) -> history.HistoryView:
        def join(page: history.HistoryView) -> None:
            page.export_chosen.connect(self.export_wanted)
            page.log_chosen.connect(self._flow.history.set_log)

        return self._page(history.HistoryView, join)

    def about(self) -> about.AboutView:
        return self._page(about.AboutView, lambda page: page.reset_chosen.connect(self._flow.managing.ask_reset))

    def _join_steps(self, steps: FirstSteps) -> None:
        steps.activation_chosen.connect(self._flow.activation.begin)
        steps.link_chosen.connect(lambda: self._flow.managing.begin_add())
        steps.typed_login_chosen.connect(self._flow.logins.begin_typed)
