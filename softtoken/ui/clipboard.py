"""Putting a code on the clipboard so that it is not kept: marked as a secret, and cleared if it is still there."""

from PySide6.QtCore import QByteArray, QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard

CLEAR_AFTER = 30
"""Seconds."""

_SECRET_MARKS = {
    # what clipboard managers of each system look for; the others ignore it
    "x-kde-passwordManagerHint": b"secret",
    "org.nspasteboard.ConcealedType": b"1",
    "application/x-nspasteboard-concealed-type": b"1",
    "ExcludeClipboardContentFromMonitorProcessing": b"1",
    "CanIncludeInClipboardHistory": b"\0\0\0\0",
    "CanUploadToCloudClipboard": b"\0\0\0\0",
}


class SecretClipboard(QObject):
    """One secret at a time; the next one takes its place and starts the time anew.

    What somebody else put there meanwhile is never cleared.
    """

    def __init__(self, clipboard: QClipboard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clipboard = clipboard
        self._ours: str | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CLEAR_AFTER * 1000)
        self._timer.timeout.connect(self.clear)

    @property
    def timer(self) -> QTimer:
        """Runs while there is something to clear."""
        return self._timer

    def copy_secret(self, text: str) -> None:
        mime = QMimeData()
        mime.setText(text)
        for name, mark in _SECRET_MARKS.items():
            mime.setData(name, QByteArray(mark))
        self._clipboard.setMimeData(mime)
        self._ours = text
        self._timer.start()

    def copy_text(self, text: str) -> None:
        """Something that is no secret, for example an id for support. It stays."""
        self._forget()
        self._clipboard.setText(text)

    def clear(self) -> None:
        """Take our secret off the clipboard, if it is still there. Also to be called when the program ends."""
        if self._ours is not None and self._clipboard.text() == self._ours:
            self._clipboard.clear()
        self._forget()

    def _forget(self) -> None:
        self._timer.stop()
        self._ours = None
