"""Said after a start: the keyring opened the tokens, and takes nothing new."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import KeyringProblem
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.words import words


class KeyringCard(Card):
    """Signals: again_chosen, put_off."""

    again_chosen = Signal()
    put_off = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("info", parent)
        self._asked = False
        self._what, self._why = words("label", self.tr("The system's keyring keeps nothing new.")), words("body")
        self.again = button(self.tr("Try again"))
        self.again.clicked.connect(self._ask)
        self.later = button(self.tr("Not now"), "quiet")
        self.later.clicked.connect(self.put_off)
        self.inside.addWidget(self._what)
        self.inside.addWidget(self._why)
        self.inside.addWidget(Actions(self.again, self.later))

    def show_problem(self, problem: KeyringProblem) -> None:
        """NONE hides the card. An answer to who tried again is read out, too."""
        asked, self._asked = self._asked, False
        self.again.setText(self.tr("Try again"))
        self.setVisible(problem is not KeyringProblem.NONE)
        if problem is KeyringProblem.NONE:
            return
        text = self.tr(
            "It gave the key, so your tokens are open and nothing is lost. But until it can store something again, no "
            "code is made with a PIN, a finger or a face that is checked on this computer. Codes without a PIN "
            "work. {0}"
        ).format(self._advice(problem))
        self._why.setText(text)
        self.setAccessibleName(f"{self._what.text()} {text}")
        if asked:
            announce(self, self.accessibleName())

    def _advice(self, problem: KeyringProblem) -> str:
        if problem is KeyringProblem.NO_ANSWER:
            return self.tr("It may be showing a question of its own: answer that, then try again here.")
        return self.tr("Unlock the keyring or start it again, then try again here.")

    def _ask(self) -> None:
        self._asked = True
        self.again.setText(self.tr("Asking the keyring…"))
        self.again_chosen.emit()
