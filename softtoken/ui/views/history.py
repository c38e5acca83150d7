"""What happened here, newest first: a sentence for each entry, a filter, and the ways out of this computer."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import assert_never

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from softtoken.services.audit_lines import clock_moves
from softtoken.services.events import AuditKind
from softtoken.ui.audit_words import AuditWords
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import HistoryPage
from softtoken.ui.widgets.actions import Actions, Chips, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.problem import ProblemBox
from softtoken.ui.widgets.text_edit import TextEdit
from softtoken.ui.widgets.words import breakable_where_long, words
from softtoken.vault.audit import AuditEntry

SHOWN = 60
"""Entries at first, and more with each press."""


class Group(StrEnum):
    """What may be looked for at a press."""

    ALL = "ALL"
    CODES = "CODES"
    PIN = "PIN"
    SERVER = "SERVER"
    COMPUTER = "COMPUTER"


_CODES = frozenset(
    {
        AuditKind.CODE,
        AuditKind.SEQUENCE,
        AuditKind.SIGNATURE,
        AuditKind.HELP_DESK_CODE,
        AuditKind.RESYNCHRONISATION_CODES,
    }
)
_PIN = frozenset(
    {
        AuditKind.PIN_FAILED,
        AuditKind.PIN_BLOCKED,
        AuditKind.BIOMETRIC_FAILED,
        AuditKind.BIOMETRIC_BLOCKED,
        AuditKind.PIN_CHANGE,
        AuditKind.OFFLINE_LOGIN,
    }
)
_SERVER = frozenset(
    {
        AuditKind.LOGIN,
        AuditKind.APPROVAL,
        AuditKind.ACTIVATION,
        AuditKind.REACTIVATION,
        AuditKind.RESYNCHRONISATION,
    }
)
_GROUPS: Mapping[Group, frozenset[str]] = {Group.CODES: _CODES, Group.PIN: _PIN, Group.SERVER: _SERVER}


class HistoryView(Page):
    """Signals: export_chosen, log_chosen(bool)."""

    export_chosen = Signal()
    log_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._words = Sentences(self), AuditWords(self)
        self._group, self._room, self._known = Group.ALL, SHOWN, False
        self._told: list[tuple[AuditEntry, str]] = []
        self._moved: Mapping[int, int] = {}
        self._entries: tuple[AuditEntry, ...] = ()
        self.set_title(self.tr("History"))
        self.export = button(self.tr("Export…"))
        self.export.setAccessibleName(self.tr("Export this history to a file"))
        self.export.clicked.connect(self.export_chosen)
        told = self.tr(
            "What happened in Soft Token on this computer. There are names of users, tokens and servers in it, and so "
            "in an export, but no code, PIN or key."
        )
        self.column.addWidget(words("muted", told))
        self.column.addWidget(Actions(self.export))
        self.faults = ProblemBox()
        self.column.addWidget(self.faults)
        self.search = TextEdit(max_length=100)
        self.search.textChanged.connect(self._filtered)
        self.column.addWidget(Field(self.tr("Search"), self.search))
        self.column.addWidget(self._choice())
        self.nothing = words("muted")
        self.column.addWidget(self.nothing)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.column.addLayout(self._list)
        self.older = button(self.tr("Show older ones"))
        self.older.clicked.connect(self._show_more)
        self._older_row = Actions(self.older)
        self.column.addWidget(self._older_row)
        self.column.addWidget(self._out())
        self.column.addStretch(1)

    def first_focus(self) -> QWidget:
        return self.search

    def show_state(self, state: HistoryPage) -> None:
        self.show_problem(self._sentences.tell(state.problem))
        self.faults.show_sentence(self._words.faults(state.faults))
        self.export.setEnabled(state.known and not state.busy)
        log = state.log
        self.log.blockSignals(True)
        self.log.setChecked(log is not None and log.enabled)
        self.log.blockSignals(False)
        self.log.setEnabled(log is not None and not log.decided and not state.busy)
        self._decided.setVisible(log is not None and log.decided)
        self._refused.setVisible(log is not None and log.enabled and bool(log.problem))
        if log is not None and log.problem:
            self._refused.setText(
                self.tr("The system's log did not take the last entry ({0}). It is in this history.").format(
                    log.problem
                )
            )
        self._known = state.known
        if state.entries != self._entries:
            self._entries = state.entries
            self._moved = clock_moves(state.entries)
            self._told = [(entry, self._words.sentence(entry)) for entry in reversed(state.entries)]
        self._fill()

    def forget(self) -> None:
        wipe(self.search)
        self._entries, self._told, self._room = (), [], SHOWN
        self._choose(Group.ALL)

    def _choice(self) -> Chips:
        self.groups: dict[Group, QPushButton] = {}
        for group in Group:
            one = button(self._name(group))
            one.setCheckable(True)
            one.setChecked(group is Group.ALL)
            one.clicked.connect(lambda _=False, group=group: self._choose(group))
            self.groups[group] = one
        row = Chips(*self.groups.values())
        row.setAccessibleName(self.tr("What is shown"))
        return row

    def _out(self) -> Card:
        card = Card()
        self.log = CheckBox(self.tr("Write to it, too"))
        self.log.setAccessibleName(self.tr("Write each entry to the log of this system, too"))
        why = words(
            "muted",
            self.tr(
                "Each new entry goes to the log of this computer's system as well, where you cannot take it back. "
                "The people who look after this computer can read it there, names included."
            ),
        )
        self.log.setAccessibleDescription(why.text())
        self.log.toggled.connect(self._log_toggled)
        self._decided = words(
            "small", self.tr("The configuration of this computer decides this, so it cannot be changed here.")
        )
        self._refused = words("fault")
        card.inside.setSpacing(6)
        card.inside.addWidget(words("label", self.tr("The log of this system")))
        for part in (self.log, why, self._decided, self._refused):
            card.inside.addWidget(part)
        return card

    def _log_toggled(self, wanted: bool) -> None:  # noqa: FBT001  a slot
        # what holds is the flow's answer; until then the box stays as it was
        self.log.blockSignals(True)
        self.log.setChecked(not wanted)
        self.log.blockSignals(False)
        self.log_chosen.emit(wanted)

    def _choose(self, group: Group) -> None:
        self._group = group
        for one, its_button in self.groups.items():
            its_button.setChecked(one is group)
        self._filtered()

    def _filtered(self) -> None:
        self._room = SHOWN
        self._fill()

    def _show_more(self) -> None:
        self._room += SHOWN
        self._fill()

    def _fill(self) -> None:
        wanted = self.search.text().casefold().split()
        fitting = [
            (entry, told)
            for entry, told in self._told
            if _belongs(entry, self._group) and all(word in told.casefold() for word in wanted)
        ]
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for day, entries in self._by_day(fitting[: self._room]):
            self._list.addWidget(self._day(day, entries))
        self.older.setVisible(len(fitting) > self._room)
        self._older_row.tidy()
        self.nothing.setText(self.tr("Nothing fits.") if self._told else self.tr("Nothing happened yet."))
        self.nothing.setVisible(self._known and not fitting)

    def _by_day(self, fitting: Iterable[tuple[AuditEntry, str]]) -> list[tuple[str, list[tuple[AuditEntry, str]]]]:
        days: list[tuple[str, list[tuple[AuditEntry, str]]]] = []
        for entry, told in fitting:
            day = self._words.day(entry.note.time)
            if not days or days[-1][0] != day:
                days.append((day, []))
            days[-1][1].append((entry, told))
        return days

    def _day(self, day: str, entries: Iterable[tuple[AuditEntry, str]]) -> Card:
        card = Card()
        card.inside.setSpacing(8)
        card.inside.addWidget(words("label", day))
        for entry, told in entries:
            row = QWidget()
            lines = QVBoxLayout(row)
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setSpacing(1)
            lines.addWidget(words("small", self._words.time(entry)))
            lines.addWidget(words("body", breakable_where_long(told)))
            if (seconds := self._moved.get(entry.number)) is not None:
                lines.addWidget(words("small", self._words.moved(seconds)))
            card.inside.addWidget(row)
        return card

    def _name(self, group: Group) -> str:
        match group:
            case Group.ALL:
                return self.tr("All")
            case Group.CODES:
                return self.tr("Codes")
            case Group.PIN:
                return self.tr("PIN")
            case Group.SERVER:
                return self.tr("Logins")
            case Group.COMPUTER:
                return self.tr("This computer")
            case _ as never:
                assert_never(never)


def _belongs(entry: AuditEntry, group: Group) -> bool:
    match group:
        case Group.ALL:
            return True
        case Group.COMPUTER:
            return not any(entry.note.kind in kinds for kinds in _GROUPS.values())
        case _:
            return entry.note.kind in _GROUPS[group]
