"""Joins the real parts into a controller, the same for the window and the command line."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from softtoken.clock import SystemClock
from softtoken.resources import resource_path
from softtoken.services.config import McConfig, load_config
from softtoken.services.connections import configured
from softtoken.services.controller import MasterController
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore

if TYPE_CHECKING:
    from softtoken.iaa.fingerprint import Display


def build_controller(home: Home, display: Callable[[], "Display | None"] = lambda: None) -> MasterController:
    """A controller over the user's data folder, OS keyring, the machine's clocks and real HTTP.

    display: of the window, if there is one.
    """

    @cache  # a failure is not remembered
    def config() -> McConfig:
        return load_config(resource_path("mc_config.json"), home.config)

    clients = configured(config, home.folder)
    return MasterController(home, OsKeystore(), SystemClock(), clients, display=display, config=config)
