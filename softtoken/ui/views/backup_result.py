"""What is in a backup that was made, or what became of each token of one that was restored."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import RestoreBackupResult, WriteBackupResult
from softtoken.ui.backup_words import BackupWords
from softtoken.ui.states import BackupMade, BackupRestored
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.facts import Facts
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class BackupResultView(Page):
    """Signals: finished."""

    finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = BackupWords(self)
        self._said = words("body")
        self.facts = Facts()
        self._more = words("muted")
        self.done = button(self.tr("Done"), "primary")
        self.done.clicked.connect(self.finished)
        for part in (self._said, self.facts, self._more, Actions(self.done)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.done

    def show_state(self, state: BackupMade | BackupRestored) -> None:
        if isinstance(state, BackupMade):
            self.set_title(self.tr("The backup is made"))
            self._show_made(state.result, str(state.path))
        else:
            self.set_title(self.tr("The backup is restored"))
            self._show_restored(state.result)
        self._more.setVisible(bool(self._more.text()))

    def forget(self) -> None:
        self.facts.show_facts([])

    def _show_made(self, result: WriteBackupResult, path: str) -> None:
        self._said.setText(self.tr("Tokens in it: {0}. Your settings are in it, too.").format(result.tokens))
        needs = self.tr("Only named in it: needs a new activation code from your organisation.")
        facts = [(self.tr("The file"), path), *((name, needs) for name in result.managed)]
        if result.unreadable:
            facts.append((self.tr("Stored tokens that cannot be read"), str(result.unreadable)))
        self.facts.show_facts(facts)
        self._more.setText(self.tr("Keep the file on another disk, and the passphrase apart from it."))

    def _show_restored(self, result: RestoreBackupResult) -> None:
        self._said.setText(
            self.tr("Made on {0}. This became of what is in it:").format(self._words.day(result.made_at))
        )
        nameless = self.tr("(no name)")
        self.facts.show_facts(
            [
                (
                    " · ".join(part for part in (token.issuer, token.name) if part) or nameless,
                    self._words.outcome(token, result.made_at),
                )
                for token in result.tokens
            ]
        )
        if not result.tokens:
            self._said.setText(self.tr("There is no token in this backup."))
        self._more.setText(self.tr("Settings that nobody had changed here were taken over.") if result.options else "")
