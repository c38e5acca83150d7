"""Somebody at the real reader: each time that the product asks for a finger, the next thing happens at the sensor."""

from collections.abc import Callable

from support.fingerprints import FingerprintBus

from softtoken.services.controller import MasterController
from softtoken.services.events import BiometricHint, BiometricPrompt, Notification

Deed = str | Callable[[], object]
"""`SCAN alice` and the like (FingerprintBus.finger), or something else that happens then."""


class Hand:
    """hints: what the product asked for, in its order."""

    def __init__(self, bus: FingerprintBus, controller: MasterController) -> None:
        self._bus = bus
        self._deeds: list[Deed] = []
        self.hints: list[BiometricHint] = []
        controller.subscribe(self._told)

    def will(self, *deeds: Deed) -> None:
        """Do these, one at each hint; what was left of earlier ones is not done, and earlier hints are forgotten."""
        self._deeds = list(deeds)
        self.hints.clear()

    def _told(self, told: Notification) -> None:
        if not isinstance(told, BiometricPrompt) or told.hint is None:
            return
        self.hints.append(told.hint)
        if self._deeds:
            deed = self._deeds.pop(0)
            if isinstance(deed, str):
                self._bus.finger(deed)
            else:
                deed()
