"""Offers a copy of the stored tokens that was kept, in the place of what cannot be read."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import CopyInformation
from softtoken.ui.backup_words import BackupWords
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.words import words


class CopyCard(Card):
    """Signals: chosen."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("good", parent)
        self._words = BackupWords(self)
        self._what = words("label")
        self.put_back = button(self.tr("Put this copy back"), "primary")
        self.put_back.clicked.connect(self.chosen)
        text = self.tr(
            "The damaged file is kept under another name. What was changed since then is lost, and each token of your "
            "organisation has to log in once. The copy opens with the keyring, recovery code or passphrase of that day."
        )
        self.inside.addWidget(self._what)
        self.inside.addWidget(words("body", text))
        self.inside.addWidget(Actions(self.put_back))

    def show_copy(self, copy: CopyInformation | None, *, busy: bool) -> None:
        self.setVisible(copy is not None)
        self.put_back.setEnabled(not busy)
        self.put_back.setText(self.tr("Putting it back…") if busy else self.tr("Put this copy back"))
        if copy is not None:
            self._what.setText(self.tr("There is a whole copy of {0}.").format(self._words.day(copy.made_at)))
            self.setAccessibleName(self._what.text())
