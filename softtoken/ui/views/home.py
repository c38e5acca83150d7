"""The list of tokens, what needs attention, and the ways on."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Home
from softtoken.ui.views.keyring_card import KeyringCard
from softtoken.ui.views.lock_card import LOCK_KEYS
from softtoken.ui.views.restored_card import RestoredCard
from softtoken.ui.views.token_card import TokenCard
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.views.unreadable import UnreadableTokens
from softtoken.ui.views.welcome import FirstSteps
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.menu_button import MenuButton
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words

_SEARCH_FROM = 6
"""Tokens from which a search field is worth its place."""


class HomeView(Page):
    """Signals: token_chosen(str), look_chosen, log_out_chosen, lock_chosen, settings_chosen, history_chosen,
    about_chosen, recovery_chosen, restored_seen, and those of `steps`, `keyring`, `unreadable`.
    """

    token_chosen = Signal(str)
    look_chosen = Signal()
    log_out_chosen = Signal()
    lock_chosen = Signal()
    settings_chosen = Signal()
    history_chosen = Signal()
    about_chosen = Signal()
    recovery_chosen = Signal()
    restored_seen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._cards: list[TokenCard] = []
        self._shown: Home | None = None
        self.set_back(shown=False)
        self.set_title(self.tr("Your tokens"))
        self.steps = FirstSteps()
        self.add, self.more = MenuButton(self.tr("Add or log in"), "plus"), MenuButton(self.tr("More"), "more")
        self.log_out = self._fill_menus()
        self._restored = RestoredCard()
        self._restored.seen.connect(self.restored_seen)
        self.keyring = KeyringCard()
        self._reminder = Card("warning")
        self._reminder.inside.addWidget(words("label", self.tr("Your recovery code is not confirmed yet.")))
        self._reminder.inside.addWidget(
            words("body", self.tr("Without it, losing this computer's keyring or passphrase means losing your tokens."))
        )
        self.remind = button(self.tr("Get a recovery code"))
        self.remind.clicked.connect(self.recovery_chosen)
        self._reminder.inside.addWidget(Actions(self.remind))
        self.unreadable = UnreadableTokens()
        self.search = plain_edit(max_length=100)
        self._search_field = Field(self.tr("Search"), self.search)
        self.search.textChanged.connect(self._filter)
        self._nothing = words("muted", self.tr("No token has this in its name."))
        self._empty = words("muted", self.tr("There is no token here yet. How do you want to begin?"))
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        notices = (self._restored, self.keyring, self._reminder, self.unreadable)
        for part in (*notices, self._search_field, self._empty, self.steps):
            self.column.addWidget(part)
        self.column.addLayout(self._list)
        self.column.addWidget(self._nothing)
        self.column.addStretch(1)

    def first_focus(self) -> QWidget:
        if not self._cards:
            return self.steps.activate
        return self.search if not self._search_field.isHidden() else self._cards[0]

    def show_state(self, state: Home) -> None:
        self.show_problem(self._sentences.tell(state.problem))
        self._restored.setVisible(state.restored)
        self.keyring.show_problem(state.keyring)
        self._reminder.setVisible(state.recovery_pending)
        self.unreadable.show_tokens(state.damaged)
        self.log_out.setEnabled(state.logged_in is not None)
        if self._shown is None or _listed(state) != _listed(self._shown):
            self._fill_list(state)
        self._shown = state
        empty = not state.tokens
        self.steps.setVisible(empty)
        self._empty.setVisible(empty and not state.damaged)
        self._search_field.setVisible(len(state.tokens) >= _SEARCH_FROM)
        self._filter()

    def forget(self) -> None:
        wipe(self.search)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
            self._step(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.search.hasFocus():
            shown = self._visible()
            if len(shown) == 1:
                shown[0].click()
        else:
            super().keyPressEvent(event)

    def _fill_menus(self) -> QAction:
        for one in (self.add, self.more):
            self.header.addWidget(one, 0, Qt.AlignmentFlag.AlignTop)
        self.add.add(self.tr("Activate with a code"), self.steps.activation_chosen.emit)
        self.add.add(self.tr("Add a token from a link"), self.steps.link_chosen.emit)
        self.add.separate()
        self.add.add(self.tr("Log in with a typed code"), self.steps.typed_login_chosen.emit)
        self.look = self.add.add(self.tr("Look for logins to approve"), self.look_chosen.emit)
        log_out = self.more.add(self.tr("Log out"), self.log_out_chosen.emit)
        self.more.separate()
        keys = QKeySequence(LOCK_KEYS).toString(QKeySequence.SequenceFormat.NativeText)
        self.more.add("\t".join((self.tr("Lock"), keys)), self.lock_chosen.emit)
        self.more.add(self.tr("Settings"), self.settings_chosen.emit)
        self.more.add(self.tr("History"), self.history_chosen.emit)
        self.more.add(self.tr("About Soft Token"), self.about_chosen.emit)
        return log_out

    def _fill_list(self, state: Home) -> None:
        for card in self._cards:
            card.hide()
            card.setParent(None)
            card.deleteLater()
        self._cards = []
        for token in state.tokens:
            logged_in = token.account is not None and token.account.identifier == state.logged_in
            facts = [self.tr("Logged in")] if logged_in else []
            if token.id in state.login_required:
                facts.append(self.tr("Login required"))
            card = TokenCard(token, self._names, facts)
            card.clicked.connect(lambda _=False, token_id=token.id: self.token_chosen.emit(token_id))
            self._list.addWidget(card)
            self._cards.append(card)

    def _filter(self) -> None:
        wanted = self.search.text().casefold().split()
        for card in self._cards:
            card.setVisible(all(word in card.searched for word in wanted))
        self._nothing.setVisible(bool(self._cards) and not self._visible())

    def _visible(self) -> list[TokenCard]:
        return [card for card in self._cards if not card.isHidden()]

    def _step(self, by: int) -> None:
        shown = self._visible()
        if not shown:
            return
        places = [place for place, card in enumerate(shown) if card.hasFocus()]
        place = min(max(places[0] + by, 0), len(shown) - 1) if places else 0
        shown[place].setFocus(Qt.FocusReason.TabFocusReason)


def _listed(state: Home) -> tuple[object, ...]:
    """What the cards say."""
    return state.tokens, state.logged_in, frozenset(state.login_required)
