"""Facts for people and for support: version, where the data lies, what opens it, licences."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.services.events import Information, VaultCondition
from softtoken.ui.hardening_words import HardeningWords
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import About
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words

_LICENCES = (
    ("Soft Token", "Apache-2.0"),
    ("Python", "PSF-2.0"),
    ("Qt, PySide6", "LGPL-3.0"),
    ("cryptography", "Apache-2.0 / BSD-3-Clause"),
    ("httpx, click", "BSD-3-Clause"),
    ("msgspec, segno", "BSD-3-Clause"),
    ("keyring, jeepney, platformdirs", "MIT"),
)


class AboutView(Page):
    """Signals: reset_chosen."""

    reset_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._hardening = Sentences(self), HardeningWords(self)
        self._report = ""
        self.set_title(self.tr("About Soft Token"))
        self._facts = Card()
        self._values = [(words("small"), words("body")) for _ in range(8)]
        for name, value in self._values:
            pair = QVBoxLayout()
            pair.setSpacing(1)
            pair.addWidget(name)
            pair.addWidget(value)
            self._facts.inside.addLayout(pair)
        self.copy = CopyButton(self.tr("Copy for support"))
        self.copy.clicked.connect(lambda: self.text_copied.emit(self._report))
        reset = button(self.tr("Reset everything…"), "quiet")
        reset.clicked.connect(self.reset_chosen)
        licences = Card("sunken")
        licences.inside.addWidget(words("label", self.tr("Licences")))
        for product, licence in _LICENCES:
            licences.inside.addWidget(words("small", f"{product}: {licence}"))
        licences.inside.addWidget(words("small", self.tr("The full texts come with each of them.")))
        self.column.addWidget(self._facts)
        self.column.addWidget(Actions(self.copy))
        self.column.addWidget(licences)
        self.column.addStretch(1)
        self.column.addWidget(Actions(reset))
        self.default = self.copy

    def show_state(self, state: About) -> None:
        self.show_problem(self._sentences.tell(state.problem))
        self.copy.setEnabled(state.information is not None)
        self._facts.setVisible(state.information is not None)
        facts = self._told(state.information) if state.information else []
        for (name, value), fact in zip(self._values, facts, strict=False):
            name.setText(fact[0])
            value.setText(breakable(fact[1]))
            for line in (name, value):
                line.setVisible(bool(fact[1]))
        self._report = "\n".join(f"{name}: {value}" for name, value in facts)

    def _told(self, information: Information) -> list[tuple[str, str]]:
        slots = {
            "keyring": self.tr("the system's keyring"),
            "passphrase": self.tr("a passphrase"),
            "recovery": self.tr("the recovery code"),
        }
        opened = ", ".join(slots.get(slot.lower(), slot) for slot in information.slots)
        return [
            (self.tr("Version"), information.version),
            (self.tr("Program digest"), information.app_digest[:32]),
            (self.tr("Where your tokens are stored"), information.data_folder),
            (self.tr("State"), self._condition(information.vault)),
            (self.tr("What opens your tokens"), opened or self.tr("known once they are open")),
            (self.tr("Keyring of this system"), information.keyring_provider or self.tr("none")),
            (self.tr("Keyring that has the key"), information.keyring_recorded or self.tr("not known, or none")),
            (self.tr("Protection of this program while it runs"), self._hardening.tell(information.hardening)),
        ]

    def _condition(self, condition: VaultCondition) -> str:
        match condition:
            case VaultCondition.ABSENT:
                return self.tr("nothing stored yet")
            case VaultCondition.OPEN:
                return self.tr("open")
            case VaultCondition.NEEDS_PASSPHRASE:
                return self.tr("locked; the passphrase opens it")
            case VaultCondition.NEEDS_RECOVERY:
                return self.tr("locked; the recovery code opens it")
            case VaultCondition.UNREADABLE:
                return self.tr("cannot be read")
