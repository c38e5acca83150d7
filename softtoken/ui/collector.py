"""Python's cyclic garbage is collected on the GUI thread alone.

It may hold widgets, and those must end where they live. Left to itself Python collects on whichever thread happens
to allocate: a lane that ends a QObject there holds a lock of Qt while it waits for the interpreter, and the GUI thread,
which has the interpreter, waits for that lock for ever.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


def collect_due() -> None:
    """What Python would have collected by now; to be called on the GUI thread."""
    for generation in (2, 1, 0):
        threshold = gc.get_threshold()[generation]
        if threshold and gc.get_count()[generation] > threshold:
            gc.collect(generation)
            return


class Collector(QObject):
    """From its start to its stop nothing is collected anywhere else."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._usual = False
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(collect_due)

    def start(self) -> None:
        self._usual = gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """No thread may be left that could meet a widget's remains."""
        self._timer.stop()
        gc.collect()
        if self._usual:
            gc.enable()
