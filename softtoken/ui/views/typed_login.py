"""Logging in with a code from another authenticator."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import TypedLogin
from softtoken.ui.views.intents import TypedDetails
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import CodeEdit
from softtoken.ui.widgets.server_entry import ServerEntry
from softtoken.ui.widgets.words import words


class TypedLoginView(Page):
    """Signals: details_given(TypedDetails), check_chosen(TypedDetails): try the connection; without the code."""

    details_given = Signal(object)
    check_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.entry, self.user, self.otp = ServerEntry(), plain_edit(), CodeEdit()
        self.server = self.entry.edit
        self.entry.check_chosen.connect(self._check)
        self.log_in = button(self.tr("Log in"), "primary")
        self.log_in.clicked.connect(self._submit)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.column.addWidget(
            words("muted", self.tr("For a code from a phone or a hardware token. Nothing of it is stored here."))
        )
        for part in (
            self.entry,
            Field(self.tr("User name"), self.user, self.tr("As user or user@domain")),
            Field(self.tr("Code"), self.otp, self.tr("Enter it last: it is good for a short time.")),
            Actions(self.log_in, cancel),
        ):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.log_in
        for edit in (self.server, self.user, self.otp):
            edit.textChanged.connect(self._judge)
        self._judge()

    def first_focus(self) -> QWidget:
        return next((edit for edit in (self.server, self.user) if not edit.text()), self.otp)

    def show_state(self, state: TypedLogin) -> None:
        self.set_title(self.tr("Log in with a typed code"))
        self.entry.show_server(state.server)
        self.user.setText(state.user)
        self.show_problem(self._sentences.tell(state.problem))

    def forget(self) -> None:
        self.entry.forget()
        for edit in (self.user, self.otp):
            wipe(edit)

    def _judge(self) -> None:
        self.log_in.setEnabled(bool(self.server.text().strip() and self.user.text().strip() and self.otp.code()))

    def _check(self) -> None:
        self.check_chosen.emit(TypedDetails(self.server.text(), self.user.text(), ""))

    def _submit(self) -> None:
        details = TypedDetails(self.server.text(), self.user.text(), self.otp.code())
        wipe(self.otp)
        self.details_given.emit(details)
