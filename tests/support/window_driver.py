"""The real program with its window, in a process of its own, that does what it is told to on standard input.

Orders are JSON lines, answered by one JSON line each; widgets are named as a screen reader names them. Everything else
is `python -m softtoken` with the arguments that are given here: nothing of the product is replaced. Its clock for
delays can be put forward.
"""

import json
import sys
import threading
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QPlainTextEdit, QWidget

from softtoken.__main__ import main
from softtoken.clock import SystemClock
from softtoken.ui.window import Window


class Ears(QObject):
    """Signals: heard(str): one order, on the thread of the window."""

    heard = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.heard.connect(self._obey)

    def listen(self) -> None:
        for line in sys.stdin:
            self.heard.emit(line)
        self.heard.emit(json.dumps({"do": "end"}))

    def _obey(self, line: str) -> None:
        order = json.loads(line)
        sys.stdout.write(json.dumps(_do(order)) + "\n")
        sys.stdout.flush()
        if order["do"] == "end":
            QApplication.closeAllWindows()


def _do(order: dict[str, Any]) -> Any:
    """What is seen, the clipboard, whether that is to be cleared, or whether there was such a widget."""
    match order["do"]:
        case "look":
            texts = [label.text() for label in _visible(QLabel)]
            return {"texts": texts, "names": [_name(one) for kind in _INPUTS for one in _visible(kind)]}
        case "clipboard":
            return QGuiApplication.clipboard().text()
        case "focus":
            return _focus(order["name"])
        case "pass":
            return _pass(order["seconds"])
        case "keeps":
            return any(one.clipboard.timer.isActive() for one in _visible(Window))
        case "click":
            return _click(order["name"])
        case "type":
            return _type(order["name"], order["text"])
        case _:
            return True


def _click(name: str) -> bool:
    for menu in _visible(QMenu):
        for action in menu.actions():
            if action.text() == name and action.isEnabled():
                QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
                return True
    for button in _visible(QAbstractButton):
        if button.isEnabled() and name in {_name(button), button.text()}:
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            return True
    return False


def _type(name: str, text: str) -> bool:
    for kind in (QLineEdit, QPlainTextEdit):
        for edit in _visible(kind):
            if edit.isEnabled() and _name(edit) == name:
                edit.setFocus()
                edit.selectAll()
                for place, line in enumerate(text.split("\n")):
                    if place:
                        QTest.keyClick(edit, Qt.Key.Key_Return)
                    QTest.keyClicks(edit, line)
                return True
    return False


def _focus(name: str) -> bool:
    for button in _visible(QAbstractButton):
        if button.isEnabled() and name == _name(button):
            button.setFocus()
            return True
    return False


_ahead = 0
_uptime = SystemClock.uptime


def _pass(seconds: int) -> bool:
    """As if the computer had been on for so much longer; codes go by another clock."""
    global _ahead
    _ahead += seconds
    SystemClock.uptime = lambda clock: _uptime(clock) + _ahead  # type: ignore[method-assign, assignment]
    return True


def _visible(kind: type[Any]) -> list[Any]:
    return [one for one in QApplication.allWidgets() if isinstance(one, kind) and one.isVisible()]


def _name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


_INPUTS = (QAbstractButton, QLineEdit, QPlainTextEdit)

if __name__ == "__main__":
    ears = Ears()
    threading.Thread(target=ears.listen, daemon=True).start()
    status = main(sys.argv[1:])
    sys.exit(status)
