"""Said after a start: the stored data is older than this computer has seen, or was edited."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.words import words


class RestoredCard(Card):
    """Signals: seen."""

    seen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("warning", parent)
        self.understood = button(self.tr("Understood"))
        self.understood.clicked.connect(self.seen)
        what = self.tr("The stored tokens are not the latest ones.")
        text = self.tr(
            "What is stored is older than what this computer has seen: a backup was put back, or the file was "
            "edited. Nothing is lost. Each token that your organisation issued has to log in or resynchronise once "
            "before its next code, and has one PIN try left until then, so enter the PIN with care."
        )
        self.inside.addWidget(words("label", what))
        self.inside.addWidget(words("body", text))
        self.inside.addWidget(Actions(self.understood))
        self.setAccessibleName(f"{what} {text}")
