"""Deleting everything: the word RESET has to be typed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ConfirmReset
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words

WORD = "RESET"
"""The same in every language, so that support can spell it out."""


class ResetView(Page):
    """Signals: confirmed."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._busy = False
        card = Card("danger")
        card.inside.addWidget(words("label", self.tr("All tokens on this computer are deleted, with their keys.")))
        card.inside.addWidget(
            words(
                "body",
                self.tr(
                    "There is no way back, not even with the recovery code. Tokens that your organisation issued then "
                    "need new activation codes; for the others you need the links or recovery codes of each account."
                ),
            )
        )
        self.word = plain_edit(max_length=16)
        self._field = Field(self.tr("Type {0} to go on").format(WORD), self.word)
        self.reset = button(self.tr("Delete everything"), "danger")
        self.reset.clicked.connect(self.confirmed)
        keep = button(self.tr("Cancel"))
        keep.clicked.connect(self.left)
        self.word.textChanged.connect(self._judge)
        for part in (card, self._field, Actions(self.reset, keep)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.reset
        self._judge()

    def first_focus(self) -> QWidget:
        return self.word

    def show_state(self, state: ConfirmReset) -> None:
        self.set_title(self.tr("Reset everything?"))
        self._busy = state.busy
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        wipe(self.word)

    def _judge(self) -> None:
        self.reset.setEnabled(self.word.text().strip().upper() == WORD and not self._busy)
