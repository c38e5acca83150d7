"""A code that is painted, and read out, only while somebody asked for it, where the setting says so."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from softtoken.ui.widgets.cards import Card

COVER = "\u2022"


class CoveredCode(Card):
    """Asked for with Space, Enter or a click. Who inherits has a code, paints it, and reads out what it painted."""

    def __init__(self, shown_ms: int, parent: QWidget | None = None) -> None:
        """shown_ms: for how long, once it was asked for."""
        super().__init__("plain", parent)
        self._hidden = self._revealed = False
        self._cover = QTimer(self)
        self._cover.setSingleShot(True)
        self._cover.setInterval(shown_ms)
        self._cover.timeout.connect(self.cover_again)

    @property
    def cover(self) -> QTimer:
        """Runs while a hidden code is shown."""
        return self._cover

    @property
    def covered(self) -> bool:
        return self._hidden and not self._revealed

    @property
    def has_code(self) -> bool:
        raise NotImplementedError

    def paint_code(self) -> None:
        raise NotImplementedError

    def say_code(self) -> None:
        raise NotImplementedError

    def hide_codes(self, hidden: bool) -> None:  # noqa: FBT001  a setting
        self._hidden = hidden
        self.forget_asking()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if hidden else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if hidden else Qt.CursorShape.ArrowCursor)
        if self.has_code:
            self.paint_code()

    def reveal(self) -> None:
        """Show what is hidden for some seconds."""
        if self._hidden and self.has_code:
            self._revealed = True
            self.paint_code()
            self.say_code()
            self._cover.start()

    def cover_again(self) -> None:
        asked = self._revealed
        self.forget_asking()
        if asked and self.has_code:
            self.paint_code()

    def forget_asking(self) -> None:
        """The next code was not asked for."""
        self._cover.stop()
        self._revealed = False

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.cover_again()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._hidden and event.button() is Qt.MouseButton.LeftButton:
            self.reveal()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._hidden and event.key() in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.reveal()
        else:
            super().keyPressEvent(event)
