"""What a token is called here."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Rename
from softtoken.ui.views.intents import Names
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.text_edit import TextEdit
from softtoken.ui.widgets.words import words

_LONGEST = 255


class RenameView(Page):
    """Signals: names_given(Names)."""

    names_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._shown: Rename | None = None
        self.set_title(self.tr("Rename the token"))
        self.issuer, self.name = TextEdit(max_length=_LONGEST), TextEdit(max_length=_LONGEST)
        self._issuer_field = Field(self.tr("Name"), self.issuer)
        self._name_field = Field(self.tr("Account"), self.name)
        self._kept = words("muted", self.tr("The user and the server stay the same; only the name shown here changes."))
        self.save = button(self.tr("Rename"), "primary")
        self.save.clicked.connect(lambda: self.names_given.emit(Names(self.issuer.text(), self.name.text())))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        for edit in (self.issuer, self.name):
            edit.textChanged.connect(self._judge)
        for part in (self._kept, self._issuer_field, self._name_field, Actions(self.save, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.save

    def first_focus(self) -> QWidget:
        return self.issuer

    def enter(self) -> None:
        super().enter()
        self.issuer.selectAll()

    def show_state(self, state: Rename) -> None:
        before, self._shown = self._shown, state
        managed = state.token.account is not None
        if before is None:
            self.issuer.setText(state.token.issuer)
            self.name.setText(state.token.name)
        self._kept.setVisible(managed)
        self._name_field.setVisible(not managed)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self._shown = None
        wipe(self.issuer)
        wipe(self.name)

    def _judge(self) -> None:
        token, busy = (self._shown.token, self._shown.busy) if self._shown else (None, True)
        issuer, name = self.issuer.text().strip(), self.name.text().strip()
        changed = token is not None and (issuer, name) != (token.issuer, token.name)
        self.save.setEnabled(bool(name) and changed and not busy)
