"""One token in the list."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from softtoken.engine.tokens import Token
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.actions import Chips
from softtoken.ui.widgets.avatar import Avatar
from softtoken.ui.widgets.cards import ChoiceCard
from softtoken.ui.widgets.words import breakable, words


class TokenCard(ChoiceCard):
    """Knows its token's id and what a search may find it by."""

    def __init__(
        self, token: Token, names: TokenNames, states: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        heading, account = names.heading(token), names.account(token)
        super().__init__(Avatar(heading), breakable(heading), breakable(account if account != heading else ""), parent)
        self.token_id = token.id
        self.searched = f"{heading} {account}".casefold()
        facts = (names.kind(token), *names.protections(token), *states)
        chips = [words("chip", fact) for fact in facts]
        for chip in chips:
            chip.setWordWrap(False)
        self.add_line(Chips(*chips))
        self.setAccessibleName(", ".join(part for part in (heading, account if account != heading else "") if part))
        self.setAccessibleDescription(", ".join(facts))
