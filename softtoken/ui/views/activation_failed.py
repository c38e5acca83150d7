"""The environment came between: try the same activation again, or change something."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ActivationFailed
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class ActivationFailedView(Page):
    """Signals: repeated."""

    repeated = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.again = button(self.tr("Try again"), "primary")
        self.again.clicked.connect(self.repeated)
        change = button(self.tr("Change the details"))
        change.clicked.connect(self.left)
        self.column.addWidget(words("muted", self.tr("What you typed is kept until you leave this page.")))
        self.column.addWidget(Actions(self.again, change))
        self.column.addStretch(1)
        self.default = self.again

    def show_state(self, state: ActivationFailed) -> None:
        self.set_title(self.tr("Activation was interrupted"))
        self.show_problem(self._sentences.tell(state.problem))
