"""Two inputs for a new PIN, with the rules shown as they are met."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.engine.pin import PinRules, judge_new_pin
from softtoken.ui.pin_words import PinWords
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.secret_edit import PinEdit


class NewPin(QWidget):
    """Signals: judged (`good` may have changed), revealed(bool): the PINs are to be seen, or no longer."""

    judged = Signal()
    revealed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = PinWords(self)
        self._rules, self._user, self._current = PinRules(), "", ""
        self.good = False
        self.first, self.second = PinEdit(), PinEdit()
        self.first_field = Field(self.tr("New PIN"), self.first)
        self.second_field = Field(self.tr("The same PIN again"), self.second)
        self.reveal = CheckBox(self.tr("Show the PIN"))
        for revealed in (self.first.reveal, self.second.reveal, self.revealed):
            self.reveal.toggled.connect(revealed)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(14)
        for part in (self.first_field, self.second_field, self.reveal):
            lines.addWidget(part)
        for edit in (self.first, self.second):
            edit.textChanged.connect(self._judge)

    @property
    def pin(self) -> str:
        return self.first.text()

    def use_rules(self, rules: PinRules, user: str) -> None:
        self._rules, self._user = rules, user
        self.first_field.set_hint(self._words.rules(rules))
        self._judge()

    def replaces(self, current: str) -> None:
        """The PIN that the new one has to differ from."""
        self._current = current
        self._judge()

    def forget(self) -> None:
        self._current = ""
        wipe(self.first)
        wipe(self.second)
        self.reveal.setChecked(False)

    def _judge(self) -> None:
        first, second = self.first.text(), self.second.text()
        fault = judge_new_pin(first, self._rules, self._user, self._current or None)
        # still typing is not a mistake
        told = self._words.fault(fault, self._rules) if first and fault is not None else None
        self.first_field.show_note(told, good=self.tr("A good PIN.") if fault is None else None)
        differs = bool(second) and not first.startswith(second)
        self.good = fault is None and first == second
        self.second_field.show_note(
            self.tr("The two are not the same.") if differs else None, good=self.tr("The same.") if self.good else None
        )
        self.judged.emit()
