"""What became of a login: verdict, risk code and session status in words, the id for support."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from softtoken.ui.sentences import Sentences, accepted
from softtoken.ui.states import LoginDone
from softtoken.ui.theme import restyle
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, words


class LoginResultView(Page):
    """Signals: repeated, other_device_chosen, resync_chosen(str): the token's id."""

    repeated = Signal()
    other_device_chosen = Signal()
    resync_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._correlation_id, self._token_id = "", ""
        self._aside = words("muted")
        self._details = Card("plain")
        self._risk, self._session, self._request, self._id = (words("body") for _ in range(4))
        self._request_label = words("small", self.tr("Request"))
        self._id_label = words("small", self.tr("ID for support"))
        for label, value in (
            (words("small", self.tr("Risk code")), self._risk),
            (words("small", self.tr("Session status")), self._session),
            (self._request_label, self._request),
            (self._id_label, self._id),
        ):
            pair = QVBoxLayout()
            pair.setSpacing(1)
            pair.addWidget(label)
            pair.addWidget(value)
            self._details.inside.addLayout(pair)
        self.copy = CopyButton(self.tr("Copy the ID"), "quiet")
        self.copy.clicked.connect(lambda: self.text_copied.emit(self._correlation_id))
        self._details.inside.addWidget(Actions(self.copy))
        self.again, self.done = button(self.tr("Log in again"), "primary"), button(self.tr("Done"))
        self.resync, self.other = button(self.tr("Resynchronise")), button(self.tr("Use another device"))
        self.other.clicked.connect(self.other_device_chosen)
        self.again.clicked.connect(self.repeated)
        self.resync.clicked.connect(lambda: self.resync_chosen.emit(self._token_id))
        self.done.clicked.connect(self.left)
        self.column.addWidget(self._aside)
        self.column.addWidget(self._details)
        self.column.addWidget(Actions(self.again, self.other, self.resync, self.done))
        self.column.addStretch(1)

    def show_state(self, state: LoginDone) -> None:
        self.set_title(self.tr("Login for {0}").format(breakable(state.who)))
        lacking = state.result.pending if state.lacking and state.result else None
        steps = self._sentences.logins.steps
        self.show_problem(steps.lacking(lacking) if lacking else self._sentences.login(state.result, state.problem))
        good = accepted(state.result)
        self.again.setVisible(not good and not state.lacking)
        self.again.setText(self.tr("Go on") if state.resumable else self.tr("Log in again"))
        self.other.setVisible(state.lacking)
        self._token_id = state.token.id if state.token is not None else ""
        self.resync.setVisible(state.drifted)
        restyle(self.done, "kind", "primary" if good or state.lacking else "secondary")
        restyle(self.resync, "kind", "primary" if state.drifted else "secondary")
        restyle(self.again, "kind", "secondary" if state.drifted else "primary")
        self.default = self._default(state, good=good)
        result = state.result
        aside = self._sentences.logins.aside(result) if result is not None else ""
        self._aside.setText(
            self.tr("Many codes were made since token and server last met: a resynchronisation may help.")
            if state.drifted
            else aside
        )
        self._aside.setVisible(bool(self._aside.text()))
        self._details.setVisible(result is not None)
        if result is None:
            return
        self._risk.setText(self._sentences.logins.risk(result))
        self._session.setText(self._sentences.logins.session(result))
        self._request.setText(breakable(result.request_id or ""))
        self._correlation_id = result.log_correlation_id or ""
        self._id.setText(breakable(self._correlation_id))
        for part in (self._request_label, self._request):
            part.setVisible(bool(result.request_id))
        for shown in (self._id_label, self._id, self.copy):
            shown.setVisible(bool(self._correlation_id))

    def _default(self, state: LoginDone, *, good: bool) -> QPushButton:
        if good or state.lacking:
            return self.done
        return self.resync if state.drifted else self.again
