"""The sizes of a window and of its screen, for those who may not ask Qt."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from softtoken.iaa.fingerprint import Display


class WindowDisplay(QObject):
    """Looks whenever the window is shown, moved or resized; `read` may be called from any thread."""

    _TELLING = frozenset({QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.ScreenChangeInternal})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._display: Display | None = None

    def watch(self, window: QWidget) -> None:
        """Look at this window from now on."""
        window.installEventFilter(self)
        self._look(window)

    def read(self) -> Display | None:
        """As it was seen last; None before. One frozen value, so no lock."""
        return self._display

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in self._TELLING and isinstance(watched, QWidget):
            self._look(watched)
        return False

    def _look(self, window: QWidget) -> None:
        # sizes as a browser counts them: unscaled, so a large scale factor makes a small screen
        screen, inside = window.screen().geometry(), window.size()
        self._display = Display((screen.width(), screen.height()), (inside.width(), inside.height()))
