"""Making a backup, bringing back what is in one, and putting a copy in the place of a vault that cannot be read."""

from dataclasses import replace
from pathlib import Path

from softtoken.services.events import (
    ListCopies,
    ListCopiesResult,
    RestoreBackup,
    RestoreBackupResult,
    RestoreCopy,
    RestoreCopyResult,
    Status,
    WriteBackup,
    WriteBackupResult,
)
from softtoken.ui.flows.keeping import Keeping, Next
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    BackupForm,
    BackupMade,
    BackupRestored,
    Done,
    Failure,
    Problem,
    Refusal,
    RestoreForm,
    Task,
    Unusable,
    Working,
)


class Backups:
    """settings: the page that this is reached from; reopen: what follows a copy that was put back."""

    def __init__(self, stage: Stage, keeping: Keeping, settings: Next, reopen: Next) -> None:
        self._stage = stage
        self._keeping = keeping
        self._settings = settings
        self._reopen = reopen

    def begin(self) -> None:
        self._stage.go(BackupForm())

    def write(self, path: Path, passphrase: str) -> None:
        """The person picked the file, and said yes if there was one of that name."""
        state = self._stage.state
        if not isinstance(state, BackupForm) or state.busy:
            return
        self._stage.update(BackupForm(busy=True))

        def done(result: WriteBackupResult) -> None:
            if result.status is Status.OK:
                self._stage.go(BackupMade(path, result))
            else:
                failed(Refusal(Task.BACKUP, result.status, fault=_word(result)))

        def failed(problem: Problem) -> None:
            self._stage.update(BackupForm(problem=problem))

        self._stage.on_token(WriteBackup(path, passphrase, replace=True), Task.BACKUP, done, failed)

    def begin_restore(self, path: Path) -> None:
        self._stage.go(RestoreForm(path))

    def restore(self, passphrase: str) -> None:
        """Into the vault, which is made now if there is none."""
        state = self._stage.state
        if not isinstance(state, RestoreForm) or state.busy:
            return
        again = replace(state, problem=None, busy=False)

        def done(result: RestoreBackupResult) -> None:
            if result.status is not Status.OK:
                failed(Refusal(Task.RESTORE_BACKUP, result.status, fault=_word(result)))
                return
            self._stage.refresh(lambda: self._stage.go(BackupRestored(result)))

        def failed(problem: Problem) -> None:
            self._stage.go(replace(again, problem=problem))

        def post() -> None:
            self._stage.go(Working(Task.RESTORE_BACKUP))
            event = RestoreBackup(state.path, passphrase)
            self._stage.on_token(event, Task.RESTORE_BACKUP, done, failed, wherever=True)

        self._keeping.ensure_vault(post, lambda: self._stage.go(again))

    def leave(self) -> None:
        """Back to where it began; past a recovery code that nobody has seen yet."""
        if self._stage.session.vault_open:
            self._keeping.show_recovery(self._settings)
        else:
            self._stage.home()

    def finish(self) -> None:
        """To the tokens."""
        self._keeping.show_recovery(self._stage.home)

    def look_for_copies(self, page: Unusable) -> None:
        """Offer the newest whole copy on the page for a vault that cannot be used."""

        def found(result: ListCopiesResult) -> None:
            state = self._stage.state
            if isinstance(state, Unusable) and state.problem is page.problem:
                self._stage.update(replace(state, copy=result.newest_whole))

        def silent(_: Failure) -> None:
            """Nothing can be offered; the page says the rest."""

        self._stage.on_token(ListCopies(), Task.PUT_BACK, found, silent)

    def put_back(self) -> None:
        """The copy that the page offers."""
        state = self._stage.state
        if not isinstance(state, Unusable) or state.copy is None or state.busy:
            return
        self._stage.update(replace(state, busy=True, refused=None))

        def done(result: RestoreCopyResult) -> None:
            match result.status:
                case Status.OK:
                    self._stage.tell(Done.PUT_BACK)
                    self._reopen()
                case Status.INVALID_STATE:  # somebody was quicker, and it can be read now
                    self._reopen()
                case _:
                    failed(Refusal(Task.PUT_BACK, result.status))

        def failed(problem: Problem) -> None:
            self._stage.update(replace(state, refused=problem))

        event = RestoreCopy(state.copy.number)
        self._stage.on_token(event, Task.PUT_BACK, done, failed, wherever=True)


def _word(result: WriteBackupResult | RestoreBackupResult) -> str | None:
    return None if result.fault is None else result.fault.value
