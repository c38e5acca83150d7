"""Bringing back what is in a backup: its passphrase."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import RestoreForm
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import SecretEdit
from softtoken.ui.widgets.words import breakable, words


class RestoreView(Page):
    """Signals: passphrase_given(str)."""

    passphrase_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.set_title(self.tr("Restore a backup"))
        self._file = words("body")
        card = Card("sunken")
        card.inside.addWidget(words("label", self.tr("The file")))
        card.inside.addWidget(self._file)
        self.passphrase = SecretEdit()
        field = Field(self.tr("Passphrase of the backup"), self.passphrase)
        self._show = CheckBox(self.tr("Show what I type"))
        self._show.toggled.connect(self.passphrase.reveal)
        self.restore = button(self.tr("Restore"), "primary")
        self.restore.clicked.connect(lambda: self.passphrase_given.emit(self.passphrase.text()))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.passphrase.textChanged.connect(self._judge)
        means = words("muted", self.tr("Tokens that are missing here are added. Nothing that is here is replaced."))
        for part in (card, means, field, self._show, Actions(self.restore, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.restore
        self._judge()

    def first_focus(self) -> QWidget:
        return self.passphrase

    def show_state(self, state: RestoreForm) -> None:
        self._file.setText(breakable(str(state.path)))
        self.show_problem(self._sentences.tell(state.problem))

    def forget(self) -> None:
        wipe(self.passphrase)
        self._show.setChecked(False)

    def _judge(self) -> None:
        self.restore.setEnabled(bool(self.passphrase.text()))
