"""The recovery code: shown once, kept on paper or in a file, confirmed by typing two of its groups."""

import random
import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ShowRecoveryCode
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words

_COLUMNS = 3
_BETWEEN_ROWS = 12
_ALIKE = str.maketrans("OIL", "011")


class RecoveryView(Page):
    """Signals: confirmed, left (later), code_copied(str), save_wanted(str), print_wanted(str)."""

    confirmed = Signal()
    code_copied = Signal(str)
    save_wanted = Signal(str)
    print_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._code = ""
        self._asked: tuple[int, int] = (0, 1)
        self.set_back(shown=False)
        self.column.addWidget(
            words(
                "body",
                self.tr(
                    "If this computer's keyring is lost or you forget your passphrase, this code alone opens "
                    "your tokens. It is shown only now."
                ),
            )
        )
        self._card = Card("sunken")
        self._card.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # symbols have no other direction
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(1)
        self._card.inside.addLayout(self._grid)
        copy, save, paper = CopyButton(self.tr("Copy")), button(self.tr("Save…")), button(self.tr("Print…"))
        copy.clicked.connect(lambda: self.code_copied.emit(self._code))
        save.clicked.connect(lambda: self.save_wanted.emit(self._code))
        paper.clicked.connect(lambda: self.print_wanted.emit(self._code))
        self.groups: tuple[QLineEdit, QLineEdit] = (plain_edit(max_length=8), plain_edit(max_length=8))
        self._fields = tuple(Field("", edit) for edit in self.groups)
        self.confirm = button(self.tr("I have kept it"), "primary")
        self.confirm.clicked.connect(self.confirmed)
        self.later = button(self.tr("Later"))
        self.later.clicked.connect(self.left)
        self.column.addWidget(self._card)
        self.column.addWidget(Actions(copy, save, paper))
        self.column.addSpacing(6)
        self.column.addWidget(words("label", self.tr("Type two of its groups, to be sure that you have it:")))
        for part in (*self._fields, Actions(self.confirm, self.later)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.confirm
        for edit in self.groups:
            edit.textChanged.connect(self._judge)

    def first_focus(self) -> QWidget:
        return self.groups[0]

    def show_state(self, state: ShowRecoveryCode) -> None:
        self.set_title(self.tr("Keep your recovery code"))
        if state.code != self._code:
            self._show_code(state.code)
        self.later.setEnabled(not state.busy)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self._code = ""
        for edit in self.groups:
            wipe(edit)
        while (item := self._grid.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.hide()
                label.setParent(None)
                label.deleteLater()
        self._card.setAccessibleName("")

    def _parts(self) -> list[str]:
        return [part for part in re.split(r"[-\s]+", self._code) if part]

    def _show_code(self, code: str) -> None:
        self.forget()
        self._code = code
        parts = self._parts()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        for place, part in enumerate(parts):
            number, symbols = words("small", str(place + 1)), words("heading", part)
            number.setAlignment(Qt.AlignmentFlag.AlignCenter)
            symbols.setAlignment(Qt.AlignmentFlag.AlignCenter)
            symbols.setWordWrap(False)
            symbols.setStyleSheet(f'font-family: "{font}"; letter-spacing: 2px;')
            symbols.setAccessibleName(self.tr("Group {0}: {1}").format(place + 1, " ".join(part)))
            row, column = divmod(place, _COLUMNS)
            self._grid.addWidget(symbols, row * 3, column)
            self._grid.addWidget(number, row * 3 + 1, column)
            if place + _COLUMNS < len(parts):  # a number must not stand as near to the group of the next row
                self._grid.setRowMinimumHeight(row * 3 + 2, _BETWEEN_ROWS)
        self._card.setAccessibleName(self.tr("Recovery code"))
        first, second = sorted(random.SystemRandom().sample(range(len(parts)), 2)) if len(parts) > 1 else (0, 0)
        self._asked = (first, second)
        for field, place in zip(self._fields, self._asked, strict=True):
            field.set_label(self.tr("Group {0}").format(place + 1))

    def _judge(self) -> None:
        parts = self._parts()
        right = 0
        for field, edit, place in zip(self._fields, self.groups, self._asked, strict=True):
            typed, wanted = _plain(edit.text()), _plain(parts[place]) if place < len(parts) else ""
            same = bool(wanted) and typed == wanted
            wrong = len(typed) >= len(wanted) > 0 and not same
            field.show_note(
                self.tr("This is not group {0}.").format(place + 1) if wrong else None,
                good=self.tr("Right.") if same else None,
            )
            right += same
        self.confirm.setEnabled(right == len(self._fields) and self.later.isEnabled())


def _plain(text: str) -> str:
    return re.sub(r"[-\s]", "", text.upper()).translate(_ALIKE)
