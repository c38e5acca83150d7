"""Joins the real parts into a controller, the same for the window and the command line."""

from typing import TYPE_CHECKING

from softtoken.clock import SystemClock
from softtoken.services.controller import MasterController
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient


def build_controller(home: Home) -> MasterController:
    """A controller over the user's data folder, OS keyring, the machine's clocks and real HTTP."""
    return MasterController(home, OsKeystore(), SystemClock(), _client)


def _client(origin: str) -> "IaaClient":
    from softtoken.iaa.client import IaaClient  # httpx costs 150 ms: only who logs in pays

    return IaaClient(origin)
