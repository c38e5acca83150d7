"""What the server said to an approval or a decline."""

from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ApprovalDone
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import breakable, breakable_where_long, words


class ApprovalDoneView(Page):
    """Leads back to where one came from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._names = Sentences(self), TokenNames(self)
        self._who, self._what = words("muted"), words("body")
        self.done = button(self.tr("Done"), "primary")
        self.done.clicked.connect(self.left)
        for part in (self._who, self._what, Actions(self.done)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.done

    def show_state(self, state: ApprovalDone) -> None:
        self.set_title(self.tr("Request for {0}").format(breakable(state.approval.user_identifier.user_id)))
        self._who.setText(breakable(f"{self._names.account(state.token)}\n{self._names.server(state.token)}".strip()))
        self._what.setText(breakable_where_long(self._sentences.approvals.summary(state.approval)))
        self.show_problem(self._sentences.approvals.verdict(state.decision, state.result))
