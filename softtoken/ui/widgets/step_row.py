"""One line of a list of steps: how it ended, its name, what it found."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.services.events import StepState
from softtoken.ui.widgets.cards import Glyph
from softtoken.ui.widgets.words import breakable, words

_GLYPHS = {
    StepState.GOOD: "done",
    StepState.WARNING: "warning",
    StepState.BAD: "cross",
    StepState.SKIPPED: "info",
}


class StepRow(QWidget):
    """Hidden until there is something to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._glyph, self.name, self.found = Glyph("info", 18), words("label"), words("muted")
        lines = QVBoxLayout()
        lines.setSpacing(1)
        lines.addWidget(self.name)
        lines.addWidget(self.found)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        self.hide()

    def show_step(self, name: str, state: StepState, state_name: str, found: str) -> None:
        self._glyph.set_name(_GLYPHS[state])
        self.name.setText(name)
        self.name.setAccessibleName(f"{name}: {state_name}")  # the icon says nothing to a screen reader
        self.found.setText(breakable(found))
        self.show()
