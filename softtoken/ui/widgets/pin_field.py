"""The input for a token's PIN: how many tries are left, and the wait after too many wrong ones counting down."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from softtoken.clock import Clock, SystemClock
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.secret_edit import PinEdit

_WAKE_MS = 250


class PinField(Field):
    """Signals: changed (`ready` may have changed)."""

    changed = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        self._pin = PinEdit()
        super().__init__(label, self._pin, "", parent)
        self._clock: Clock = SystemClock()
        self._until: int | None = None
        self._busy = False
        self._tries = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_WAKE_MS)
        self._timer.timeout.connect(self._judge)
        self.edit.textChanged.connect(self._judge)

    @property
    def ready(self) -> bool:
        """Digits were typed, and they would be looked at now."""
        return self._wait() <= 0 and not self._busy and _digits(self.edit.text())

    def use_clock(self, clock: Clock) -> None:
        self._clock = clock

    def show_wait(self, until: int | None, *, busy: bool, tries: int | None = None) -> None:
        """until: the uptime before which no PIN is looked at; busy: a PIN is being looked at now.

        tries: how many are left, None where that is not worth saying.
        """
        self._until, self._busy = until, busy
        self._tries = "" if tries is None else self.tr("Tries left: {0}").format(tries)
        self.edit.setEnabled(not busy)
        self._judge()
        if self._until is not None and self.isVisible():
            self._timer.start()

    def reveal(self, shown: bool) -> None:  # noqa: FBT001  a slot of QCheckBox.toggled
        self._pin.reveal(shown)

    def forget(self) -> None:
        wipe(self.edit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._judge()
        if self._until is not None:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.forget()

    def _wait(self) -> int:
        return 0 if self._until is None else max(0, self._until - self._clock.uptime())

    def _judge(self) -> None:
        left, pin = self._wait(), self.edit.text()
        if left > 0:
            self.show_note(self.tr("Next try in {0}").format(countdown(left)))
        else:
            self._until = None
            self._timer.stop()
            self.set_hint(self._tries)
            if pin and not _digits(pin):
                self.show_note(self.tr("A PIN has digits only."))
        self.changed.emit()


def countdown(seconds: int) -> str:
    """Minutes and seconds, with hours before them where there are any: 0:07, 59:59, 1:00:00."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def worth_saying(tries_left: int | None, most: int) -> int | None:
    """The tries that are left, once one is gone."""
    return tries_left if tries_left is not None and 0 < tries_left < most else None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
