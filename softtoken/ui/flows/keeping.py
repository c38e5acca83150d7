"""Making the vault when it is first needed, its passphrase where no keyring helps, and its recovery code."""

from collections.abc import Callable
from dataclasses import replace

from softtoken.services.events import (
    ConfirmRecoveryCode,
    CreateVault,
    CreateVaultResult,
    Event,
    KeyringProblem,
    NewRecoveryCode,
    ProtectVault,
    Status,
    StatusResult,
)
from softtoken.ui.stage import Stage
from softtoken.ui.states import (
    ChoosePassphrase,
    ConfirmNewRecovery,
    Done,
    Failure,
    PassphraseFor,
    Refusal,
    ShowRecoveryCode,
    Task,
    Working,
)

Next = Callable[[], None]


class Keeping:
    """Each journey that needs the vault says where it goes on afterwards."""

    def __init__(self, stage: Stage, reopen: Next) -> None:
        self._stage = stage
        self._reopen = reopen
        self._unshown: str | None = None
        self._then: Next = stage.home
        self._given_up: Next = stage.home
        self._again: Next = stage.home

    def ensure_vault(self, then: Next, given_up: Next) -> None:
        """Go on with an open vault, made now if there is none; `given_up` if the person does not want one."""
        if self._stage.session.vault_open:
            then()
            return
        self._make(CreateVault(), Task.CREATE_VAULT, PassphraseFor.CREATE, then, given_up)

    def protect(self, then: Next) -> None:
        """After a recovery: a new everyday key and a new recovery code."""
        self._make(ProtectVault(), Task.PROTECT_VAULT, PassphraseFor.PROTECT, then, then)

    def set_passphrase(self, passphrase: str) -> None:
        state = self._stage.state
        if not isinstance(state, ChoosePassphrase) or state.busy:
            return
        self._stage.update(replace(state, busy=True, problem=None))
        creating = state.purpose is PassphraseFor.CREATE
        event: Event[CreateVaultResult] = CreateVault(passphrase) if creating else ProtectVault(passphrase)
        task = Task.CREATE_VAULT if creating else Task.PROTECT_VAULT

        def done(result: CreateVaultResult) -> None:
            if result.status is Status.OK:
                self._made(result)
            elif result.status is Status.INVALID_STATE:
                self._reopen()
            else:
                self._stage.update(replace(state, problem=Refusal(task, result.status)))

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        self._stage.on_token(event, task, done, failed, wherever=True)

    def ask_keyring_again(self) -> None:
        """The keyring's prompt was overlooked or dismissed, and is wanted after all."""
        if isinstance(self._stage.state, ChoosePassphrase) and not self._stage.state.busy:
            self._again()

    def give_up(self) -> None:
        """The person does not want a passphrase now."""
        self._given_up()

    def show_recovery(self, then: Next) -> None:
        """The recovery code of a vault made just now, then on; nothing if it was seen already."""
        if self._unshown is None:
            then()
            return
        self._then = then
        self._stage.go(ShowRecoveryCode(self._unshown))

    def confirm_recovery(self) -> None:
        """Two of its groups were typed back."""
        state = self._stage.state
        if not isinstance(state, ShowRecoveryCode) or state.busy:
            return
        self._stage.update(replace(state, busy=True, problem=None))

        def done(result: StatusResult) -> None:
            if result.status is not Status.OK:
                self._stage.update(replace(state, problem=Refusal(Task.RECOVERY_CODE, result.status)))
                return
            self._stage.session = replace(self._stage.session, recovery_pending=False)
            self._forget_code()
            self._stage.tell(Done.RECOVERY_CONFIRMED)

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        self._stage.on_token(ConfirmRecoveryCode(), Task.RECOVERY_CODE, done, failed)

    def delay_recovery(self) -> None:
        """Not now: the code is forgotten here, and the home page keeps reminding."""
        self._forget_code()

    def ask_new_recovery(self) -> None:
        """From the menu: the old code will stop working, so ask first. From the reminder: nobody has the old one."""
        if self._stage.session.recovery_pending:
            self.renew_recovery()
        else:
            self._stage.go(ConfirmNewRecovery())

    def renew_recovery(self) -> None:
        state = self._stage.state
        if isinstance(state, ConfirmNewRecovery):
            self._stage.update(replace(state, busy=True, problem=None))
        else:
            self._stage.go(Working(Task.RECOVERY_CODE))

        def done(result: CreateVaultResult) -> None:
            if result.status is Status.OK and result.recovery_code:
                self._keep(result)
                self.show_recovery(self._stage.home)
            else:
                self._stage.go(ConfirmNewRecovery(problem=Refusal(Task.RECOVERY_CODE, result.status)))

        def failed(failure: Failure) -> None:
            self._stage.go(ConfirmNewRecovery(problem=failure))

        self._stage.on_token(NewRecoveryCode(), Task.RECOVERY_CODE, done, failed, wherever=True)

    def forget(self) -> None:
        """Everything was reset."""
        self._unshown = None

    def _make(
        self, event: Event[CreateVaultResult], task: Task, purpose: PassphraseFor, then: Next, given_up: Next
    ) -> None:
        self._then, self._given_up = then, given_up
        self._again = lambda: self._make(event, task, purpose, then, given_up)
        self._stage.go(Working(task))

        def done(result: CreateVaultResult) -> None:
            if result.status is Status.OK:
                self._made(result)
            elif result.status is Status.INVALID_STATE:  # another window or the command line was quicker
                self._reopen()
            else:
                self._stage.go(ChoosePassphrase(result.keyring, purpose))

        def failed(failure: Failure) -> None:
            self._stage.go(ChoosePassphrase(KeyringProblem.NONE, purpose, failure))

        self._stage.on_token(event, task, done, failed, wherever=True)

    def _made(self, result: CreateVaultResult) -> None:
        self._keep(result)
        self._then()

    def _keep(self, result: CreateVaultResult) -> None:
        self._unshown = result.recovery_code
        self._stage.session = replace(self._stage.session, vault_open=True, recovery_pending=True)

    def _forget_code(self) -> None:
        self._unshown = None
        then, self._then = self._then, self._stage.home
        then()
