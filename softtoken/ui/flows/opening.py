"""From the first frame to an open vault: start, unlock, recover."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.services.events import (
    GetInformation,
    Information,
    KeyringProblem,
    LockKind,
    OpenVault,
    Start,
    StartResult,
    Status,
    Unlock,
    VaultCondition,
)
from softtoken.ui.flows.keeping import Keeping, Next
from softtoken.ui.stage import Session, Stage
from softtoken.ui.states import Failure, Home, Locked, Refusal, Starting, Task, Unusable, Way
from softtoken.vault.errors import VaultDamaged, VaultUntrusted


class Opening:
    """`opened` is called once the vault is open or there is none."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._opened: Next = stage.home
        self._unusable_shown: Callable[[Unusable], None] = lambda _: None
        self.keeping = Keeping(stage, self.start)

    def when_opened(self, opened: Next) -> None:
        self._opened = opened

    def when_unusable(self, shown: Callable[[Unusable], None]) -> None:
        """Called when the vault turned out to be unusable and its page is up."""
        self._unusable_shown = shown

    def start(self) -> None:
        """Open what can be opened without asking; a lock is opened by somebody who asks for it, and by nothing else."""
        if self._stage.locked is not None:
            self._stage.home()
            return
        self._stage.session = Session()
        self._stage.go(Starting())
        self._stage.on_token(Start(), Task.START, self._started, self.show_unusable, wherever=True)

    def choose_way(self, way: Way) -> None:
        """Try the keyring again, or go on with passphrase or recovery code."""
        state = self._stage.state
        if way is Way.KEYRING and self._stage.locked is not None:
            if self._stage.locked.kind is LockKind.SCREEN:
                self._unlock_screen(self._stage.locked)
            else:
                self._stage.home()  # where the secret is typed again
        elif way is Way.KEYRING:
            self.start()
        elif isinstance(state, Locked):
            self._stage.go(replace(state, way=way, problem=None, busy=False))
        elif isinstance(state, Unusable) and self._stage.locked is not None:
            self._stage.home()
        elif isinstance(state, Unusable):
            self._stage.go(Locked(VaultCondition.NEEDS_RECOVERY, KeyringProblem.NONE, way))

    def unlock(self, secret: str) -> None:
        """With the passphrase or the recovery code, as the page asked for."""
        state = self._stage.state
        if not isinstance(state, Locked) or state.busy:
            return
        self._stage.update(replace(state, busy=True, problem=None))
        recovering = state.way is Way.RECOVERY
        event = OpenVault(recovery_code=secret) if recovering else OpenVault(passphrase=secret)

        def done(result: StartResult) -> None:
            if result.status is not Status.OK or result.vault is not VaultCondition.OPEN:
                self._stage.update(replace(state, problem=Refusal(Task.OPEN_VAULT, result.status)))
                return
            self._take(result)
            if recovering:
                self.keeping.protect(lambda: self.keeping.show_recovery(self._opened_with_tokens))
            else:
                self._opened_with_tokens()

        def failed(failure: Failure) -> None:
            if isinstance(failure.error, VaultDamaged | VaultUntrusted):
                self.show_unusable(failure)
            else:
                self._stage.update(replace(state, problem=failure))

        self._stage.on_token(event, Task.OPEN_VAULT, done, failed, wherever=True)

    def look_at_keyring(self) -> None:
        """Does the keyring, which took nothing when it opened the vault, take something now?"""

        def done(result: StartResult) -> None:
            self._note_keyring(result.keyring)

        def failed(failure: Failure) -> None:
            self._note_keyring(self._stage.session.keyring)
            self._stage.tell(failure)

        self._stage.on_token(Start(), Task.START, done, failed)

    def put_keyring_off(self) -> None:
        """The person read that the keyring takes nothing; the next start says it again."""
        self._note_keyring(KeyringProblem.NONE)

    def clear(self) -> None:
        """The person dismissed the prompt: what was typed is gone with the page, and what went wrong with it."""
        state = self._stage.state
        if isinstance(state, Locked) and not state.busy:
            self._stage.update(replace(state, problem=None))

    def _unlock_screen(self, page: Locked) -> None:
        state = self._stage.state
        if page.kind is not LockKind.SCREEN or (isinstance(state, Locked) and state.busy):
            return
        self._stage.go(replace(page, busy=True, problem=None))

        def done(result: StartResult) -> None:
            match result.vault:
                case VaultCondition.OPEN:
                    self._take(result)
                    self._opened_with_tokens()
                case VaultCondition.ABSENT:
                    self._stage.locked = None
                    self._opened()
                case _:
                    self._stage.locked = replace(page, condition=result.vault, keyring=result.keyring)
                    self._stage.home()

        def failed(failure: Failure) -> None:
            if isinstance(failure.error, VaultDamaged | VaultUntrusted):
                self.show_unusable(failure)
            else:
                self._stage.go(replace(page, problem=failure))

        self._stage.on_token(Unlock(), Task.OPEN_VAULT, done, failed, wherever=True)

    def _started(self, result: StartResult) -> None:
        match result.vault:
            case VaultCondition.ABSENT:
                self._opened()
            case VaultCondition.OPEN:
                self._take(result)
                self._opened_with_tokens()
            case VaultCondition.NEEDS_PASSPHRASE:
                way = Way.KEYRING if _may_answer_later(result.keyring) else Way.PASSPHRASE
                self._lock(result, way)
            case VaultCondition.NEEDS_RECOVERY:
                way = Way.KEYRING if _may_answer_later(result.keyring) else Way.RECOVERY
                self._lock(result, way)

    def _lock(self, result: StartResult, way: Way) -> None:
        recorded, now = result.keyring_recorded, result.keyring_now
        self._stage.go(Locked(result.vault, result.keyring, way, recorded=recorded, now=now))

    def _take(self, result: StartResult) -> None:
        self._stage.locked = None
        self._stage.session = Session(
            vault_open=True,
            tokens=result.tokens,
            recovery_pending=result.recovery_pending,
            restored=result.restored,
            keyring=result.keyring,
        )

    def _note_keyring(self, problem: KeyringProblem) -> None:
        self._stage.session = replace(self._stage.session, keyring=problem)
        if isinstance(self._stage.state, Home):
            self._stage.update(replace(self._stage.state, keyring=problem))

    def _opened_with_tokens(self) -> None:
        self._stage.refresh(self._opened)

    def show_unusable(self, failure: Failure) -> None:
        """Nothing works as it is; say so, and where the data lies. Also of a vault that broke while it was open."""
        page = Unusable(failure)
        self._stage.go(page)

        def informed(information: Information) -> None:
            state = self._stage.state
            if isinstance(state, Unusable):
                self._stage.update(replace(state, data_folder=information.data_folder))

        def silent(_: Failure) -> None:
            """The folder stays unknown; the page says the rest."""

        self._stage.on_token(GetInformation(), Task.ABOUT, informed, silent)
        if isinstance(failure.error, VaultDamaged):  # nothing is put over a file that is only not trusted
            self._unusable_shown(page)


def _may_answer_later(problem: KeyringProblem) -> bool:
    """A prompt that was dismissed or overlooked; the other problems do not go away by asking again."""
    return problem in {KeyringProblem.NO_ANSWER, KeyringProblem.LOCKED}
