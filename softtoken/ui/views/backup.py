"""Making a backup: what goes into it, and a passphrase for it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import BackupForm
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.new_passphrase import NewPassphrase
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class BackupView(Page):
    """Signals: passphrase_chosen(str); a file is asked for next."""

    passphrase_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._busy = False
        self.set_title(self.tr("Make a backup"))
        card = Card("info")
        card.inside.addWidget(
            words("body", self.tr("One encrypted file with the tokens that you added from links, and your settings."))
        )
        card.inside.addWidget(
            words(
                "muted",
                self.tr(
                    "Tokens that your organisation issued are only named in it: a copy of one would be a second token "
                    "that nobody knows of. They come back with a new activation code."
                ),
            )
        )
        self.passphrase = NewPassphrase(self.tr("Passphrase for the backup"))
        self.passphrase.judged.connect(self._judge)
        self.choose = button(self.tr("Save it as…"), "primary")
        self.choose.clicked.connect(lambda: self.passphrase_chosen.emit(self.passphrase.text))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        hint = words("small", self.tr("Keep the passphrase apart from the file. Without it nobody opens the backup."))
        for part in (card, self.passphrase, hint, Actions(self.choose, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.choose

    def first_focus(self) -> QWidget:
        return self.passphrase.first

    def show_state(self, state: BackupForm) -> None:
        self._busy = state.busy
        self.passphrase.enable(not state.busy)
        self.choose.setText(self.tr("Writing…") if state.busy else self.tr("Save it as…"))
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self.passphrase.forget()

    def _judge(self) -> None:
        self.choose.setEnabled(self.passphrase.good and not self._busy)
