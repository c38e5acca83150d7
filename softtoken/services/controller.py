"""The one door into the product: post an event, get its result."""

from collections.abc import Callable
from typing import Any, TypeVar

from softtoken import __version__
from softtoken.clock import Clock
from softtoken.engine.tokens import Token, TokenType
from softtoken.manifest import app_digest
from softtoken.resources import resource_path
from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.activation import ActivationService
from softtoken.services.config import load_config
from softtoken.services.events import Event, SdkState, Status, VaultCondition
from softtoken.services.holdings import read_holdings
from softtoken.services.home import Home
from softtoken.services.login import ClientFactory, LoginService
from softtoken.services.otp import OtpService, usual_protection
from softtoken.services.session import SessionCell
from softtoken.services.transfer import add_token
from softtoken.vault.errors import NotStored, VaultDamaged
from softtoken.vault.keystore import Keystore
from softtoken.vault.store import Vault

R = TypeVar("R")


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
    ) -> None:
        self._home = home
        self._digest = _once(digest)
        self._config = _once(lambda: load_config(resource_path("mc_config.json"), home.config))
        self._session = SessionCell()
        self._access = VaultAccess(home.vault, keystore)
        self._otp = OtpService(self._session, clock, self._digest)
        self._login = LoginService(self._session, clients, __version__)
        self._activation = ActivationService(self._otp, self._login, clients, clock, self._digest)
        self._handlers: dict[type[Event[Any]], Callable[[Any], Any]] = {
            ev.Start: self._start,
            ev.CreateVault: lambda e: self._access.create(e.passphrase, e.keyring_seconds),
            ev.OpenVault: self._open,
            ev.ProtectVault: lambda e: self._access.protect(e.passphrase, e.keyring_seconds),
            ev.ConfirmRecoveryCode: self._confirm_recovery,
            ev.NewRecoveryCode: lambda _: self._access.new_recovery_code(),
            ev.Activate: self._activate,
            ev.GenerateOtp: self._generate,
            ev.GenerateOathOtp: self._generate_oath,
            ev.Login: self._log_in,
            ev.LoginWithTypedCode: self._login.login_typed,
            ev.Restart: self._restart,
            ev.DeleteUser: self._delete_user,
            ev.RemoveToken: self._remove_token,
            ev.AddToken: self._add_token,
            ev.ListTokens: self._list,
            ev.Reset: self._reset,
            ev.GetInformation: self._information,
        }

    def post(self, event: Event[R]) -> R:
        """Carry an event out and return its result."""
        result: R = self._handlers[type(event)](event)
        return result

    def close(self) -> None:
        """Forget every key."""
        self._session.end()
        self._activation.forget()
        self._access.close()

    @property
    def _vault(self) -> Vault | None:
        return self._access.vault

    def _start(self, event: ev.Start) -> ev.StartResult:
        self._config()  # a broken configuration is said at the start, not at the first code
        condition, keyring = self._access.start(event.keyring_seconds)
        return self._started(Status.OK, condition, keyring)

    def _open(self, event: ev.OpenVault) -> ev.StartResult:
        status = self._access.open(event.passphrase, event.recovery_code)
        return self._started(status, self._access.condition(), ev.KeyringProblem.NONE)

    def _started(self, status: Status, condition: VaultCondition, keyring: ev.KeyringProblem) -> ev.StartResult:
        pending = self._vault is not None and self._vault.recovery_pending
        return ev.StartResult(status, self._sdk_state(), condition, keyring, self._tokens(), pending)

    def _sdk_state(self) -> SdkState:
        if self._vault is None:
            absent = self._access.condition() is VaultCondition.ABSENT
            return SdkState.ACTIVATION_REQUIRED if absent else SdkState.UNINITIALISED
        if self._session.get().logged_in is not None:
            return SdkState.LOGGED_IN
        managed = any(token.account for token in self._tokens())
        return SdkState.LOGIN_REQUIRED if managed else SdkState.ACTIVATION_REQUIRED

    def _tokens(self) -> tuple[Token, ...]:
        """What may be used; a token whose activation was never answered is not one yet."""
        return read_holdings(self._vault).tokens if self._vault else ()

    def _confirm_recovery(self, _: ev.ConfirmRecoveryCode) -> ev.StatusResult:
        if self._vault is None:
            return ev.StatusResult(Status.INVALID_STATE)
        self._vault.set_recovery_pending(False)
        return ev.StatusResult(Status.OK)

    def _activate(self, event: ev.Activate) -> ev.ActivationResult:
        if self._vault is None:
            return ev.ActivationResult(Status.INVALID_STATE)
        return self._activation.activate(self._vault, self._config(), event)

    def _generate(self, event: ev.GenerateOtp) -> ev.GenerateOtpResult:
        if self._vault is None:
            return ev.GenerateOtpResult(Status.INVALID_STATE)
        return self._otp.generate(self._vault, self._config(), event)

    def _generate_oath(self, event: ev.GenerateOathOtp) -> ev.GenerateOtpResult:
        if self._vault is None:
            return ev.GenerateOtpResult(Status.INVALID_STATE)
        return self._otp.generate_oath(self._vault, event)

    def _log_in(self, event: ev.Login) -> ev.LoginResult:
        if self._vault is None:
            return ev.LoginResult(Status.INVALID_STATE)
        return self._login.login(self._vault, event)

    def _restart(self, _: ev.Restart) -> ev.StartResult:
        self._session.end()
        return self._started(Status.OK, self._access.condition(), ev.KeyringProblem.NONE)

    def _delete_user(self, event: ev.DeleteUser) -> ev.DeleteUserResult:
        user = event.user_identifier
        everyone = (user.tenant_id, user.user_id) == ("", "")
        logged_in = self._session.get().logged_in
        if self._vault is None or (logged_in is not None and (everyone or logged_in == user)):
            return ev.DeleteUserResult(Status.INVALID_STATE, self._sdk_state(), self._tokens())
        if everyone:
            doomed = [token for token in self._tokens() if token.account]
        else:
            token = read_holdings(self._vault).managed(user)
            doomed = [token] if token else []
        for token in doomed:
            self._vault.remove_token(token.id)
            if token.account:
                gone = token.account.identifier
                self._session.end(lambda session, gone=gone: session.without_user(gone))  # type: ignore[misc]
        status = Status.OK if doomed or everyone else Status.INVALID_USER_ID
        return ev.DeleteUserResult(status, self._sdk_state(), self._tokens())

    def _remove_token(self, event: ev.RemoveToken) -> ev.DeleteUserResult:
        if self._vault is None:
            return ev.DeleteUserResult(Status.INVALID_STATE, self._sdk_state(), ())
        holdings = read_holdings(self._vault)
        removable = {token.id for token in holdings.tokens if token.account is None} | set(holdings.damaged)
        removed = event.token_id in removable and self._vault.remove_token(event.token_id)
        status = Status.OK if removed else Status.INVALID_USER_ID
        return ev.DeleteUserResult(status, self._sdk_state(), self._tokens())

    def _add_token(self, event: ev.AddToken) -> ev.AddTokenResult:
        if self._vault is None:
            return ev.AddTokenResult(Status.INVALID_STATE)
        return add_token(self._vault, event)

    def _list(self, _: ev.ListTokens) -> ev.ListTokensResult:
        if self._vault is None:
            return ev.ListTokensResult(Status.INVALID_STATE, ())
        holdings = read_holdings(self._vault)
        rows = [self._with_counter(self._vault, token) for token in holdings.tokens]
        good = [row for row in rows if row is not None]
        damaged = len(holdings.damaged) + len(rows) - len(good)
        return ev.ListTokensResult(
            Status.OK,
            tuple(token for token, _ in good),
            tuple(counter for _, counter in good),
            damaged,
            self._session.get().logged_in,
        )

    @staticmethod
    def _with_counter(vault: Vault, token: Token) -> tuple[Token, int | None] | None:
        """None if the credential that counts cannot be read."""
        if token.profile.type is TokenType.TOTP:
            return token, None
        try:
            credential = vault.credential(token.id, usual_protection(token))
            return None if credential is None else (token, vault.state(credential.id).counter)
        except NotStored:
            return None
        except VaultDamaged as error:
            if error.row_id is None:
                raise
            return None

    def _reset(self, _: ev.Reset) -> ev.StatusResult:
        self._access.reset()
        self._session.end()
        self._activation.forget()
        return ev.StatusResult(Status.OK)

    def _information(self, _: ev.GetInformation) -> ev.Information:
        slots = tuple(kind.value for kind in self._vault.slot_kinds()) if self._vault else ()
        return ev.Information(
            version=__version__,
            app_digest=self._digest().hex(),
            data_folder=str(self._home.folder),
            vault=self._access.condition(),
            slots=slots,
            keyring_provider=self._access.provider(),
        )


def _once(make: Callable[[], R]) -> Callable[[], R]:
    """Call at the first use and remember; a failure is not remembered."""
    made: list[R] = []

    def get() -> R:
        if not made:
            made.append(make())
        return made[0]

    return get
