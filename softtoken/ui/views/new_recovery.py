"""Replacing the recovery code, after a warning that the old one stops working."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ConfirmNewRecovery
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class NewRecoveryView(Page):
    """Signals: confirmed."""

    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.make = button(self.tr("Make a new code"), "primary")
        self.make.clicked.connect(self.confirmed)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.column.addWidget(
            words(
                "body",
                self.tr(
                    "The recovery code that you have now stops working, and a new one is shown once. "
                    "Do this if you have lost the old one or somebody may have seen it."
                ),
            )
        )
        self.column.addWidget(Actions(self.make, cancel))
        self.column.addStretch(1)
        self.default = self.make

    def show_state(self, state: ConfirmNewRecovery) -> None:
        self.set_title(self.tr("New recovery code?"))
        self.make.setEnabled(not state.busy)
        self.show_problem(self._sentences.tell(state.problem))
