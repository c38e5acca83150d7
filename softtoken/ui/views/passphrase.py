"""Choosing a passphrase where no keyring helps: what a keyring is, why a passphrase now, twice, with rules."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import KeyringProblem
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ChoosePassphrase
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.new_passphrase import NewPassphrase
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class PassphraseView(Page):
    """Signals: passphrase_chosen(str), keyring_wanted (ask it once more)."""

    passphrase_chosen = Signal(str)
    keyring_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._busy = False
        self._why = words("body")
        card = Card("info")
        card.inside.addWidget(self._why)
        card.inside.addWidget(
            words(
                "muted",
                self.tr(
                    "A keyring is the system's own store for keys; it opens when you sign in to the computer. "
                    "Without it, a passphrase opens your tokens each time Soft Token starts."
                ),
            )
        )
        self.passphrase = NewPassphrase(self.tr("New passphrase"))
        self.passphrase.judged.connect(self._judge)
        self.first, self.second = self.passphrase.first, self.passphrase.second
        self.go_on = button(self.tr("Set the passphrase"), "primary")
        self.go_on.clicked.connect(lambda: self.passphrase_chosen.emit(self.passphrase.text))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.again = button(self.tr("Ask the keyring again"))
        self._other = Actions(self.again)
        self.again.clicked.connect(self.keyring_wanted)
        for part in (card, self.passphrase, Actions(self.go_on, cancel), self._other):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on

    def first_focus(self) -> QWidget:
        return self.first

    def show_state(self, state: ChoosePassphrase) -> None:
        self.set_title(self.tr("Choose a passphrase"))
        known = state.keyring is not KeyringProblem.NONE
        why = (
            self._sentences.keyring(state.keyring) if known else self.tr("Your tokens need a key that you alone have.")
        )
        self._why.setText(why)
        may_answer = state.keyring in {KeyringProblem.NO_ANSWER, KeyringProblem.LOCKED}
        self._other.setVisible(may_answer or state.problem is not None)
        self.again.setEnabled(not state.busy)
        self._busy = state.busy
        self.passphrase.enable(not state.busy)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self.passphrase.forget()

    def _judge(self) -> None:
        self.go_on.setEnabled(self.passphrase.good and not self._busy)
