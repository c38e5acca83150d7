"""Adding one token from an otpauth link."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.sentences import Sentences
from softtoken.ui.states import AddLink
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import SecretEdit
from softtoken.ui.widgets.words import words


class AddLinkView(Page):
    """Signals: link_given(str)."""

    link_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self.link = SecretEdit()
        self.link.setMaxLength(8192)
        self._field = Field(
            self.tr("Link"), self.link, self.tr("It begins with otpauth:// and contains the token's secret key.")
        )
        self._show = CheckBox(self.tr("Show the link"))
        self._show.toggled.connect(self.link.reveal)
        self.add = button(self.tr("Add the token"), "primary")
        self.add.clicked.connect(lambda: self.link_given.emit(self.link.text()))
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.left)
        self.link.textChanged.connect(self._judge)
        self.column.addWidget(
            words(
                "muted", self.tr("Copy the link on the web site where you set up the second factor, and paste it here.")
            )
        )
        for part in (self._field, self._show, Actions(self.add, cancel)):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.default = self.add
        self._judge()

    def first_focus(self) -> QWidget:
        return self.add if self.link.text() else self.link

    def show_state(self, state: AddLink) -> None:
        self.set_title(self.tr("Add a token from a link"))
        self.link.setText(state.link)
        self.show_problem(self._sentences.tell(state.problem))

    def forget(self) -> None:
        wipe(self.link)
        self._show.setChecked(False)

    def _judge(self) -> None:
        self.add.setEnabled(bool(self.link.text().strip()))
