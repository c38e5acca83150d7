"""The frame that every page shares: header with a way back, one readable column, Enter and Esc."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from softtoken.ui.sentence import Sentence
from softtoken.ui.widgets import icons
from softtoken.ui.widgets.actions import button
from softtoken.ui.widgets.problem import ProblemBox
from softtoken.ui.widgets.words import unbroken, words

_COLUMN_CHARACTERS = 62
_MARGIN = 24


class Page(QScrollArea):
    """One page of the window.

    Signals: left (back or Esc), text_copied(str) (an id for support, for the clipboard).
    Subclasses fill `column`, may give a `default` button for Enter, say where the focus starts (`first_focus`)
    and wipe what they were told (`forget`) when the page is left.
    """

    left = Signal()
    text_copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.default: QAbstractButton | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.back = button("", "quiet")
        self.back.clicked.connect(self.left)
        self.title = words("title")
        self.header = QHBoxLayout()
        self.header.setSpacing(6)
        self.header.addWidget(self.back, 0, Qt.AlignmentFlag.AlignTop)
        self.header.addWidget(self.title, 1)
        self.problem = ProblemBox()
        self.problem.text_copied.connect(self.text_copied)
        self._narrow = QWidget()
        self._narrow.setObjectName("column")
        self.column = QVBoxLayout(self._narrow)
        self.column.setContentsMargins(_MARGIN, 20, _MARGIN, _MARGIN)
        self.column.setSpacing(14)
        self.column.addLayout(self.header)
        self.column.addSpacing(2)
        self.column.addWidget(self.problem)
        whole = _Content()
        whole.setObjectName("page")
        across = QHBoxLayout(whole)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(self._narrow, 1000)
        across.addStretch(1)
        self.setWidget(whole)
        self._fit_column()
        self._draw_back()
        self.back.setAccessibleName(self.tr("Back"))
        self.back.setToolTip(self.tr("Back (Esc)"))

    def set_title(self, text: str) -> None:
        self.title.setText(text)
        self.setAccessibleName(unbroken(text))

    def set_back(self, *, shown: bool) -> None:
        """Is there somewhere to go back to?"""
        self.back.setVisible(shown)

    def show_problem(self, sentence: Sentence | None) -> None:
        """The box above the content; None hides it."""
        self.problem.show_sentence(sentence)
        if sentence is not None:
            self.ensureWidgetVisible(self.problem)

    def first_focus(self) -> QWidget | None:
        """Where the keyboard starts on this page."""
        return self.default

    def enter(self) -> None:
        """The page was just brought up."""
        self.verticalScrollBar().setValue(0)
        target = self.first_focus() or (None if self.back.isHidden() else self.back)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Wipe PINs, codes and what else was typed; the page is about to be left."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape if not self.back.isHidden():
                self.left.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._press_enter()
            case _:
                super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if not hasattr(self, "_narrow"):  # Qt sends changes while it is still building the scroll area
            return
        if event.type() == QEvent.Type.FontChange:
            self._fit_column()
            self._draw_back()
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.LayoutDirectionChange}:
            self._draw_back()

    def _press_enter(self) -> None:
        focused = self.focusWidget()
        if isinstance(focused, QPushButton) and focused.isVisible():
            focused.click()
        elif self.default is not None and self.default.isVisible():
            self.default.click()

    def _fit_column(self) -> None:
        self._narrow.setMaximumWidth(max(460, self.fontMetrics().averageCharWidth() * _COLUMN_CHARACTERS))

    def _draw_back(self) -> None:
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        accent = self.palette().color(QPalette.ColorRole.Accent)
        side = max(20, round(self.fontMetrics().height() * 1.25))
        self.back.setIconSize(QSize(side, side))
        self.back.setIcon(icons.icon("back", accent, side=side, mirrored=mirrored))


class _Content(QWidget):
    """Needs the height that its width asks for and no more.

    A wrapping label's own least height is for a narrow column; a scroll area that went by it would scroll into nothing.
    """

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)
