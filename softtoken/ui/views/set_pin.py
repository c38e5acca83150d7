"""Setting a PIN: twice, with the rules shown as they are met."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import SetPin
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.new_pin import NewPin
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class SetPinView(Page):
    """Signals: pin_set(str)."""

    pin_set = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.pins = NewPin()
        self.first, self.second = self.pins.first, self.pins.second
        self.go_on = button(self.tr("Activate"), "primary")
        self.go_on.clicked.connect(lambda: self.pin_set.emit(self.pins.pin))
        back = button(self.tr("Back"))
        back.clicked.connect(self.left)
        self.pins.judged.connect(lambda: self.go_on.setEnabled(self.pins.good))
        self.column.addWidget(
            words(
                "muted",
                self.tr("You will enter it for each code. It is known here only; nobody can tell it to you later."),
            )
        )
        for part in (self.pins, Actions(self.go_on, back)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on

    def first_focus(self) -> QWidget:
        return self.first

    def show_state(self, state: SetPin) -> None:
        self.set_title(self.tr("Set a PIN") if state.token is None else self.tr("Set a new PIN"))
        self.pins.use_rules(state.rules, state.user)
        self.show_problem(self._sentences.tell(state.problem))

    def forget(self) -> None:
        self.pins.forget()
