"""Activation worked; how the first login went."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences, accepted
from softtoken.ui.states import Activated
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.problem import ProblemBox
from softtoken.ui.widgets.words import breakable, words


class ActivatedView(Page):
    """Signals: token_chosen(str), login_chosen(str): the token's id."""

    token_chosen = Signal(str)
    login_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._token_id = ""
        self.set_back(shown=False)
        self._who = words("body")
        self._login = ProblemBox()
        self.make = button(self.tr("Make a code"), "primary")
        self.make.clicked.connect(lambda: self.token_chosen.emit(self._token_id))
        self.log_in = button(self.tr("Log in now"), "primary")
        self.log_in.clicked.connect(lambda: self.login_chosen.emit(self._token_id))
        done = button(self.tr("Done"))
        done.clicked.connect(self.left)
        self.column.addWidget(self._who)
        self.column.addWidget(self._login)
        self.column.addWidget(Actions(self.log_in, self.make, done))
        self.column.addStretch(1)

    def show_state(self, state: Activated) -> None:
        self.set_title(
            self.tr("The token is activated again") if state.again else self.tr("This computer is activated")
        )
        self._token_id = state.token.id
        account = state.token.account
        user = f"{account.user_id}@{account.domain}" if account else state.token.name
        who = (
            self.tr("{0} has new keys. The old ones, and the old PIN if there was one, no longer work.")
            if state.again
            else self.tr("{0} can make codes here from now on, also without a network.")
        )
        self._who.setText(who.format(breakable(user)))
        good = accepted(state.login)
        self._login.show_sentence(self._sentences.first_login(state.login))
        self.log_in.setVisible(not good)
        self.make.setVisible(good)
        self.default = self.make if good else self.log_in
