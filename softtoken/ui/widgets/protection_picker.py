"""The seed's choice of a protection type for the next code."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from softtoken.engine.tokens import ProtectionType
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.words import words

_ORDER = (ProtectionType.NO_PIN, ProtectionType.PIN, ProtectionType.BIOMETRIC)


class ProtectionNames(QObject):
    """What people call the protection types."""

    def name(self, protection: ProtectionType) -> str:
        match protection:
            case ProtectionType.NO_PIN:
                return self.tr("No PIN")
            case ProtectionType.PIN:
                return self.tr("PIN")
            case ProtectionType.BIOMETRIC:
                return self.tr("Fingerprint or face")


class ProtectionPicker(QWidget):
    """Buttons rather than radio buttons: moving through them with the arrow keys must not make codes.

    Signals: picked(ProtectionType).
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = ProtectionNames(self)
        self._buttons: dict[ProtectionType, QPushButton] = {}
        for protection in _ORDER:
            one = button(self._names.name(protection))
            one.setCheckable(True)
            one.clicked.connect(lambda _=False, protection=protection: self._pick(protection))
            self._buttons[protection] = one
        self._chosen: ProtectionType | None = None
        label = words("label", self.tr("Protection type"))
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(6)
        lines.addWidget(label)
        lines.addWidget(Actions(*self._buttons.values()))
        self.setAccessibleName(label.text())

    def show_choice(self, enabled: tuple[ProtectionType, ...], chosen: ProtectionType | None) -> None:
        """Which types the token has, and which is chosen."""
        self._chosen = chosen
        for protection, one in self._buttons.items():
            one.setVisible(protection in enabled)
            one.setChecked(protection is chosen)

    def first_button(self) -> QPushButton:
        """Where the keyboard starts: the chosen type, or the first one."""
        if self._chosen is not None:
            return self._buttons[self._chosen]
        return next((one for one in self._buttons.values() if not one.isHidden()), self._buttons[_ORDER[0]])

    def _pick(self, protection: ProtectionType) -> None:
        # what is chosen is the flow's decision; until it answers the buttons stay as they were
        for one, its_button in self._buttons.items():
            its_button.setChecked(one is self._chosen)
        self.picked.emit(protection)
