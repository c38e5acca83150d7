"""The first frame, shown before anything heavy is loaded."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QWidget

from softtoken.ui.states import Starting
from softtoken.ui.widgets.cards import Glyph
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.spinner import Spinner
from softtoken.ui.widgets.words import words

_HINT_AFTER_MS = 1500


class StartingView(Page):
    """Says after a moment that the system's keyring may be asking something."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_back(shown=False)
        self.title.hide()
        self.setAccessibleName(self.tr("Starting"))
        centre = Qt.AlignmentFlag.AlignHCenter
        name = words("display", self.tr("Soft Token"))
        name.setAlignment(centre)
        self._hint = words(
            "muted",
            self.tr(
                "Opening your tokens. If the system asks for the password of its keyring, answer there; "
                "Soft Token does not see it."
            ),
        )
        self._hint.setAlignment(centre)
        self.column.addStretch(2)
        self.column.addWidget(Glyph("shield", 56, QPalette.ColorRole.Accent), 0, centre)
        self.column.addWidget(name)
        self.column.addSpacing(10)
        self.column.addWidget(Spinner(), 0, centre)
        self.column.addSpacing(10)
        self.column.addWidget(self._hint)
        self.column.addStretch(3)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_HINT_AFTER_MS)
        self._timer.timeout.connect(self._hint.show)

    def show_state(self, _: Starting) -> None:
        self._hint.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
