"""A server's challenge, large enough to be typed into another device."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from softtoken.ui.widgets.announce import spelled
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.code_display import grouped
from softtoken.ui.widgets.words import breakable, words

_LONGEST_HEADING = 16


class ChallengeText(Card):
    """Hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sunken", parent)
        self._label, self._text = words("small", self.tr("Challenge")), words("heading")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.inside.addWidget(self._label)
        self.inside.addWidget(self._text)
        self.hide()

    @property
    def text(self) -> str:
        """As it is shown."""
        return self._text.text()

    def show_challenge(self, challenge: str | None) -> None:
        self.setVisible(challenge is not None)
        short = challenge is not None and len(challenge) <= _LONGEST_HEADING
        self._text.setText(grouped(challenge) if challenge and short else breakable(challenge or ""))
        self._text.setAccessibleName(spelled(challenge) if challenge and short else challenge or "")
