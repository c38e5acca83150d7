"""Makes each page when it is first shown, and joins what all pages have in common to the flow."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from softtoken.ui.clipboard import SecretClipboard
from softtoken.ui.flow import Flow
from softtoken.ui.widgets.page import Page

P = TypeVar("P", bound=Page)


class PageMaker(QObject):
    """One page of each kind. Signals: made(Page)."""

    made = Signal(object)

    def __init__(self, flow: Flow, clipboard: SecretClipboard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._flow = flow
        self._clipboard = clipboard
        self._made: dict[type[Page], Page] = {}

    def page(self, kind: type[P], join: Callable[[P], object]) -> P:
        """The page of this kind; `join` is called once, when it is made."""
        known = self._made.get(kind)
        if isinstance(known, kind):
            return known
        page = kind()
        page.left.connect(self._flow.back)
        page.text_copied.connect(self._clipboard.copy_text)
        join(page)
        self._made[kind] = page
        self.made.emit(page)
        return page

    def pages(self) -> tuple[Page, ...]:
        """Those that were made."""
        return tuple(self._made.values())
