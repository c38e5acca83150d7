"""The box that tells what went wrong, whether anything was lost, and what to do."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from softtoken.ui.sentence import Sentence
from softtoken.ui.theme import restyle
from softtoken.ui.widgets.actions import Actions
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.cards import Card, Glyph
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.words import breakable, words

GLYPHS = {"danger": "cross", "warning": "warning", "info": "info", "good": "done"}


class ProblemBox(Card):
    """Hidden until there is something to tell. Signals: text_copied(str), an id for support."""

    text_copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("danger", parent)
        self._sentence: Sentence | None = None
        self._glyph = Glyph("cross")
        self._what, self._rest, self._said = words("label"), words(), words()
        self._id = words("small")
        self._copy = CopyButton(self.tr("Copy the ID"), "quiet")
        self._copy.clicked.connect(self._copy_id)
        lines = QVBoxLayout()
        lines.setSpacing(6)
        for line in (self._what, self._rest, self._said, self._id):
            lines.addWidget(line)
        self._row = Actions(self._copy)
        lines.addWidget(self._row)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(lines, 1)
        self.inside.addLayout(row)
        self.hide()

    @property
    def text(self) -> str:
        """What the box says now, in one piece."""
        return self._sentence.text if self._sentence else ""

    def show_sentence(self, sentence: Sentence | None) -> None:
        """Show it and have it read out; None hides the box."""
        fresh = sentence is not None and sentence != self._sentence
        self._sentence = sentence
        self.setVisible(sentence is not None)
        if sentence is None:
            for label in (self._what, self._rest, self._said, self._id):
                label.clear()
            return
        restyle(self, "card", sentence.kind)
        self._glyph.set_name(GLYPHS[sentence.kind])
        self._what.setText(sentence.what)
        rest = " ".join(part for part in (sentence.kept, sentence.advice) if part)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
        self._said.setText(self.tr("The server says: “{0}”").format(sentence.detail))
        self._said.setVisible(bool(sentence.detail))
        self._id.setText(self.tr("ID for support: {0}").format(breakable(sentence.correlation_id)))
        self._id.setVisible(bool(sentence.correlation_id))
        self._row.setVisible(bool(sentence.correlation_id))
        self.setAccessibleName(sentence.text)
        if fresh:
            announce(self, sentence.text, urgent=sentence.kind == "danger")

    def _copy_id(self) -> None:
        if self._sentence is not None:
            self.text_copied.emit(self._sentence.correlation_id)
