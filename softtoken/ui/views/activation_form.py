"""Server, user and activation code; a pasted softtoken:// link fills in all three."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.formats.activation_link import ActivationLink, BadLink, parse_activation_link
from softtoken.iaa.address import AddressReason, BadAddress, parse_origin, parse_user
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import ActivationForm
from softtoken.ui.views.intents import ActivationDetails
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.code_field import ActivationCodeField
from softtoken.ui.widgets.field import Field, plain_edit, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.server_entry import ServerEntry
from softtoken.ui.widgets.words import words


class ActivationFormView(Page):
    """Signals: details_given(ActivationDetails), check_chosen(ActivationDetails): try the connection."""

    details_given = Signal(object)
    check_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._refused = False
        self.entry, self.user = ServerEntry(max_length=4096), plain_edit()
        self.server, self.server_field = self.entry.edit, self.entry.field
        self.entry.check_chosen.connect(self._check)
        self.user_field = Field(self.tr("User name"), self.user, self.tr("As user or user@domain"))
        self.code_field = ActivationCodeField()
        self.code = self.code_field.edit
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.clicked.connect(self._submit)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.server.editingFinished.connect(self._judge_server)
        self.user.editingFinished.connect(self._judge_user)
        for edit in (self.server, self.user, self.code):
            edit.textChanged.connect(self._changed)
        self.column.addWidget(
            words(
                "muted",
                self.tr("Your organisation gives you these three, or one link: paste it into any of the fields."),
            )
        )
        for part in (self.entry, self.user_field, self.code_field, Actions(self.go_on, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.go_on

    def first_focus(self) -> QWidget:
        empty = next((edit for edit in (self.server, self.user, self.code) if not edit.text()), None)
        return empty or (self.code if self._refused else self.go_on)

    def show_state(self, state: ActivationForm) -> None:
        self.set_title(self.tr("Activate this computer"))
        self.entry.show_server(state.server)
        self.user.setText(state.user)
        self.code_field.set_code(state.code)
        self._refused = state.problem is not None
        self.show_problem(self._sentences.tell(state.problem))
        self._changed()

    def forget(self) -> None:
        self.entry.forget()
        for edit in (self.user, self.code):
            wipe(edit)

    def _changed(self) -> None:
        link = self._pasted_link()
        if link is not None:
            self.server.setText(link.server)
            self.user.setText(link.user)
            self.code_field.set_code(link.code)
            self.go_on.setFocus()
        self.server_field.show_note(None)
        self.user_field.show_note(None)
        complete = bool(self.server.text().strip() and self.user.text().strip())
        self.go_on.setEnabled(complete and self.code_field.complete)

    def _pasted_link(self) -> ActivationLink | None:
        for edit in (self.server, self.user, self.code):
            if edit.text().strip().lower().startswith("softtoken:"):
                try:
                    return parse_activation_link(edit.text())
                except BadLink:
                    return None
        return None

    def _judge_server(self) -> bool:
        try:
            if self.server.text().strip():
                parse_origin(self.server.text())
        except BadAddress as error:
            self.server_field.show_note(self._address_fault(error.reason))
            return False
        return True

    def _judge_user(self) -> bool:
        try:
            if self.user.text().strip():
                parse_user(self.user.text(), "domain")
        except BadAddress:
            self.user_field.show_note(self.tr("This cannot be a user name."))
            return False
        return True

    def _address_fault(self, reason: AddressReason) -> str:
        match reason:
            case AddressReason.NOT_SECURE:
                return self.tr("The address has to begin with https://, or the code could be overheard.")
            case AddressReason.SCHEME:
                return self.tr("The address has to begin with https://.")
            case AddressReason.PATH:
                return self.tr("Leave out what follows the server's name.")
            case AddressReason.USER_INFO:
                return self.tr("Leave out what stands before the @ sign.")
            case AddressReason.PORT:
                return self.tr("The number behind the colon cannot be a port.")
            case _:
                return self.tr("This cannot be the address of a server. One looks like https://login.example.com.")

    def _check(self) -> None:
        if self._judge_server():
            self.check_chosen.emit(self._details())
        else:
            self.server.setFocus()

    def _submit(self) -> None:
        if not self._judge_server():
            self.server.setFocus()
        elif not self._judge_user():
            self.user.setFocus()
        else:
            self.details_given.emit(self._details())

    def _details(self) -> ActivationDetails:
        return ActivationDetails(self.server.text(), self.user.text(), self.code.text())
