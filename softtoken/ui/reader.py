"""The finger or face sensor: what it asks for now, brought to the GUI thread, and how a person answers that."""

from PySide6.QtCore import QObject, Signal

from softtoken.services.events import BiometricPrompt, BiometricPurpose, CancelBiometric
from softtoken.ui.notices import Notices
from softtoken.ui.poster import Poster


class Reader(QObject):
    """Signals: asked(BiometricPrompt): what to show; its hint is None once nobody is waited for."""

    asked = Signal(object)

    def __init__(self, poster: Poster, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._poster = poster
        self._now: BiometricPurpose | None = None
        self._pin_wanted = False
        notices.biometric_told.connect(self._told)

    def cancel(self) -> None:
        """Stop asking. What waited for it ends as cancelled."""
        if self._now is not None:
            # on this thread: every lane may be the one that waits, and this event never does
            self._poster.post(CancelBiometric())

    def use_pin(self) -> None:
        """Stop asking, and go on with the PIN."""
        self._pin_wanted = self._now is not None
        self.cancel()

    def take_pin_wanted(self) -> bool:
        """Did the person choose the PIN while the sensor asked? Said once."""
        wanted, self._pin_wanted = self._pin_wanted, False
        return wanted

    def left(self) -> None:
        """The page was left: what it asked for is not wanted any more. An activation goes on wherever one is."""
        if self._now is not BiometricPurpose.SET_UP:
            self.cancel()

    def _told(self, prompt: BiometricPrompt) -> None:
        if prompt.hint is not None and self._now is None:
            self._pin_wanted = False
        self._now = None if prompt.hint is None else prompt.purpose
        self.asked.emit(prompt)
