"""Setting a PIN: twice, with the rules shown as they are met."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.engine.pin import PinFault, PinRules, judge_new_pin
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import SetPin
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import PinEdit
from softtoken.ui.widgets.words import words


class SetPinView(Page):
    """Signals: pin_set(str)."""

    pin_set = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._rules, self._user = PinRules(), ""
        self.first, self.second = PinEdit(), PinEdit()
        self.first_field = Field(self.tr("New PIN"), self.first)
        self.second_field = Field(self.tr("The same PIN again"), self.second)
        self._show = CheckBox(self.tr("Show the PIN"))
        self._show.toggled.connect(self.first.reveal)
        self._show.toggled.connect(self.second.reveal)
        self.go_on = button(self.tr("Activate"), "primary")
        self.go_on.clicked.connect(lambda: self.pin_set.emit(self.first.text()))
        back = button(self.tr("Back"))
        back.clicked.connect(self.left)
        for edit in (self.first, self.second):
            edit.textChanged.connect(self._judge)
        self.column.addWidget(
            words(
                "muted",
                self.tr("You will enter it for each code. It is known here only; nobody can tell it to you later."),
            )
        )
        for part in (self.first_field, self.second_field, self._show, Actions(self.go_on, back)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on

    def first_focus(self) -> QWidget:
        return self.first

    def show_state(self, state: SetPin) -> None:
        self.set_title(self.tr("Set a PIN"))
        self._rules, self._user = state.rules, state.user
        self.first_field.set_hint(
            self.tr("{0} to {1} digits, not a plain sequence such as 123456 or 111111.").format(
                state.rules.min_length, state.rules.max_length
            )
        )
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        wipe(self.first)
        wipe(self.second)
        self._show.setChecked(False)

    def _judge(self) -> None:
        first, second = self.first.text(), self.second.text()
        fault = judge_new_pin(first, self._rules, self._user)
        # still typing is not a mistake
        told = self._fault(fault) if first and fault is not None else None
        self.first_field.show_note(told, good=self.tr("A good PIN.") if fault is None else None)
        differs = bool(second) and not first.startswith(second)
        same = fault is None and first == second
        self.second_field.show_note(
            self.tr("The two are not the same.") if differs else None, good=self.tr("The same.") if same else None
        )
        self.go_on.setEnabled(same)

    def _fault(self, fault: PinFault) -> str:
        match fault:
            case PinFault.NOT_DIGITS:
                return self.tr("Use digits only.")
            case PinFault.TOO_SHORT:
                return self.tr("Too short: at least {0} digits.").format(self._rules.min_length)
            case PinFault.TOO_LONG:
                return self.tr("Too long: at most {0} digits.").format(self._rules.max_length)
            case PinFault.TOO_SIMPLE:
                return self.tr("Too simple: the steps between its digits have to vary.")
            case PinFault.REPEATS:
                return self.tr("Too simple: it says the same digits over and over.")
            case PinFault.UNCHANGED:
                return self.tr("That is the old PIN. Choose another one.")
            case PinFault.CONTAINS_USER_ID:
                return self.tr("It may not contain digits of your user name.")
