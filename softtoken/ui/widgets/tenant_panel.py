"""A server by its tenant's name and environment, for people who know no address."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.iaa.address import BadAddress, parse_origin
from softtoken.iaa.profiles import Environment, Profile, make_profile, profile_of
from softtoken.ui.server_words import ServerWords
from softtoken.ui.theme import restyle
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.menu_button import MenuButton
from softtoken.ui.widgets.words import words


class TenantPanel(Card):
    """Signals: address_made(str): the origin of the tenant that is named now."""

    address_made = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sunken", parent)
        self._words = ServerWords(self)
        self._environment = Environment.SANDBOX
        self.tenant = plain_edit(max_length=63)
        self.field = Field(self.tr("Tenant"), self.tenant, self.tr("Your organisation's name at the service"))
        self.tenant.textEdited.connect(self._make)
        self.environment = MenuButton("")
        restyle(self.environment, "kind", "secondary")
        self._entries = {
            each: self.environment.add(f"{self._words.environment(each)} ({each.value})", partial(self.choose, each))
            for each in Environment
        }
        for action in self._entries.values():
            action.setCheckable(True)
        self._name = words("small")
        self._certificate = words(
            "small", self.tr("Here the service asks for a device certificate, which your organisation sets up.")
        )
        self.inside.addWidget(self.field)
        self.inside.addWidget(words("label", self.tr("Environment")))
        self.inside.addWidget(self.environment)
        self.inside.addWidget(self._name)
        self.inside.addWidget(self._certificate)
        self._draw()

    def start_from(self, server: str) -> None:
        """Fill in what an address that was typed before says."""
        try:
            profile = profile_of(parse_origin(server))
        except BadAddress:
            profile = None
        if profile is not None:
            self.tenant.setText(profile.tenant)
            self._environment = profile.environment
            self._draw()

    def choose(self, environment: Environment) -> None:
        self._environment = environment
        self._draw()
        self._make()

    def forget(self) -> None:
        wipe(self.tenant)
        self.field.show_note(None)

    def _make(self) -> None:
        self.field.show_note(None)
        if not self.tenant.text().strip():
            return
        try:
            profile: Profile = make_profile(self.tenant.text(), self._environment)
        except BadAddress:
            self.field.show_note(self.tr("A tenant's name has letters, digits and hyphens only."))
            return
        self.address_made.emit(profile.origin)

    def _draw(self) -> None:
        name = self._words.environment(self._environment)
        self.environment.setText(f"{self._environment.value} ▾")
        self._name.setText(name)
        self.environment.setAccessibleName(self.tr("Environment: {0}").format(name))
        self.environment.setToolTip(self.tr("Choose where the tenant is"))
        for each, action in self._entries.items():
            action.setChecked(each is self._environment)
        self._certificate.setVisible(self._environment is not Environment.SANDBOX)
