"""The pages of a token and of what is made with it, joined to the flow."""

from softtoken.clock import Clock
from softtoken.engine.tokens import ProtectionType
from softtoken.ui.clipboard import SecretClipboard
from softtoken.ui.flow import Flow
from softtoken.ui.page_maker import PageMaker
from softtoken.ui.views import (
    approval,
    approval_done,
    ask,
    change_pin,
    login_result,
    login_step,
    login_waiting,
    managed,
    oath,
    remove,
    rename,
    resync_result,
    sign,
    support_code,
)
from softtoken.ui.views.intents import CodeWanted, Names, PinChange, SignatureWanted
from softtoken.ui.views.managed_menus import TokenMenu


class TokenPages:
    """One method per page."""

    def __init__(self, flow: Flow, clock: Clock, clipboard: SecretClipboard, making: PageMaker) -> None:
        self._flow = flow
        self._clock = clock
        self._clipboard = clipboard
        self._page, self._made = making.page, making.pages
        self._hidden = False

    def hide_codes(self, hidden: bool) -> None:  # noqa: FBT001  a setting
        """Show codes only when somebody asks for one."""
        self._hidden = hidden
        for shown in (self.managed(), self.oath()):
            shown.code.hide_codes(hidden)
        for page in self._made():
            if isinstance(page, sign.SignView):
                page.signature.hide_codes(hidden)
            elif isinstance(page, support_code.SupportCodeView):
                page.code.hide_codes(hidden)

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
            page.resync_chosen.connect(self._flow.resyncs.begin)
            page.renew_chosen.connect(self._flow.reactivation.begin)
            page.users.user_chosen.connect(self._flow.codes.switch)
            self._join_menu(page.menu)

        return self._page(managed.ManagedView, join)

    def oath(self) -> oath.OathView:
        def join(page: oath.OathView) -> None:
            page.use_clock(self._clock)
            page.code_wanted.connect(self._flow.codes.oath.make)
            page.code_copied.connect(self._clipboard.copy_secret)
            page.code_expired.connect(self._flow.codes.expire)
            page.rename_chosen.connect(self._flow.settings.begin_rename)
            page.remove_chosen.connect(self._flow.managing.ask_remove)

        return self._page(oath.OathView, join)

    def ask(self) -> ask.AskView:
        def picked(chosen: ProtectionType) -> None:
            self._flow.asking.choose(chosen)

        def join(page: ask.AskView) -> None:
            page.use_clock(self._clock)
            page.protection_picked.connect(picked)
            page.pin_given.connect(self._flow.submit_ask)
            page.wanted.connect(lambda: self._flow.submit_ask(None))
            page.forgot_chosen.connect(self._flow.reactivation.begin)
            page.time_over.connect(self._flow.logins.steps.expire)

        return self._page(ask.AskView, join)

    def login_step(self) -> login_step.LoginStepView:
        def join(page: login_step.LoginStepView) -> None:
            page.use_clock(self._clock)
            page.answered.connect(self._flow.logins.steps.answer)
            page.time_over.connect(self._flow.logins.steps.expire)

        return self._page(login_step.LoginStepView, join)

    def login_waiting(self) -> login_waiting.LoginWaitingView:
        def join(page: login_waiting.LoginWaitingView) -> None:
            page.use_clock(self._clock)
            page.approve_chosen.connect(self._flow.logins.steps.approve_here)
            page.stop_chosen.connect(self._flow.logins.steps.stop_waiting)

        return self._page(login_waiting.LoginWaitingView, join)

    def login_result(self) -> login_result.LoginResultView:
        def join(page: login_result.LoginResultView) -> None:
            page.repeated.connect(self._flow.logins.again)
            page.other_device_chosen.connect(self._flow.logins.steps.type_instead)
            page.resync_chosen.connect(self._flow.resyncs.begin)

        return self._page(login_result.LoginResultView, join)

    def approval(self) -> approval.ApprovalView:
        def join(page: approval.ApprovalView) -> None:
            page.use_clock(self._clock)
            page.approve_chosen.connect(self._flow.approvals.approve)
            page.pin_chosen.connect(self._flow.approvals.use_pin)
            page.pin_given.connect(self._flow.approvals.submit)
            page.decline_chosen.connect(self._flow.approvals.decline)
            page.expired.connect(self._flow.approvals.expire)
            page.forgot_chosen.connect(self._flow.reactivation.begin)

        return self._page(approval.ApprovalView, join)

    def approval_done(self) -> approval_done.ApprovalDoneView:
        return self._page(approval_done.ApprovalDoneView, lambda _: None)

    def resync_result(self) -> resync_result.ResyncResultView:
        def join(page: resync_result.ResyncResultView) -> None:
            page.repeated.connect(self._flow.resyncs.again)
            page.support_chosen.connect(self._flow.signing.begin_support)
            page.login_chosen.connect(self._flow.logins.begin)

        return self._page(resync_result.ResyncResultView, join)

    def sign(self) -> sign.SignView:
        def picked(chosen: ProtectionType) -> None:
            self._flow.asking.choose(chosen)

        def wanted(signature: SignatureWanted) -> None:
            self._flow.signing.sign(signature.data_fields, signature.pin)

        def join(page: sign.SignView) -> None:
            page.use_clock(self._clock)
            page.signature.hide_codes(self._hidden)
            page.protection_picked.connect(picked)
            page.signature_wanted.connect(wanted)
            page.fields_changed.connect(self._flow.signing.change)
            page.code_copied.connect(self._clipboard.copy_secret)
            page.login_chosen.connect(self._flow.logins.begin)
            page.forgot_chosen.connect(self._flow.reactivation.begin)

        return self._page(sign.SignView, join)

    def support_code(self) -> support_code.SupportCodeView:
        def join(page: support_code.SupportCodeView) -> None:
            page.code.hide_codes(self._hidden)
            page.code_copied.connect(self._clipboard.copy_secret)

        return self._page(support_code.SupportCodeView, join)

    def change_pin(self) -> change_pin.ChangePinView:
        def wanted(change: PinChange) -> None:
            self._flow.pins.change(change.current, change.new)

        def join(page: change_pin.ChangePinView) -> None:
            page.use_clock(self._clock)
            page.change_wanted.connect(wanted)
            page.forgot_chosen.connect(self._flow.reactivation.begin)

        return self._page(change_pin.ChangePinView, join)

    def rename(self) -> rename.RenameView:
        def given(names: Names) -> None:
            self._flow.settings.rename(names.issuer, names.name)

        return self._page(rename.RenameView, lambda page: page.names_given.connect(given))

    def remove(self) -> remove.RemoveView:
        return self._page(remove.RemoveView, lambda page: page.confirmed.connect(self._flow.managing.remove))

    def _join_menu(self, menu: TokenMenu) -> None:
        menu.look_chosen.connect(self._flow.approvals.look)
        menu.sign_chosen.connect(self._flow.signing.begin)
        menu.support_chosen.connect(self._flow.signing.begin_support)
        menu.change_pin_chosen.connect(self._flow.pins.begin)
        menu.renew_chosen.connect(self._flow.reactivation.begin)
        menu.check_chosen.connect(self._flow.servers.check_token)
        menu.rename_chosen.connect(self._flow.settings.begin_rename)
        menu.remove_chosen.connect(self._flow.managing.ask_remove)
