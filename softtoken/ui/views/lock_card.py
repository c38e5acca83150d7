"""The part of the settings that says when the window locks by itself."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton, QWidget

from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.words import words

LOCK_KEYS = "Ctrl+L"
"""Cmd+L on macOS, which Qt does by itself."""

_TIMES = (60, 300, 900, 3600, 0)
"""Seconds; 0 for never."""


class LockCard(Card):
    """Signals: time_chosen(int): seconds, 0 for never."""

    time_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        keys = QKeySequence(LOCK_KEYS).toString(QKeySequence.SequenceFormat.NativeText)
        why = words(
            "muted",
            self.tr(
                "When nobody used this window for so long, your tokens are locked and everything shown is forgotten. "
                "They are also locked with your screen, before sleep and when another user takes over. "
                "To lock them now, press {0}."
            ).format(keys),
        )
        self._choices = {seconds: button(self._text(seconds)) for seconds in _TIMES}
        for seconds, one in self._choices.items():
            one.setCheckable(True)
            one.setAccessibleName(self._name(seconds))
            one.setAccessibleDescription(why.text())
            one.clicked.connect(lambda _=False, seconds=seconds: self._chosen(seconds))
        self._time: int | None = None
        self._other = words("small")
        self.inside.setSpacing(8)
        self.inside.addWidget(words("label", self.tr("Lock by itself")))
        buttons = tuple(self._choices.values())
        self.inside.addWidget(Actions(*buttons[:3]))
        self.inside.addWidget(Actions(*buttons[3:]))
        self.inside.addWidget(self._other)
        self.inside.addWidget(why)

    def choice(self, seconds: int) -> QPushButton:
        """The button for this time."""
        return self._choices[seconds]

    def show_time(self, seconds: int | None, *, busy: bool) -> None:
        """None: not known yet."""
        self._time = seconds
        for time, one in self._choices.items():
            one.setChecked(time == seconds)
            one.setEnabled(seconds is not None and not busy)
        other = seconds is not None and seconds not in _TIMES
        self._other.setVisible(other)
        if other and seconds is not None:
            self._other.setText(self.tr("Chosen: %n seconds.", "", seconds))

    def _chosen(self, seconds: int) -> None:
        # what holds is the flow's answer; until then the choice stays as it was
        before = self._time
        self.show_time(before, busy=False)
        self.time_chosen.emit(seconds)

    def _text(self, seconds: int) -> str:
        if not seconds:
            return self.tr("Never")
        return self.tr("%n min", "", seconds // 60) if seconds < _HOUR else self.tr("%n h", "", seconds // _HOUR)

    def _name(self, seconds: int) -> str:
        if not seconds:
            return self.tr("Never lock by itself")
        if seconds < _HOUR:
            return self.tr("Lock after %n minute(s) without use", "", seconds // 60)
        return self.tr("Lock after %n hour(s) without use", "", seconds // _HOUR)


_HOUR = 3600
