"""The recovery code on paper or in a file, where the person wants it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QWidget

from softtoken.vault.ownfile import write_whole


class RecoverySheet(QObject):
    """The same few lines for both."""

    def text(self, code: str) -> str:
        return "\n".join(
            (
                self.tr("Recovery code for Soft Token"),
                "",
                code,
                "",
                self.tr("It opens the tokens on the computer where it was made, if keyring or passphrase are lost."),
                self.tr("Keep it where others do not look. A newer code replaces this one."),
                "",
            )
        )

    def save(self, code: str, path: Path) -> None:
        """Write the sheet so that only this user can read it. Raises FileFailed."""
        write_whole(path, self.text(code).encode(), replace=True)  # the dialog asked before it took a name in use

    def print_out(self, code: str, parent: QWidget, wanted: Callable[[], bool] = lambda: True) -> bool:
        """Ask for a printer and print. False if the person cancelled, or it is not `wanted` any more by then."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # loaded only by those who print

        printer = QPrinter()
        if QPrintDialog(printer, parent).exec() != QPrintDialog.DialogCode.Accepted or not wanted():
            return False
        document = QTextDocument()
        document.setPlainText(self.text(code))
        document.print_(printer)
        return True
