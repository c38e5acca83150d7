"""A strip above the page while a finger or a face is waited for. Its buttons only ever stop the asking."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import BiometricPrompt, BiometricPurpose
from softtoken.ui.biometric_words import BiometricWords
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.announce import announce
from softtoken.ui.widgets.strip import Strip


class ReaderStrip(Strip):
    """Hidden unless somebody is waited for. Signals: cancelled, pin_chosen."""

    cancelled = Signal()
    pin_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(12, parent)
        self._words = BiometricWords(self)
        self.use_pin, self.cancel = button(self.tr("Use the PIN instead")), button(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Stop waiting for the reader"))
        self.use_pin.clicked.connect(self.pin_chosen)
        self.cancel.clicked.connect(self.cancelled)
        self._actions = Actions(self.use_pin, self.cancel)
        self.lines.addSpacing(4)
        self.lines.addWidget(self._actions)

    def show_prompt(self, prompt: BiometricPrompt) -> None:
        """Each hint is read out."""
        if prompt.hint is None:
            self.hide()
            return
        setting_up = prompt.purpose is BiometricPurpose.SET_UP
        self.use_pin.setText(self.tr("Only the PIN") if setting_up else self.tr("Use the PIN instead"))
        what = self._words.hint(prompt.hint)
        self._say(what, self._words.what_for(prompt.purpose))
        self._actions.tidy()
        self.show()
        announce(self, what)
