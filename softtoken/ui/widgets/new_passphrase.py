"""Two inputs for a new passphrase, with what is right or wrong with them as they are typed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.secret_edit import SecretEdit

SHORTEST = 8
"""Characters; the vault has the last word."""


class NewPassphrase(QWidget):
    """Signals: judged (`good` may have changed)."""

    judged = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.good = False
        self.first, self.second = SecretEdit(), SecretEdit()
        self._first_field = Field(label, self.first, self.tr("At least 8 characters; several words are best."))
        self._second_field = Field(self.tr("The same passphrase again"), self.second)
        self._show = CheckBox(self.tr("Show what I type"))
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(14)
        for part in (self._first_field, self._second_field, self._show):
            lines.addWidget(part)
        for edit in (self.first, self.second):
            self._show.toggled.connect(edit.reveal)
            edit.textChanged.connect(self._judge)

    @property
    def text(self) -> str:
        return self.first.text()

    def enable(self, enabled: bool) -> None:  # noqa: FBT001  a setter
        for edit in (self.first, self.second):
            edit.setEnabled(enabled)

    def forget(self) -> None:
        wipe(self.first)
        wipe(self.second)
        self._show.setChecked(False)

    def _judge(self) -> None:
        first, second = self.first.text(), self.second.text()
        short = bool(first) and len(first) < SHORTEST
        long_enough = len(first) >= SHORTEST
        self._first_field.show_note(
            self.tr("Too short: {0} of at least {1} characters.").format(len(first), SHORTEST) if short else None,
            good=self.tr("Long enough.") if long_enough else None,
        )
        differs = bool(second) and not first.startswith(second)
        self.good = long_enough and first == second
        self._second_field.show_note(
            self.tr("The two are not the same.") if differs else None, good=self.tr("The same.") if self.good else None
        )
        self.judged.emit()
