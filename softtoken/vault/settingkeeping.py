"""What the vault remembers about itself: the sealed settings."""

from collections.abc import Callable

from softtoken.vault import settingrows
from softtoken.vault.openfile import OpenFile
from softtoken.vault.values import ServerChoices, VaultOptions


class SettingKeeping(OpenFile):
    """The vault's settings; each has a value that counts where its note is lost or damaged."""

    @property
    def recovery_pending(self) -> bool:
        """Nobody has confirmed the recovery code yet. True as well if that note is damaged."""
        with self._reading() as tables:
            return settingrows.recovery_pending(tables.lookup, tables.cells)

    def set_recovery_pending(self, pending: bool) -> None:  # noqa: FBT001 - a setter
        with self._writing() as tables:
            settingrows.set_recovery_pending(tables.lookup, tables.cells, pending=pending)

    def options(self) -> VaultOptions:
        """What was chosen for this device; the defaults if that note is lost or damaged."""
        with self._reading() as tables:
            return settingrows.options(tables.lookup, tables.cells)

    def update_options(self, transition: Callable[[VaultOptions], VaultOptions]) -> None:
        """As `update`, for the options."""
        with self._writing() as tables:
            options = settingrows.options(tables.lookup, tables.cells)
            new = transition(options)
            if new != options:
                settingrows.set_options(tables.lookup, tables.cells, new)

    def server_choices(self) -> ServerChoices:
        """What was chosen about servers; the defaults if that note is lost or damaged."""
        with self._reading() as tables:
            return settingrows.server_choices(tables.lookup, tables.cells)

    def update_server_choices(self, transition: Callable[[ServerChoices], ServerChoices]) -> None:
        """As `update`, for these choices."""
        with self._writing() as tables:
            choices = settingrows.server_choices(tables.lookup, tables.cells)
            new = transition(choices)
            if new != choices:
                settingrows.set_server_choices(tables.lookup, tables.cells, new)

    @property
    def system_log(self) -> bool:
        """Shall the system's log be told of each entry of the audit trail? False as well if that note is damaged."""
        with self._reading() as tables:
            return settingrows.system_log(tables.lookup, tables.cells)

    def set_system_log(self, enabled: bool) -> None:  # noqa: FBT001 - a setter
        with self._writing() as tables:
            settingrows.set_system_log(tables.lookup, tables.cells, enabled=enabled)
