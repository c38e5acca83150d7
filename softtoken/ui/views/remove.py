"""Removing a token: says what it means, then asks for a second step."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ConfirmRemove, ConfirmRemoveUnreadable
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words


class RemoveView(Page):
    """Signals: confirmed."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._busy = False
        self._which, self._means = words("heading"), words("body")
        self.understood = CheckBox(self.tr("I understand"))
        self.understood.toggled.connect(self._judge)
        self.remove = button(self.tr("Remove"), "danger")
        self.remove.clicked.connect(self.confirmed)
        self.keep = button(self.tr("Keep it"))
        self.keep.clicked.connect(self.left)
        for part in (self._which, self._means, self.understood, Actions(self.remove, self.keep)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.remove

    def first_focus(self) -> QWidget:
        return self.understood

    def show_state(self, state: ConfirmRemove | ConfirmRemoveUnreadable) -> None:
        self.set_title(self.tr("Remove this token?"))
        if isinstance(state, ConfirmRemove):
            self._tell(state)
        else:
            self._which.setText(self.tr("Unreadable token {0}").format(state.token_id[:8]))
            self._means.setText(
                self.tr(
                    "Nothing tells any more which token this was. What is left of it is deleted for good. To have it "
                    "back you need a new activation code, its link, or a backup. The copies of your tokens that were "
                    "kept on this computer go, too, although an older one may hold it whole: “softtoken restore” in a "
                    "terminal puts such a copy back first. Your other tokens are not affected."
                )
            )
        self._busy = state.busy
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self.understood.setChecked(False)

    def _tell(self, state: ConfirmRemove) -> None:
        name, account = self._names.heading(state.token), self._names.account(state.token)
        self._which.setText(breakable(name if name == account else f"{name}\n{account}"))
        if state.token.account is not None:
            means = self.tr(
                "Its keys are deleted from this computer. To get it back, your organisation has to issue "
                "a new activation code. The server is not told: ask your organisation to withdraw the token there, too."
            )
        else:
            means = self.tr(
                "Its secret key is deleted from this computer. If it exists nowhere else, the account "
                "that it protects may become unreachable."
            )
        if state.must_log_out:
            means += " " + self.tr("The user is logged out first.")
        self._means.setText(means)

    def _judge(self) -> None:
        self.remove.setEnabled(self.understood.isChecked() and not self._busy)
