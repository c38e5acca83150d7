"""Choosing which protection types to enable, each explained in a sentence."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.engine.tokens import ProtectionType
from softtoken.ui.states import ChooseProtection
from softtoken.ui.views.intents import ProtectionsChosen
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words


class ProtectionView(Page):
    """Signals: protections_chosen(ProtectionsChosen)."""

    protections_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._for = words("muted")
        self.column.addWidget(self._for)
        self.no_pin = self._choice(
            self.tr("No PIN"),
            self.tr("A code at the press of a button. Anybody at this computer while you are signed in can make one."),
        )
        self.pin = self._choice(
            self.tr("PIN"),
            self.tr("A code only for those who know the PIN, which never leaves this computer."),
        )
        biometric = self._choice(
            self.tr("Biometric"),
            self.tr("Fingerprint or face instead of a PIN. Not available on this computer yet."),
        )
        biometric.setEnabled(False)
        self._none = words("fault", self.tr("Choose at least one."))
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.clicked.connect(self._submit)
        back = button(self.tr("Back"))
        back.clicked.connect(self.left)
        self.column.addWidget(
            words(
                "small",
                self.tr("You may enable both and decide for each code. Your organisation may ask for a certain one."),
            )
        )
        self.column.addWidget(self._none)
        self.column.addWidget(Actions(self.go_on, back))
        self.column.addStretch(1)
        self.default = self.go_on
        for box in (self.no_pin, self.pin):
            box.toggled.connect(self._judge)

    def first_focus(self) -> QWidget:
        return self.no_pin

    def show_state(self, state: ChooseProtection) -> None:
        self.set_title(self.tr("How should codes be protected?"))
        self._for.setText(self.tr("For {0}").format(breakable(state.user)))
        self.no_pin.setChecked(ProtectionType.NO_PIN in state.chosen)
        self.pin.setChecked(ProtectionType.PIN in state.chosen)
        self._judge()

    def _choice(self, name: str, text: str) -> CheckBox:
        card = Card()
        box = CheckBox(name)
        box.setAccessibleDescription(text)
        card.inside.setSpacing(4)
        card.inside.addWidget(box)
        card.inside.addWidget(words("muted", text))
        self.column.addWidget(card)
        return box

    def _chosen(self) -> frozenset[ProtectionType]:
        pairs = ((self.no_pin, ProtectionType.NO_PIN), (self.pin, ProtectionType.PIN))
        return frozenset(protection for box, protection in pairs if box.isChecked())

    def _judge(self) -> None:
        self._none.setVisible(not self._chosen())
        self.go_on.setEnabled(bool(self._chosen()))

    def _submit(self) -> None:
        self.protections_chosen.emit(ProtectionsChosen(self._chosen()))
