"""A code and its counter for a phone call with support, spelt in groups, with what the help desk asks for beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.states import SupportCode
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.facts import Facts
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.spelt_code import SpeltCode
from softtoken.ui.widgets.words import words


class SupportCodeView(Page):
    """Signals: code_copied(str): the code with the facts, one per line; a secret while the code is good."""

    code_copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_title(self.tr("Code for support"))
        self.code, self.counter = SpeltCode(self.tr("Code")), SpeltCode(self.tr("Counter"))
        self.facts = Facts()
        self.copy, self.done = CopyButton(self.tr("Copy all")), button(self.tr("Done"), "primary")
        self.copy.clicked.connect(self._copy)
        self.done.clicked.connect(self.left)
        self.column.addWidget(
            words(
                "body",
                self.tr("Read both to the help desk, digit by digit. One code was used up for this."),
            )
        )
        for part in (self.code, self.counter, self.facts):
            self.column.addWidget(part)
        self._note = words("muted")
        self.column.addWidget(self._note)
        self.column.addWidget(Actions(self.copy, self.done))
        self.column.addStretch(1)
        self.default = self.done

    def first_focus(self) -> QWidget:
        return self.copy

    def show_state(self, state: SupportCode) -> None:
        if self.code.code != state.code:
            self._note.setText(self.tr("Support needs this code and never your PIN. It is not shown again."))
        self.code.show_code(state.code, say=True)
        self.counter.show_code(str(state.counter))
        account = state.token.account
        facts = (
            []
            if account is None
            else [
                (self.tr("User"), account.user_id),
                (self.tr("Tenant"), account.tenant),
                (self.tr("Serial number"), account.serial),
            ]
        )
        self.facts.show_facts([*facts, (self.tr("This computer"), state.device_name or self.tr("without a name"))])

    def forget(self) -> None:
        self.code.show_code("")
        self.counter.show_code("")
        self.facts.show_facts([])

    def _copy(self) -> None:
        lines = [
            self.tr("Code: {0}").format(self.code.code),
            self.tr("Counter: {0}").format(self.counter.code),
            self.facts.text,
        ]
        self.code_copied.emit("\n".join(lines))
        self._note.setText(self.tr("Copied. The clipboard is cleared after 30 seconds."))
