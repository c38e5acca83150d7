"""A card of named values, one below the other."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.words import Words, breakable, words


class Facts(Card):
    """Each value stands below its name, so that long ones have room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("plain", parent)
        self._shown: list[tuple[str, str]] = []
        self._pairs: list[tuple[QWidget, Words, Words]] = []

    @property
    def text(self) -> str:
        """All of them, one per line, to be copied."""
        return "\n".join(f"{name}: {value}" for name, value in self._shown)

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        self._shown = facts
        while len(self._pairs) < len(facts):
            self._pairs.append(self._pair())
        for place, (row, name, value) in enumerate(self._pairs):
            told = facts[place] if place < len(facts) else ("", "")
            name.setText(told[0])
            value.setText(breakable(told[1]))
            row.setVisible(place < len(facts))
        self.setVisible(bool(facts))

    def _pair(self) -> tuple[QWidget, Words, Words]:
        row, name, value = QWidget(), words("small"), words("body")
        lines = QVBoxLayout(row)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(1)
        lines.addWidget(name)
        lines.addWidget(value)
        self.inside.addWidget(row)
        return row, name, value
