"""The input for an activation code, judged while it is typed."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.engine.activation_code import MalformedActivationCode, parse_activation_code
from softtoken.engine.crockford import CodeFault
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.groups_edit import GroupsEdit

_SYMBOLS = 17


class ActivationCodeField(Field):
    """Signals: judged (`complete` may have changed). A pasted link is the page's to take apart."""

    judged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._groups = GroupsEdit()
        super().__init__("", self._groups, "", parent)
        self.set_label(self.tr("Activation code"))
        self.set_hint(self.tr("17 symbols; it works once and for a few minutes."))
        self.edit.textChanged.connect(self._judge)

    @property
    def complete(self) -> bool:
        return self._fault() is None

    def set_code(self, code: str) -> None:
        self._groups.set_code(code)
        self._judge()

    def forget(self) -> None:
        wipe(self.edit)

    def _judge(self) -> None:
        self._say(self._fault())
        self.judged.emit()

    def _fault(self) -> CodeFault | None:
        try:
            parse_activation_code(self.edit.text())
        except MalformedActivationCode as error:
            return error.reason
        return None

    def _say(self, found: CodeFault | None) -> None:
        typed = len(self._groups.symbols())
        fault, good = None, None
        match found:
            case None:
                good = self.tr("The code is complete.")
            case CodeFault.MISTYPED:
                fault = self.tr("One symbol of this code is mistyped.")
            case CodeFault.BAD_SYMBOL:
                fault = self.tr("A symbol in this code never occurs in codes.")
            case CodeFault.WRONG_LENGTH if self.edit.text().lower().startswith("softtoken:"):
                fault = self.tr("This link is incomplete or damaged.")
            case CodeFault.WRONG_LENGTH if typed > _SYMBOLS:
                fault = self.tr("Too long: a code has {0} symbols.").format(_SYMBOLS)
            case CodeFault.WRONG_LENGTH:
                pass
        self.show_note(fault, good=good)
