"""What a request tells of this computer: the CDDC, as far as the administrator or a person allows it."""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from softtoken.iaa.fingerprint import Cddc, CddcExtent, CddcForm, Display, collect, collect_mobile
from softtoken.iaa.wire import cddc_body
from softtoken.services.config import McConfig
from softtoken.services.events import GetLoginData, LoginData, SetLoginData, Status, StatusResult
from softtoken.vault.store import Vault

CddcSource = Callable[[], Cddc | None]
"""What goes with a request that is made now; None to leave it out."""


class LoginDataService:
    """vault: the open one. stored: is there any, open or not? display: None without a window."""

    def __init__(
        self,
        config: Callable[[], McConfig],
        vault: Callable[[], Vault | None],
        stored: Callable[[], bool],
        display: Callable[[], Display | None],
        version: str,
    ) -> None:
        self._config = config
        self._vault = vault
        self._stored = stored
        self._display = display
        self._version = version

    def cddc(self) -> Cddc | None:
        """For the request that is made now; None to leave it out."""
        extent, form = self._extent(), self._config().softtoken.cddcForm
        if extent is CddcExtent.NONE:
            return None
        collected = collect_mobile if form is CddcForm.MOBILE else collect
        return collected(self._version, self._display(), extent=extent)

    def show(self, _: GetLoginData) -> LoginData:
        """The same, to be read."""
        cddc, ours = self.cddc(), self._config().softtoken
        return LoginData(
            Status.OK,
            self._extent(),
            decided=ours.cddc is not None,
            known=ours.cddc is not None or self._vault() is not None or not self._stored(),
            form=ours.cddcForm,
            cddc="" if cddc is None else msgspec.json.encode({"cddc": cddc_body(cddc)}).decode()[1:-1],
            raw="" if cddc is None else cddc.fingerprint_raw,
            hash="" if cddc is None else cddc.fingerprint_hash,
            user_agent=f"SoftToken/{self._version}",
        )

    def choose(self, vault: Vault, event: SetLoginData) -> StatusResult:
        """A person's choice, where the configuration leaves it to them."""
        if self._config().softtoken.cddc is not None:
            return StatusResult(Status.ACCESS_DENIED)
        vault.update_server_choices(lambda choices: replace(choices, login_data=event.extent.value))
        return StatusResult(Status.OK)

    def _extent(self) -> CddcExtent:
        decided = self._config().softtoken.cddc
        if decided is not None:
            return decided
        vault = self._vault()
        if vault is None:
            # somebody may have chosen to tell nothing, and that cannot be read now
            return CddcExtent.NONE if self._stored() else CddcExtent.FULL
        chosen = vault.server_choices().login_data
        try:
            return CddcExtent.FULL if chosen is None else CddcExtent(chosen)
        except ValueError:  # a later release's word
            return CddcExtent.MINIMAL
