"""A new activation code for a token that is here: what it is for, and the code."""

from contextlib import suppress

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.engine.tokens import ProtectionType
from softtoken.formats.activation_link import BadLink, parse_activation_link
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ForgotPin
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.code_field import ActivationCodeField
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words


class ForgotPinView(Page):
    """Signals: code_given(str)."""

    code_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._who, self._why = words("muted"), words("body")
        self.code = ActivationCodeField()
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.clicked.connect(lambda: self.code_given.emit(self.code.edit.text()))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.code.judged.connect(self._judge)
        for part in (self._who, self._why, self.code, Actions(self.go_on, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on

    def first_focus(self) -> QWidget:
        return self.code.edit

    def show_state(self, state: ForgotPin) -> None:
        self.set_title(self.tr("Activate again with a new code"))
        self._who.setText(breakable(f"{self._names.account(state.token)}\n{self._names.server(state.token)}".strip()))
        if ProtectionType.PIN in state.token.protections:
            why = self.tr(
                "Nobody can tell you a forgotten PIN, but you can set a new one: ask your organisation for a new "
                "activation code for this user. The old PIN is not needed, and the token keeps its name and its place."
            )
        else:
            why = self.tr(
                "Ask your organisation for a new activation code for this user. The token gets new keys, and keeps "
                "its name and its place."
            )
        self._why.setText(why)
        self.code.set_code(state.code)
        self.show_problem(self._sentences.tell(state.problem))

    def forget(self) -> None:
        self.code.forget()

    def _judge(self) -> None:
        link = self.code.edit.text().strip()
        if link.lower().startswith("softtoken:"):
            with suppress(BadLink):
                self.code.set_code(parse_activation_link(link).code)
        self.go_on.setEnabled(self.code.complete)
