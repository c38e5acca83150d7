"""Where everything that the product stores is: one data folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from softtoken.errors import SoftTokenError

HOME_VARIABLE = "SOFTTOKEN_HOME"


class HomeUnusable(SoftTokenError):  # noqa: N818 - named after what happened
    """No folder can be meant: an unknown user's home, or relative to a folder that is gone. name: as it was given."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder and the names in it. Nothing is created by asking."""

    folder: Path

    @property
    def vault(self) -> Path:
        return self.folder / "vault.sqlite"

    @property
    def config(self) -> Path:
        return self.folder / "mc_config.json"


def find_home(given: str | None = None) -> Home:
    """The folder named by --home, else by SOFTTOKEN_HOME, else the system's place for application data.

    On Windows that is LOCALAPPDATA: a token belongs to one machine and must not roam.
    """
    if chosen := given or os.environ.get(HOME_VARIABLE):
        try:
            return Home(Path(chosen).expanduser().absolute())
        except (OSError, RuntimeError, ValueError) as error:
            raise HomeUnusable(chosen) from error
    import platformdirs

    return Home(Path(platformdirs.user_data_path("softtoken", appauthor=False, roaming=False)))
