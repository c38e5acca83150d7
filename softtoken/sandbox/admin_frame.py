"""What the administration's pages share: their frame, tables, and buttons that are forms of their own."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from softtoken.resources import resource_path
from softtoken.sandbox.pages import NOTHING, Html, Pages, join

TABS = (
    ("/admin", "Users"),
    ("/admin/requests", "Requests"),
    ("/admin/registrations", "Registrations"),
    ("/admin/answers", "Answers"),
    ("/admin/faults", "Faults"),
    ("/admin/versions", "App versions"),
    ("/admin/log", "Log"),
)
CODE_NAMES: Mapping[int, str] = {
    0: "Accept",
    1: "Decline",
    2: "Challenge (static password)",
    3: "ChallengeSMS",
    4: "ChallengeDevice",
    5: "ChallengeDevice2FA",
    6: "ChallengePush",
    7: "ChallengePush2FA",
    8: "ChallengeEmail",
    10: "ChallengeCRDevice2FA",
    11: "ChallengeCronto",
    13: "ChallengeVoice",
    14: "ChallengeFIDO",
    21: "ChallengeNoPIN",
    22: "ChallengePIN",
    23: "ChallengeFingerprint",
    24: "ChallengeFace",
    25: "ChallengeFido (as one client has it)",
}
"""The documented risk codes (iaa-api section 6.4)."""


class Frame:
    """The pages of one server. with_password: there is something to log out of."""

    def __init__(self, *, with_password: bool) -> None:
        self.pages = Pages(resource_path("web"))
        self._log_out = self.pages.fragment("admin_log_out") if with_password else NOTHING

    def page(self, name: str, title: str, tab: str, **values: str | Html) -> str:
        """A whole page: the template inside the administration's frame. tab: the address of the one that is shown."""
        return self.pages.fragment(
            "admin_layout",
            title=title,
            log_out=self._log_out if tab else NOTHING,
            tabs=join(self._tab(address, word, current=address == tab) for address, word in TABS) if tab else NOTHING,
            content=self.pages.fragment(name, **values),
        ).text

    def table(self, label: str, heads: Sequence[str], rows: Sequence[Sequence[str | Html]], none: str) -> Html:
        """A table, or a sentence where there are no rows."""
        if not rows:
            return self.pages.fragment("notice", text=none, tone="none", role="note")
        cells = join(self.pages.fragment("admin_head", text=head) for head in heads)
        body = join(self._row(heads, row) for row in rows)
        return self.pages.fragment("admin_table", label=label, heads=cells, rows=body)

    def button(self, action: str, text: str, label: str, **fields: str) -> Html:
        """label: what a screen reader says, since the same word stands in every row."""
        hidden = join(self.pages.fragment("admin_hidden", field=name, value=value) for name, value in fields.items())
        return self.pages.fragment("admin_button", action=action, text=text, label=label, fields=hidden)

    def link(self, address: str, text: str) -> Html:
        """A link in a cell."""
        return self.pages.fragment("admin_link", address=address, text=text)

    def options(self, choices: Mapping[str, str], chosen: str = "") -> Html:
        """The inside of a select: value to words."""
        return join(
            self.pages.fragment(
                "admin_option", value=value, text=words, selected=Html(" selected") if value == chosen else NOTHING
            )
            for value, words in choices.items()
        )

    def _tab(self, address: str, word: str, *, current: bool) -> Html:
        mark = Html(' aria-current="page"') if current else NOTHING
        return self.pages.fragment("admin_tab", address=address, word=word, current=mark)

    def _row(self, heads: Sequence[str], row: Sequence[str | Html]) -> Html:
        cells = [
            self.pages.fragment("admin_cell", head=head, value=value) for head, value in zip(heads, row, strict=True)
        ]
        return self.pages.fragment("admin_row", cells=join(cells))


def code_words(code: int | None) -> str:
    """`5 ChallengeDevice2FA`; a code that nobody documented stands alone."""
    return "none" if code is None else f"{code} {CODE_NAMES.get(code, '')}".rstrip()


def clock_time(at: int) -> str:
    """Local time of day."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")
