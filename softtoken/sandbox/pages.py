"""HTML from the templates in resources/web. Every value is escaped unless it is Html already."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import Template


@dataclass(frozen=True, slots=True)
class Html:
    """A fragment that is safe to put into a page as it is."""

    text: str


NOTHING = Html("")


class Pages:
    """The templates, read once: a missing one shows at the start, not at the first visitor."""

    def __init__(self, folder: Path) -> None:
        self._templates = {path.stem: Template(path.read_text("utf-8")) for path in folder.glob("*.html")}

    def fragment(self, name: str, **values: str | Html) -> Html:
        """A part of a page. Raises KeyError for an unknown template or a missing value."""
        filled = {key: value.text if isinstance(value, Html) else html.escape(value) for key, value in values.items()}
        return Html(self._templates[name].substitute(filled))

    def page(self, name: str, title: str, *, head: Html = NOTHING, **values: str | Html) -> str:
        """A whole page: the template inside layout.html. head: more for the document's head."""
        return self.fragment("layout", title=title, head=head, content=self.fragment(name, **values)).text


def join(parts: Iterable[Html]) -> Html:
    """One fragment behind the other."""
    return Html("\n".join(part.text for part in parts))
