"""What the product is doing now, as GetState, GetInformation and every start tell it."""

from collections.abc import Callable

from softtoken import __version__, hardening
from softtoken.engine.tokens import Token
from softtoken.services import events as ev
from softtoken.services.access import VaultAccess
from softtoken.services.config import McConfig
from softtoken.services.events import LockKind, SdkState, Status, VaultCondition
from softtoken.services.holdings import read_holdings
from softtoken.services.home import Home
from softtoken.services.options import resynchronises_every_login
from softtoken.services.provider import current_provider, recorded_provider
from softtoken.services.session import SessionCell
from softtoken.vault.keystore import Keystore


class ProductState:
    """Changes nothing."""

    def __init__(
        self,
        access: VaultAccess,
        session: SessionCell,
        config: Callable[[], McConfig],
        locked_by: Callable[[], LockKind | None],
    ) -> None:
        self._access = access
        self._session = session
        self._config = config
        self._locked_by = locked_by

    def sdk_state(self) -> SdkState:
        if self._access.vault is None:
            return SdkState.UNINITIALISED if self.is_stored() else SdkState.ACTIVATION_REQUIRED
        if self._session.get().logged_in is not None:
            return SdkState.LOGGED_IN
        return SdkState.LOGIN_REQUIRED if self.has_managed_token() else SdkState.ACTIVATION_REQUIRED

    def tokens(self) -> tuple[Token, ...]:
        """What may be used; a token whose activation was never answered is not one yet."""
        vault = self._access.vault
        return read_holdings(vault).tokens if vault else ()

    def has_managed_token(self) -> bool:
        return any(token.account for token in self.tokens())

    def is_stored(self) -> bool:
        return self._access.condition() is not VaultCondition.ABSENT

    def started(
        self, status: Status, condition: VaultCondition, keyring: ev.KeyringProblem = ev.KeyringProblem.NONE
    ) -> ev.StartResult:
        """What a start, or whatever else opens the vault, came to."""
        vault = self._access.vault
        pending = vault is not None and vault.recovery_pending
        return ev.StartResult(
            status, self.sdk_state(), condition, keyring, self.tokens(), pending, self._access.restored
        )

    def show(self, _: ev.GetState) -> ev.StateResult:
        vault, session = self._access.vault, self._session.get()
        return ev.StateResult(
            Status.OK,
            self.sdk_state(),
            self._access.condition(),
            session.known_user,
            session.logged_in,
            session.resynchronise_next,
            vault is None or resynchronises_every_login(vault, self._config()),
            self._locked_by(),
            vault is not None and self._config().softtoken.resynchroniseBeforeLogin is not None,
        )


class Information:
    """What a person tells a help desk."""

    def __init__(self, home: Home, keystore: Keystore, access: VaultAccess, digest: Callable[[], bytes]) -> None:
        self._home = home
        self._keystore = keystore
        self._access = access
        self._digest = digest

    def show(self, _: ev.GetInformation) -> ev.Information:
        vault = self._access.vault
        return ev.Information(
            version=__version__,
            app_digest=self._digest().hex(),
            data_folder=str(self._home.folder),
            vault=self._access.condition(),
            slots=tuple(kind.value for kind in vault.slot_kinds()) if vault else (),
            keyring_provider=current_provider(self._keystore),
            keyring_recorded=recorded_provider(self._home.vault),
            hardening=hardening.report(),
        )
