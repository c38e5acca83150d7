"""What became of a resynchronisation."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import Status
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Refusal, ResyncDone
from softtoken.ui.theme import restyle
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words

_SUPPORT_HELPS = {Status.WRONG_CREDENTIALS, Status.NOT_SUPPORTED}


class ResyncResultView(Page):
    """Signals: repeated; with the token's id: support_chosen(str), login_chosen(str)."""

    repeated = Signal()
    support_chosen = Signal(str)
    login_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._token_id = ""
        self._who = words("muted")
        self.again, self.done = button(self.tr("Resynchronise again"), "primary"), button(self.tr("Done"))
        self.log_in, self.support = button(self.tr("Log in…")), button(self.tr("Code for support…"))
        self.again.clicked.connect(self.repeated)
        self.done.clicked.connect(self.left)
        self.log_in.clicked.connect(lambda: self.login_chosen.emit(self._token_id))
        self.support.clicked.connect(lambda: self.support_chosen.emit(self._token_id))
        self.column.addWidget(self._who)
        self.column.addWidget(Actions(self.again, self.log_in, self.support, self.done))
        self.column.addStretch(1)

    def show_state(self, state: ResyncDone) -> None:
        self._token_id = state.token.id
        refused = state.problem.status if isinstance(state.problem, Refusal) else None
        offered = refused is not Status.NOT_SUPPORTED
        self.set_title(self.tr("In step again") if state.problem is None else self.tr("Not in step"))
        self._who.setText(breakable(self._names.account(state.token)))
        self.show_problem(self._sentences.resynchronised(state.problem))
        self.again.setVisible(state.problem is not None and offered)
        self.log_in.setVisible(not offered)
        self.support.setVisible(refused in _SUPPORT_HELPS)
        restyle(self.done, "kind", "primary" if state.problem is None else "secondary")
        restyle(self.log_in, "kind", "secondary" if offered else "primary")
        self.default = self.done if state.problem is None else self.again if offered else self.log_in
