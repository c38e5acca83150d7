"""Joins the real parts into a controller, the same for the window and the command line."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from softtoken.clock import SystemClock
from softtoken.resources import resource_path
from softtoken.services.biometric_prompts import Reasons
from softtoken.services.config import McConfig, load_config
from softtoken.services.connections import configured
from softtoken.services.controller import MasterController
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore, TimeLimitedKeystore

if TYPE_CHECKING:
    from softtoken.iaa.fingerprint import Display
    from softtoken.vault.biometrics.protocol import Biometrics


def build_controller(
    home: Home, display: Callable[[], "Display | None"] = lambda: None, reasons: Reasons = lambda _, name: name
) -> MasterController:
    """A controller over the user's data folder, OS keyring, the machine's clocks and real HTTP.

    display: of the window, if there is one. reasons: what a finger or a face is asked for, in the person's language.
    """

    @cache  # a failure is not remembered
    def config() -> McConfig:
        return load_config(resource_path("mc_config.json"), home.config)

    clients = configured(config, home.folder)
    keystore = OsKeystore()

    @cache
    def biometrics(vault_id: str) -> "Biometrics":
        from softtoken.vault.biometrics.current import current_biometrics  # D-Bus and the like: only who asks pays

        return current_biometrics(vault_id, TimeLimitedKeystore(keystore, KEYRING_SECONDS))

    return MasterController(
        home,
        keystore,
        SystemClock(),
        clients,
        display=display,
        config=config,
        biometrics=biometrics,
        reasons=reasons,
    )


KEYRING_SECONDS = 30
"""A person may have to unlock the keyring first."""
