"""What a login tells of this computer, exactly as it is sent, and how much of it."""

import json
from typing import Any, assert_never

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.events import LoginData
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import LoginDataPage
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.copy_button import CopyButton
from softtoken.ui.widgets.facts import Facts
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.words import words

_LINES = 7


class LoginDataView(Page):
    """Signals: extent_chosen(CddcExtent)."""

    extent_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._extent: CddcExtent | None = None
        self.set_title(self.tr("What is sent with a login"))
        self.column.addWidget(
            words(
                "muted",
                self.tr(
                    "Besides your user name, the code and a random number for the session. Some organisations judge "
                    "by it whether a login is unusual. Nothing in it names this computer or you."
                ),
            )
        )
        self.facts, self.sent, self.copy = Facts(), QPlainTextEdit(), CopyButton(self.tr("Copy"), "quiet")
        self.column.addWidget(self._choice())
        self.column.addWidget(self.facts)
        self.column.addWidget(self._exactly())
        self.column.addStretch(1)

    def first_focus(self) -> QWidget | None:
        chosen = None if self._extent is None else self.choices[self._extent]
        return chosen if chosen is not None and chosen.isEnabled() else None

    def show_state(self, state: LoginDataPage) -> None:
        self.show_problem(self._sentences.tell(state.problem))
        data = state.data
        self._extent = data.extent if data is not None else None
        for extent, one in self.choices.items():
            one.setChecked(extent is self._extent)
            one.setEnabled(data is not None and not data.decided and not state.busy)
        self._fixed.setVisible(data is not None and data.decided)
        self._meaning.setText("" if data is None else self._means(data.extent))
        self.facts.show_facts([] if data is None else self._told(data))
        self._literally.setVisible(data is not None and bool(data.cddc))
        self.sent.setPlainText("" if data is None else data.cddc)
        self.sent.setFixedHeight(self.sent.fontMetrics().lineSpacing() * _LINES + 28)

    def forget(self) -> None:
        self.sent.setPlainText("")

    def _choice(self) -> Card:
        card = Card()
        self.choices: dict[CddcExtent, QPushButton] = {}
        for extent in reversed(CddcExtent):
            one = button(self._name(extent))
            one.setCheckable(True)
            one.clicked.connect(lambda _=False, extent=extent: self._choose(extent))
            self.choices[extent] = one
        label = words("label", self.tr("How much is sent"))
        self._meaning = words("muted")
        self._fixed = words(
            "small", self.tr("The configuration of this computer decides this, so it cannot be changed here.")
        )
        row = Actions(*self.choices.values())
        row.setAccessibleName(label.text())
        for part in (label, row, self._meaning, self._fixed):
            card.inside.addWidget(part)
        return card

    def _exactly(self) -> Card:
        card = self._literally = Card("sunken")
        label = words("label", self.tr("Exactly as it is sent"))
        label.setBuddy(self.sent)
        self.sent.setReadOnly(True)
        self.sent.setTabChangesFocus(True)
        self.sent.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.sent.setAccessibleName(label.text())
        self.copy.clicked.connect(lambda: self.text_copied.emit(self.sent.toPlainText()))
        for part in (label, self.sent, Actions(self.copy)):
            card.inside.addWidget(part)
        return card

    def _choose(self, extent: CddcExtent) -> None:
        # what holds is the flow's answer; until then the buttons stay as they were
        for one, its_button in self.choices.items():
            its_button.setChecked(one is self._extent)
        self.extent_chosen.emit(extent)

    def _name(self, extent: CddcExtent) -> str:
        match extent:
            case CddcExtent.FULL:
                return self.tr("Everything")
            case CddcExtent.MINIMAL:
                return self.tr("The minimum")
            case CddcExtent.NONE:
                return self.tr("Nothing")
            case _ as never:
                assert_never(never)

    def _means(self, extent: CddcExtent) -> str:
        match extent:
            case CddcExtent.FULL:
                return self.tr("Program, system, and the sizes of the screen and of this window.")
            case CddcExtent.MINIMAL:
                return self.tr("The program's version and the kind of system, without sizes.")
            case CddcExtent.NONE:
                return self.tr("Your organisation may then ask for more proof, or refuse the login.")
            case _ as never:
                assert_never(never)

    def _told(self, data: LoginData) -> list[tuple[str, str]]:
        """The same for reading. Our own text is valid JSON, whatever other programs write there."""
        facts = [(self.tr("Program, with every request"), data.user_agent)]
        if not data.raw:
            return facts
        told: dict[str, Any] = json.loads(data.raw)
        computer, window, nothing = told["computer"], told.get("viewport"), self.tr("not sent")
        width, height = computer["screenWidth"], computer["screenHeight"]
        return [
            *facts,
            (self.tr("System"), " · ".join(part for part in (computer["OS"], computer["platform"]) if part)),
            (self.tr("Screen"), nothing if width is None else f"{width} × {height}"),
            (self.tr("Window"), nothing if window is None else f"{window['width']} × {window['height']}"),
            (self.tr("Features of a browser"), self.tr("none, as this is no browser")),
            (self.tr("Check sum of all this (SHA-256)"), data.hash),
        ]
