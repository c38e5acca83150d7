"""What one sees when nothing is stored yet."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Welcome
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import ChoiceCard, Glyph
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words


class FirstSteps(QWidget):
    """The three ways to begin. Signals: activation_chosen, link_chosen, typed_login_chosen."""

    activation_chosen = Signal()
    link_chosen = Signal()
    typed_login_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.activate = ChoiceCard(
            "shield",
            self.tr("Activate with a code"),
            self.tr("Your organisation gave you an activation code or a link that begins with softtoken://"),
        )
        self.link = ChoiceCard(
            "link",
            self.tr("Add a token from a link"),
            self.tr("A web site showed you a link that begins with otpauth://"),
        )
        self.typed = ChoiceCard(
            "enter",
            self.tr("Log in with a typed code"),
            self.tr("Use a code from another authenticator; nothing is stored here"),
        )
        self.activate.clicked.connect(self.activation_chosen)
        self.link.clicked.connect(self.link_chosen)
        self.typed.clicked.connect(self.typed_login_chosen)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(12)
        for card in (self.activate, self.link, self.typed):
            lines.addWidget(card)


class WelcomeView(Page):
    """Signals: about_chosen, restore_chosen, and those of `steps`."""

    about_chosen = Signal()
    restore_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.set_back(shown=False)
        self.title.hide()
        self.setAccessibleName(self.tr("Welcome"))
        centre = Qt.AlignmentFlag.AlignHCenter
        name, claim = words("display", self.tr("Soft Token")), words("muted")
        claim.setText(
            self.tr("One-time passwords on this computer, with or without a network. How do you want to begin?")
        )
        name.setAlignment(centre)
        claim.setAlignment(centre)
        self.steps = FirstSteps()
        about = button(self.tr("About Soft Token"), "quiet")
        about.clicked.connect(self.about_chosen)
        self.restore = button(self.tr("Restore a backup…"), "quiet")
        self.restore.clicked.connect(self.restore_chosen)
        self.column.addStretch(1)
        self.column.addWidget(Glyph("shield", 56, QPalette.ColorRole.Accent), 0, centre)
        self.column.addWidget(name)
        self.column.addWidget(claim)
        self.column.addSpacing(12)
        self.column.addWidget(self.steps)
        self.column.addStretch(2)
        self.column.addWidget(Actions(self.restore, about), 0, centre)

    def first_focus(self) -> QWidget:
        return self.steps.activate

    def show_state(self, state: Welcome) -> None:
        self.show_problem(self._sentences.tell(state.problem))
