"""The vault cannot be used: what happened, where it lies, and what can be done by choice."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Unusable, Way
from softtoken.ui.theme import restyle
from softtoken.ui.views.copy_card import CopyCard
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words
from softtoken.vault.errors import VaultUntrusted


class UnusableView(Page):
    """Never offers an empty vault by itself, nor to delete one that is only not trusted.

    Signals: way_chosen(Way), copy_chosen, about_chosen, reset_chosen.
    """

    way_chosen = Signal(object)
    copy_chosen = Signal()
    about_chosen = Signal()
    reset_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._folder_name = ""
        self.set_back(shown=False)
        self.again = button(self.tr("Try again"), "primary")
        self.again.clicked.connect(lambda: self.way_chosen.emit(Way.KEYRING))
        self.recover = button(self.tr("Use the recovery code"))
        self.recover.clicked.connect(lambda: self.way_chosen.emit(Way.RECOVERY))
        self._folder = words("body")
        copy = CopyButton(self.tr("Copy the folder"), "quiet")
        copy.clicked.connect(lambda: self.text_copied.emit(self._folder_name))
        self._place = Card("sunken")
        self._place.inside.addWidget(words("label", self.tr("Where your tokens are stored")))
        self._place.inside.addWidget(self._folder)
        self._place.inside.addWidget(Actions(copy))
        about, self.reset = button(self.tr("About"), "quiet"), button(self.tr("Reset everything…"), "quiet")
        about.clicked.connect(self.about_chosen)
        self.reset.clicked.connect(self.reset_chosen)
        self._last_resort = words(
            "small", self.tr("Only if nothing helps: a reset deletes what is stored, so that you can begin anew.")
        )
        self.copy = CopyCard()
        self.copy.chosen.connect(self.copy_chosen)
        self.column.addWidget(self.copy)
        self.column.addWidget(self._place)
        self.column.addWidget(Actions(self.again, self.recover))
        self.column.addStretch(1)
        self.column.addWidget(self._last_resort)
        self.column.addWidget(Actions(about, self.reset))
        self.default = self.again

    def show_state(self, state: Unusable) -> None:
        self.set_title(self.tr("Your tokens cannot be opened"))
        self._folder_name = state.data_folder or ""
        self._folder.setText(breakable(self._folder_name))
        self._place.setVisible(bool(self._folder_name))
        found = state.copy is not None and self.copy.isHidden()
        whole = isinstance(state.problem.error, VaultUntrusted)  # as far as anybody knows: nothing may delete it
        for part in (self.recover, self.reset, self._last_resort):
            part.setVisible(not whole)
        self.copy.show_copy(state.copy, busy=state.busy)
        self.default = self.again if state.copy is None else self.copy.put_back
        restyle(self.again, "kind", "primary" if state.copy is None else "secondary")
        self.show_problem(self._sentences.tell(state.refused or state.problem))
        if found and self.again.hasFocus():  # copies are looked for while the page is up already
            self.copy.put_back.setFocus()
