"""An imported token: the current time-based code, or the next one of a counter."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock
from softtoken.engine.tokens import TokenType
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import OathPage
from softtoken.ui.theme import restyle
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.code_display import CodeDisplay
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words


class OathView(Page):
    """Signals: code_wanted, code_copied(str), code_expired, rename_chosen(str), remove_chosen(str)."""

    code_wanted = Signal()
    code_copied = Signal(str)
    code_expired = Signal()
    rename_chosen = Signal(str)
    remove_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._token_id = ""
        self._account, self._facts = words("muted"), words("small")
        self.code = CodeDisplay()
        self.copy = CopyButton(self.tr("Copy"), "primary")
        self.next = button(self.tr("Next code"), "primary")
        self.again = button(self.tr("Try again"), "primary")
        self.rename = button(self.tr("Rename…"), "quiet")
        self.remove = button(self.tr("Remove this token…"), "quiet")
        self.copy.clicked.connect(self._copy)
        self.next.clicked.connect(self.code_wanted)
        self.again.clicked.connect(self.code_wanted)
        self.code.expired.connect(self.code_expired)
        self.rename.clicked.connect(lambda: self.rename_chosen.emit(self._token_id))
        self.remove.clicked.connect(lambda: self.remove_chosen.emit(self._token_id))
        for part in (self._account, self.code, self._facts, Actions(self.copy, self.next, self.again)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.column.addWidget(Actions(self.rename, self.remove))

    def use_clock(self, clock: Clock) -> None:
        self.code.use_clock(clock)

    def show_state(self, state: OathPage) -> None:
        self._token_id = state.token.id
        counted = state.token.profile.type is TokenType.HOTP
        heading, account = self._names.heading(state.token), self._names.account(state.token)
        self.set_title(breakable(heading))
        self._account.setText(breakable(account))
        self._account.setVisible(bool(account) and account != heading)
        self.show_problem(self._sentences.tell(state.problem))
        if state.otp is not None:
            used = state.otp.atc
            caption = self.tr("Use each code once, in order.") if counted else self.tr("Changes by itself.")
            if counted and used is not None:
                caption = self.tr("Code number {0}. Use each code once, in order.").format(used)
            self.code.show_code(state.otp, caption)
        elif counted:
            self.code.show_words(self.tr("Hidden"), self.tr("Each code moves the counter on, so none is made unasked."))
        else:
            self.code.show_words(self.tr("One moment…") if state.problem is None else self.tr("No code"), "")
        self._show_facts(state, counted=counted)
        failed = state.problem is not None and state.otp is None
        self.copy.setVisible(state.otp is not None or not (failed or counted))
        self.next.setVisible(counted)
        restyle(self.next, "kind", "secondary" if state.otp is not None else "primary")
        self.again.setVisible(failed and not counted)
        self.default = self.next if counted else self.again if failed else self.copy

    def forget(self) -> None:
        self.code.clear_code()

    def _show_facts(self, state: OathPage, *, counted: bool) -> None:
        profile = state.token.profile
        if counted:
            facts = self.tr("{0}, {1} digits").format(profile.algorithm.value, profile.digits)
            if state.counter is not None:
                facts += " · " + self.tr("next counter: {0}").format(state.counter)
        else:
            facts = self.tr("{0}, {1} digits, every {2} seconds").format(
                profile.algorithm.value, profile.digits, profile.period
            )
        self._facts.setText(facts)

    def _copy(self) -> None:
        code = self.code.shown_code()
        if code is not None:
            self.code_copied.emit(code)
            self.code.show_caption(self.tr("Copied. The clipboard is cleared after 30 seconds."))
