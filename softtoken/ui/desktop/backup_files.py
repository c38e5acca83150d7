"""Asks for the file of a backup, to be written or to be read."""

from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from softtoken.ui.flow import Flow

SUFFIX = ".softtoken-backup"


class BackupFiles(QObject):
    """The system's own dialogs; the one for writing asks before it takes a name that is in use."""

    def __init__(self, window: QWidget, flow: Flow) -> None:
        super().__init__(window)
        self._window = window
        self._flow = flow
        self._retired = False

    def retire(self) -> None:
        """The window is locked: what a dialog that is open now is answered with is not used, whatever comes first."""
        self._retired = True
        self.deleteLater()

    def ask_place(self, passphrase: str) -> None:
        """Where the backup goes; nothing happens without an answer."""
        proposed = str(Path(_documents()) / f"softtoken{SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the backup"), proposed)
        if name and not self._retired:
            self._flow.backups.write(Path(name), passphrase)

    def ask_file(self) -> None:
        """Which backup is restored."""
        kinds = ";;".join((self.tr("Backups of Soft Token (*{0})").format(SUFFIX), self.tr("All files (*)")))
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Choose the backup"), _documents(), kinds)
        if name and not self._retired:
            self._flow.backups.begin_restore(Path(name))


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
