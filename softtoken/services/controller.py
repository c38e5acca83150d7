"""The one door into the product: post an event, get its result."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from softtoken import __version__
from softtoken.clock import Clock
from softtoken.errors import SoftTokenError
from softtoken.iaa.fingerprint import Display
from softtoken.manifest import app_digest
from softtoken.resources import resource_path
from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.activation import ActivationService
from softtoken.services.approvals import ApprovalService, look_for_approvals, set_look_for_approvals
from softtoken.services.auditing import Auditor, Surroundings
from softtoken.services.backups import restore_backup, write_backup
from softtoken.services.biometric_prompts import BiometricPrompts, Reasons, Systems
from softtoken.services.biometric_report import BiometricReport
from softtoken.services.config import McConfig, load_config
from softtoken.services.connections import ClientFactory, Connect, watched
from softtoken.services.copies import CopyService
from softtoken.services.events import Event, Status
from softtoken.services.health import HealthService
from softtoken.services.history import HistoryService
from softtoken.services.home import Home
from softtoken.services.lock_gate import LockGate, WithVault
from softtoken.services.login import LoginService
from softtoken.services.login_data import LoginDataService
from softtoken.services.memory import Memory
from softtoken.services.notices import Notices, Receiver
from softtoken.services.opening import Opening
from softtoken.services.options import (
    device_information,
    lock_after,
    set_device_name,
    set_lock_after,
    set_resynchronisation,
)
from softtoken.services.otp import OtpService
from softtoken.services.privacy import screen_privacy, set_screen_privacy
from softtoken.services.product_state import Information, ProductState
from softtoken.services.protection import ProtectionService
from softtoken.services.resynchronisation import resynchronise
from softtoken.services.servers import ServerService
from softtoken.services.session import SessionCell
from softtoken.services.standing import StandingService
from softtoken.services.system_log import MakeSystemLog, current_system_log
from softtoken.services.timing import (
    CodeClock,
    clock_correction,
    correct_clock,
    correction_seconds,
    remove_correction,
)
from softtoken.services.tokens import TokenService
from softtoken.services.transfer import add_token
from softtoken.services.unlocking import Unlocking
from softtoken.services.vault_making import VaultMaking
from softtoken.vault.biometrics.none import NoBiometrics
from softtoken.vault.keystore import Keystore
from softtoken.vault.store import Vault

R = TypeVar("R")
Handler = Callable[[Any], Any]


class MasterController:
    """Checks the state, calls the service, returns a frozen result. May be called from several threads.

    Raises SoftTokenError for what the environment did; a wrong PIN or a refusal is a status in the result.
    """

    def __init__(
        self,
        home: Home,
        keystore: Keystore,
        clock: Clock,
        clients: ClientFactory,
        digest: Callable[[], bytes] = app_digest,
        display: Callable[[], Display | None] = lambda: None,
        config: Callable[[], McConfig] | None = None,
        system_log: MakeSystemLog = current_system_log,
        biometrics: Systems = lambda _: NoBiometrics(),
        reasons: Reasons = lambda _, name: name,
    ) -> None:
        self._clock = clock
        self._digest = _once(digest)
        self._config = config or _once(lambda: load_config(resource_path("mc_config.json"), home.config))
        self._session = SessionCell()
        self._notices = Notices()
        self._copies = CopyService(home.vault, clock)
        self._access = VaultAccess(home.vault, keystore, self._copies.before_migration)
        self._state = ProductState(self._access, self._session, self._config, lambda: self._gate.locked_by)
        connect = watched(clients, self._notices.tell)
        self._prompts = BiometricPrompts(biometrics, reasons, self._notices.tell)
        report = BiometricReport(self._prompts)
        unlocking = Unlocking(self._session, clock, self._access.witness, self._prompts)
        code_clock = CodeClock(clock, lambda: correction_seconds(self._access.vault))
        self._otp = OtpService(self._session, code_clock, self._digest, unlocking)
        self._login_data = LoginDataService(
            self._config, lambda: self._access.vault, self._state.is_stored, display, __version__
        )
        servers = ServerService(connect, clock, self._notices.tell)
        self._login = LoginService(self._session, connect, clock, self._login_data.cddc, report)
        self._activation = ActivationService(
            self._session, self._otp, self._login, connect, code_clock, self._digest, self._prompts, report
        )
        self._protection = ProtectionService(self._session, connect, unlocking, self._otp, self._digest)
        self._standing = StandingService(self._session, clock, unlocking)
        self._approvals = ApprovalService(connect, code_clock, unlocking, self._digest, report)
        self._held = TokenService(self._session, self._state.sdk_state, self._prompts)
        around = Surroundings(lambda: self._access.vault, lambda: self._session.get().known_user, self._config)
        self._auditor = Auditor(around, clock, system_log)
        self._history = HistoryService(self._auditor, self._config, clock, system_log)
        self._memory = Memory(self._session, self._prompts, self._activation.forget)
        self._gate = LockGate(self._access, self._memory.forget)
        making = VaultMaking(home.vault, keystore, self._access)
        opening = Opening(
            home.vault,
            keystore,
            self._access,
            self._gate,
            self._state,
            self._memory,
            self._prompts,
            self._copies,
            self._config,
        )
        self._handlers: dict[type[Event[Any]], Handler] = {
            ev.Start: opening.start,
            ev.Restart: opening.restart,
            ev.GetState: self._state.show,
            ev.GetInformation: Information(home, keystore, self._access, self._digest).show,
            ev.CreateVault: lambda e: making.create(e.passphrase, e.keyring_seconds),
            ev.OpenVault: opening.open,
            ev.Lock: opening.lock,
            ev.Unlock: opening.unlock,
            ev.ProtectVault: lambda e: making.protect(e.passphrase, e.keyring_seconds),
            ev.NewRecoveryCode: lambda _: making.new_recovery_code(),
            ev.Reset: opening.reset,
            ev.LoginWithTypedCode: self._login.login_typed,
            # a typed code's login needs no vault
            ev.ContinueLogin: lambda e: self._login.go_on(self._access.vault, e),
            ev.AwaitLogin: lambda e: self._login.wait(self._access.vault, e),
            ev.EnableAtcResynchronizationDuringNextLogin: self._resynchronise_next,
            ev.CheckServer: lambda e: servers.check(self._access.vault, e),
            ev.GetLoginData: self._login_data.show,
            ev.CheckHealth: HealthService(home.vault, keystore, self._access, self._copies, self._config).check,
            ev.ListCopies: lambda _: self._copies.list(),
            ev.RestoreCopy: opening.put_back,
            ev.GetBiometricInformation: lambda _: self._prompts.information(self._access.vault),
            **self._vault_handlers(connect),
        }

    def _vault_handlers(self, connect: Connect) -> dict[type[Event[Any]], Handler]:
        """What needs an open vault, and its answer without one."""
        closed, config, otp, held = Status.INVALID_STATE, self._config, self._otp, self._held
        activation, standing, approvals, history = self._activation, self._standing, self._approvals, self._history
        nothing = ev.StatusResult(closed)

        def on(handle: Callable[[Vault, Any], R], without: R) -> Handler:
            return WithVault(lambda: self._access.vault, handle, lambda: without)

        def removing(handle: Callable[[Vault, Any], ev.DeleteUserResult]) -> Handler:
            return WithVault(
                lambda: self._access.vault, handle, lambda: ev.DeleteUserResult(closed, self._state.sdk_state(), ())
            )

        return {
            ev.ConfirmRecoveryCode: on(_confirm_recovery, nothing),
            ev.Activate: on(lambda v, e: activation.activate(v, config(), e), ev.ActivationResult(closed)),
            ev.AddUser: on(self._add_user, ev.ActivationResult(closed)),
            ev.Reactivate: on(lambda v, e: activation.reactivate(v, config(), e), ev.ActivationResult(closed)),
            ev.ChangePin: on(lambda v, e: self._protection.change_pin(v, config(), e), ev.ChangePinResult(closed)),
            ev.OfflineLogin: on(lambda v, e: standing.offline_login(v, config(), e), ev.OfflineLoginResult(closed)),
            ev.GetCredentialInformation: on(
                lambda v, e: standing.credential_information(v, config(), e), ev.CredentialInformation(closed)
            ),
            ev.GenerateOtp: on(lambda v, e: otp.generate(v, config(), e), ev.GenerateOtpResult(closed)),
            ev.GenerateOathOtp: on(otp.generate_oath, ev.GenerateOtpResult(closed)),
            ev.GenerateSecureSequence: on(
                lambda v, e: otp.generate_sequence(v, config(), e), ev.GenerateSecureSequenceResult(closed)
            ),
            ev.SignTransaction: on(lambda v, e: otp.sign(v, config(), e), ev.SignTransactionResult(closed)),
            ev.GetResynchronizationData: on(
                lambda v, e: otp.resynchronisation_data(v, config(), e), ev.GetResynchronizationDataResult(closed)
            ),
            ev.PrepareResynchronization: on(
                lambda v, e: otp.prepare_resynchronisation(v, config(), e), ev.PrepareResynchronizationResult(closed)
            ),
            ev.Resynchronize: on(lambda v, e: resynchronise(v, connect, e), ev.ResynchronizeResult(closed)),
            ev.Login: on(self._login.login, ev.LoginResult(closed)),
            ev.ListApprovals: on(approvals.list, ev.ListApprovalsResult(closed)),
            ev.ApproveLogin: on(lambda v, e: approvals.approve(v, config(), e), ev.ApprovalResult(closed)),
            ev.DeclineLogin: on(approvals.decline, ev.ApprovalResult(closed)),
            ev.SetLookForApprovals: on(set_look_for_approvals, nothing),
            ev.GetLookForApprovals: on(lambda v, _: look_for_approvals(v), ev.LookForApprovalsResult(closed)),
            ev.SetAtcResynchronizationBeforeEveryLogin: on(lambda v, e: set_resynchronisation(v, config(), e), nothing),
            ev.GetScreenPrivacy: on(lambda v, _: screen_privacy(v, config()), ev.ScreenPrivacy(closed)),
            ev.SetScreenPrivacy: on(lambda v, e: set_screen_privacy(v, config(), e), nothing),
            ev.SetLoginData: on(self._login_data.choose, nothing),
            ev.CorrectClock: on(correct_clock, nothing),
            ev.RemoveClockCorrection: on(remove_correction, nothing),
            ev.GetClockCorrection: on(clock_correction, ev.ClockInformation(closed)),
            ev.SetDeviceName: on(set_device_name, nothing),
            ev.SetLockAfter: on(set_lock_after, nothing),
            ev.GetLockAfter: on(lambda v, _: lock_after(v), ev.LockAfterResult(closed, ev.USUAL_LOCK_AFTER)),
            ev.GetDeviceInformation: on(lambda v, _: device_information(v), ev.DeviceInformation(closed)),
            ev.GetHistory: on(lambda v, _: history.read(v), ev.HistoryResult(closed)),
            ev.ExportHistory: on(history.export, ev.HistoryExport(closed)),
            ev.SendHistory: on(history.send, ev.SendHistoryResult(closed)),
            ev.GetSystemLog: on(lambda v, _: history.forwarding(v), ev.SystemLogResult(closed)),
            ev.SetSystemLog: on(history.set_forwarding, nothing),
            ev.AddToken: on(add_token, ev.AddTokenResult(closed)),
            ev.WriteBackup: on(write_backup(self._clock), ev.WriteBackupResult(closed)),
            ev.RestoreBackup: on(restore_backup, ev.RestoreBackupResult(closed)),
            ev.ListTokens: on(lambda v, _: held.list(v), ev.ListTokensResult(closed, ())),
            ev.RenameToken: on(held.rename, nothing),
            ev.RemoveToken: removing(held.remove),
            ev.DeleteUser: removing(held.delete_user),
        }

    def post(self, event: Event[R]) -> R:
        """Carry an event out and return its result; INVALID_STATE for what a lock refuses, or came in between of."""
        if isinstance(event, ev.CancelBiometric):  # at once, whatever else is under way
            return self._cancel_biometric(event)  # type: ignore[return-value]
        with nullcontext() if isinstance(event, ev.ListApprovals) else self._notices.busy():
            known = self._auditor.before(event)
            replacing = self._copies.before(event, self._access.vault)
            outcome: Any = None
            try:
                outcome = self._gate.carry_out(self._handlers[type(event)], event)
                self._auditor.after(event, outcome, known)
            except SoftTokenError as error:
                self._auditor.after(event, error, known)
                raise
            finally:
                self._access.tell()  # a copy of the file made before this event is then seen to be one
                self._copies.keep(event, outcome, self._access.vault, replacing)
            result: R = outcome
            return result

    def subscribe(self, receiver: Receiver) -> Callable[[], None]:
        """Hear of Busy, Idle and ServerConnection from now on; what is returned ends it."""
        return self._notices.subscribe(receiver)

    def close(self) -> None:
        """Forget every key."""
        self._memory.settle()
        self._memory.forget_all()
        self._access.close()

    def _add_user(self, vault: Vault, event: ev.AddUser) -> ev.ActivationResult:
        if not self._state.has_managed_token():
            return ev.ActivationResult(Status.INVALID_STATE)
        return self._activation.activate(vault, self._config(), event)

    def _resynchronise_next(self, _: ev.EnableAtcResynchronizationDuringNextLogin) -> ev.StatusResult:
        self._session.change(self._session.epoch, lambda session: replace(session, resynchronise_next=True))
        return ev.StatusResult(Status.OK)

    def _cancel_biometric(self, _: ev.CancelBiometric) -> ev.StatusResult:
        self._prompts.cancel()
        return ev.StatusResult(Status.OK)


def _confirm_recovery(vault: Vault, _: ev.ConfirmRecoveryCode) -> ev.StatusResult:
    vault.set_recovery_pending(False)
    return ev.StatusResult(Status.OK)


def _once(make: Callable[[], R]) -> Callable[[], R]:
    """Call at the first use and remember; a failure is not remembered."""
    made: list[R] = []

    def get() -> R:
        if not made:
            made.append(make())
        return made[0]

    return get
