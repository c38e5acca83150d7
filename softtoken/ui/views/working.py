"""Something takes a moment."""

from typing import assert_never

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from softtoken.ui.states import Task, Waiting, Working
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.spinner import Spinner
from softtoken.ui.widgets.words import words


class WorkingView(Page):
    """`left` means that the person goes on elsewhere; the work goes on too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = words("muted")
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._leave = button(self.tr("Do not wait"))
        self._leave.clicked.connect(self.left)
        self._row = Actions(self._leave)
        self.column.addStretch(2)
        self.column.addWidget(Spinner(), 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addSpacing(14)
        self.column.addWidget(self._text)
        self.column.addSpacing(14)
        self.column.addWidget(self._row, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addStretch(3)

    def show_state(self, state: Working | Waiting) -> None:
        match state:
            case Waiting():
                self.set_title(self._awaited(state.task))
                self._text.setText(self._answer(state))
            case Working():
                self.set_title(self._title(state.task))
                self._text.setText(self._explanation(state.task))
            case _ as never:
                assert_never(never)
        leavable = isinstance(state, Waiting)
        self.set_back(shown=leavable)
        self._row.setVisible(leavable)
        self.default = self._leave if leavable else None

    def _awaited(self, task: Task) -> str:
        match task:
            case Task.ACTIVATE | Task.REACTIVATE:
                return self.tr("Activating")
            case Task.CHANGE_PIN:
                return self.tr("Changing the PIN")
            case _:
                return self.tr("Waiting for the server")

    def _answer(self, state: Waiting) -> str:
        match state.task:
            case Task.ACTIVATE | Task.REACTIVATE:
                return self.tr(
                    "Soft Token agrees on keys with your organisation's server. "
                    "If you go elsewhere meanwhile, you will be told the result."
                )
            case Task.RESYNCHRONISE:
                return self.tr(
                    "Two codes for {0} are on their way. You can go on meanwhile; "
                    "the answer will be shown wherever you are."
                ).format(state.who)
            case Task.STEP_UP:
                return self.tr(
                    "The answer for {0} is on its way. You can go on meanwhile; "
                    "the result will be shown wherever you are."
                ).format(state.who)
            case Task.CHANGE_PIN:
                return self.tr(
                    "The server is asked about the PIN of {0}. You can go on meanwhile; "
                    "the answer will be shown wherever you are."
                ).format(state.who)
            case _:
                return self.tr(
                    "The code for {0} is on its way. You can go on meanwhile and make codes; "
                    "the answer will be shown wherever you are."
                ).format(state.who)

    def _title(self, task: Task) -> str:
        match task:
            case Task.CREATE_VAULT | Task.PROTECT_VAULT:
                return self.tr("Preparing a safe place")
            case Task.ADD:
                return self.tr("Adding the token")
            case Task.RECOVERY_CODE:
                return self.tr("Making a recovery code")
            case _:
                return self.tr("One moment")

    def _explanation(self, task: Task) -> str:
        match task:
            case Task.CREATE_VAULT | Task.PROTECT_VAULT:
                return self.tr(
                    "The key to your tokens goes into the system's keyring. "
                    "If the system asks for its password, answer there."
                )
            case _:
                return ""
