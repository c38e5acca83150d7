"""Choosing which protection types to enable, each explained in a sentence."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from softtoken.engine.tokens import ProtectionType
from softtoken.ui.biometric_words import BiometricWords
from softtoken.ui.sentences import Sentences
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
        self._sentences, self._biometrics = Sentences(self), BiometricWords(self)
        self._state: ChooseProtection | None = None
        self._texts: dict[CheckBox, QLabel] = {}
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
        self.biometric = self._choice(self.tr("Fingerprint or face"), "")
        self._none = words("fault")
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.clicked.connect(self._submit)
        back = button(self.tr("Back"))
        back.clicked.connect(self.left)
        self.column.addWidget(
            words(
                "small",
                self.tr("You may enable several and decide for each code. Your organisation may ask for one."),
            )
        )
        self.column.addWidget(self._none)
        self.column.addWidget(Actions(self.go_on, back))
        self.column.addStretch(1)
        self.default = self.go_on
        for box in (self.no_pin, self.pin, self.biometric):
            box.toggled.connect(self._judge)

    def first_focus(self) -> QWidget:
        return self.no_pin

    def show_state(self, state: ChooseProtection) -> None:
        before, self._state = self._state, state
        self.set_title(self.tr("How should codes be protected?"))
        self._for.setText(self.tr("For {0}").format(breakable(state.user)))
        if before is None or replace(before, biometric=state.biometric) != state:
            self.no_pin.setChecked(ProtectionType.NO_PIN in state.chosen)
            self.pin.setChecked(ProtectionType.PIN in state.chosen)
        usable = state.biometric is not None and state.biometric.usable
        offer = self._biometrics.offer(state.biometric)
        self._texts[self.biometric].setText(offer)
        self.biometric.setAccessibleDescription(offer)
        self.biometric.setEnabled(usable)
        if before is None or before.biometric != state.biometric or before.problem != state.problem:
            self.biometric.setChecked(usable and ProtectionType.BIOMETRIC in state.chosen)
        self.show_problem(self._sentences.tell(state.problem))
        self._judge()

    def forget(self) -> None:
        self._state = None

    def _choice(self, name: str, text: str) -> CheckBox:
        card = Card()
        box = CheckBox(name)
        box.setAccessibleDescription(text)
        card.inside.setSpacing(4)
        card.inside.addWidget(box)
        self._texts[box] = words("muted", text)
        card.inside.addWidget(self._texts[box])
        self.column.addWidget(card)
        return box

    def _chosen(self) -> frozenset[ProtectionType]:
        pairs = (
            (self.no_pin, ProtectionType.NO_PIN),
            (self.pin, ProtectionType.PIN),
            (self.biometric, ProtectionType.BIOMETRIC),
        )
        return frozenset(protection for box, protection in pairs if box.isChecked())

    def _judge(self) -> None:
        chosen = self._chosen()
        lacks_pin = ProtectionType.BIOMETRIC in chosen and ProtectionType.PIN not in chosen
        self._none.setText(
            self.tr("Enable the PIN as well: it is the way on when the reader fails.")
            if lacks_pin
            else self.tr("Choose at least one.")
        )
        self._none.setVisible(lacks_pin or not chosen)
        self.go_on.setEnabled(bool(chosen) and not lacks_pin)

    def _submit(self) -> None:
        self.protections_chosen.emit(ProtectionsChosen(self._chosen()))
