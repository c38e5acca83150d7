"""Choosing a passphrase where no keyring helps: what a keyring is, why a passphrase now, twice, with rules."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import KeyringProblem
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ChoosePassphrase
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import SecretEdit
from softtoken.ui.widgets.words import words

SHORTEST = 8
"""Characters; the vault has the last word."""


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
        self.first, self.second = SecretEdit(), SecretEdit()
        self._first_field = Field(
            self.tr("New passphrase"), self.first, self.tr("At least 8 characters; several words are best.")
        )
        self._second_field = Field(self.tr("The same passphrase again"), self.second)
        show = CheckBox(self.tr("Show what I type"))
        show.toggled.connect(self.first.reveal)
        show.toggled.connect(self.second.reveal)
        self._show = show
        self.go_on = button(self.tr("Set the passphrase"), "primary")
        self.go_on.clicked.connect(lambda: self.passphrase_chosen.emit(self.first.text()))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.again = button(self.tr("Ask the keyring again"))
        self._other = Actions(self.again)
        self.again.clicked.connect(self.keyring_wanted)
        for edit in (self.first, self.second):
            edit.textChanged.connect(self._judge)
        for part in (card, self._first_field, self._second_field, show, Actions(self.go_on, cancel), self._other):
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
        for edit in (self.first, self.second):
            edit.setEnabled(not state.busy)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        wipe(self.first)
        wipe(self.second)
        self._show.setChecked(False)

    def _judge(self) -> None:
        first, second = self.first.text(), self.second.text()
        short = bool(first) and len(first) < SHORTEST
        long_enough = len(first) >= SHORTEST
        self._first_field.show_note(
            self.tr("Too short: {0} of at least {1} characters.").format(len(first), SHORTEST) if short else None,
            good=self.tr("Long enough.") if long_enough else None,
        )
        differs = bool(second) and not first.startswith(second)
        same = long_enough and first == second
        self._second_field.show_note(
            self.tr("The two are not the same.") if differs else None, good=self.tr("The same.") if same else None
        )
        self.go_on.setEnabled(same and not self._busy)
