"""The tokens of which nothing but an id can be read: what became of them, and each with a way to give it up."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.ui.sentence import Sentence
from softtoken.ui.widgets.actions import button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.problem import ProblemBox
from softtoken.ui.widgets.words import words


class UnreadableTokens(QWidget):
    """Signals: remove_chosen(str), a token's id."""

    remove_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[str, ...] = ()
        self._rows: list[_Row] = []
        self.told = ProblemBox()
        self._down = QVBoxLayout(self)
        self._down.setContentsMargins(0, 0, 0, 0)
        self._down.setSpacing(8)
        self._down.addWidget(self.told)

    def show_tokens(self, ids: tuple[str, ...]) -> None:
        """None hides all of it."""
        self.setVisible(bool(ids))
        self.told.show_sentence(self._sentence(len(ids)) if ids else None)
        if ids == self._ids:  # the rows stay, and with them the keyboard's place
            return
        self._ids = ids
        for row in self._rows:
            row.hide()
            row.setParent(None)
            row.deleteLater()
        self._rows = [_Row(token_id) for token_id in ids]
        for row in self._rows:
            row.remove.clicked.connect(lambda _=False, token_id=row.token_id: self.remove_chosen.emit(token_id))
            self._down.addWidget(row)

    def _sentence(self, count: int) -> Sentence:
        return Sentence(
            "warning",
            self.tr("Stored tokens that cannot be read: {0}.").format(count),
            self.tr("They stay where they are, and the others are not affected."),
            self.tr("Restore a backup (Settings), add its link again, or ask your organisation for a new code."),
        )


class _Row(Card):
    def __init__(self, token_id: str) -> None:
        super().__init__("sunken")
        self.token_id = token_id
        name = self.tr("Unreadable token {0}").format(token_id[:8])
        self.remove = button(self.tr("Remove…"), "quiet")
        self.remove.setAccessibleName(self.tr("Remove: {0}").format(name))
        across = QHBoxLayout()
        across.addWidget(words("body", name), 1)
        across.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignVCenter)
        self.inside.setContentsMargins(18, 6, 8, 6)
        self.inside.addLayout(across)
