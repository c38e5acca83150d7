"""Where a server's address is typed: with a way to name a tenant instead, and one to try the connection."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.tenant_panel import TenantPanel


class ServerEntry(QWidget):
    """The address is the one truth; the panel for a tenant only fills it in. Signals: check_chosen."""

    check_chosen = Signal()

    def __init__(self, max_length: int = 400, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = plain_edit("https://", max_length=max_length)
        self.field = Field(self.tr("Server"), self.edit)
        self.by_name = button("", "quiet")
        self.by_name.setAccessibleName(self.tr("By tenant name"))
        self.by_name.setCheckable(True)
        self.by_name.setAccessibleDescription(self.tr("Shows or hides fields for the tenant's name"))
        self.by_name.toggled.connect(self._show_panel)
        self.check = button(self.tr("Test the connection"), "quiet")
        self.check.clicked.connect(self.check_chosen)
        self.panel = TenantPanel()
        self.panel.address_made.connect(self.edit.setText)
        self.edit.textChanged.connect(self._changed)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        for part in (self.field, Actions(self.by_name, self.check), self.panel):
            lines.addWidget(part)
        self._show_panel(shown=False)
        self._changed()

    def show_server(self, server: str) -> None:
        """An address that is known; the panel is closed."""
        self.edit.setText(server)
        self.by_name.setChecked(False)

    def forget(self) -> None:
        wipe(self.edit)
        self.panel.forget()
        self.by_name.setChecked(False)

    def _show_panel(self, shown: bool) -> None:  # noqa: FBT001  a slot of QPushButton.toggled
        self.panel.setVisible(shown)
        self.by_name.setText(f"{self.by_name.accessibleName()} {'▴' if shown else '▾'}")
        if shown:
            self.panel.start_from(self.edit.text())
            if self.isVisible():
                self.panel.tenant.setFocus()

    def _changed(self) -> None:
        self.check.setEnabled(bool(self.edit.text().strip()))
