"""Trying a server: the steps as they end, what to make of them, and a clock that is off."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from softtoken.services.events import ServerReport, ServerStep, Status
from softtoken.ui.sentences import Sentences
from softtoken.ui.server_words import ServerWords
from softtoken.ui.states import ServerCheck
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.spinner import Spinner
from softtoken.ui.widgets.step_row import StepRow
from softtoken.ui.widgets.words import breakable, signed, words


class ServerCheckView(Page):
    """Signals: repeated, correction_chosen."""

    repeated = Signal()
    correction_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._words = Sentences(self), ServerWords(self)
        self._server = words("muted")
        self._spinner, self._doing = Spinner(), words("body", self.tr("Trying the server…"))
        self._busy = QWidget()
        row = QHBoxLayout(self._busy)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._spinner, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._doing, 1)
        self._steps, self.rows = Card(), {step: StepRow() for step in ServerStep}
        for line in self.rows.values():
            self._steps.inside.addWidget(line)
        self.offer = self._offer()
        self._sent = words(
            "small",
            self.tr(
                "The server is asked about a user that does not exist. No code, password or PIN is sent, no try is "
                "counted, and nothing is changed there."
            ),
        )
        self.again, self.done = button(self.tr("Test again")), button(self.tr("Done"), "primary")
        self.cancel = button(self.tr("Cancel"))
        self.again.clicked.connect(self.repeated)
        self.done.clicked.connect(self.left)
        self.cancel.clicked.connect(self.left)
        self._actions = Actions(self.done, self.again, self.cancel)
        for part in (self._server, self._busy, self._steps, self.offer, self._actions, self._sent):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.set_title(self.tr("Connection test"))

    def first_focus(self) -> QWidget:
        return self.cancel if self.done.isHidden() else self.done

    def show_state(self, state: ServerCheck) -> None:
        report, ended = state.report, not state.running
        self._server.setText(breakable(report.origin if report and report.origin else state.server))
        self._busy.setVisible(state.running)
        self._show_steps(report)
        told = self._sentences.tell(state.problem)
        if told is None and report is not None and ended and report.status is not Status.USER_CANCEL:
            told = self._words.verdict(report)
        self.show_problem(told)
        self._show_offer(state)
        had_focus: QWidget | None = self.focusWidget()
        for one, shown in ((self.done, ended), (self.again, ended), (self.cancel, state.running)):
            one.setVisible(shown)
        self.default = self.done if ended else self.cancel
        if had_focus is not None and had_focus.isHidden():
            self.first_focus().setFocus()

    def forget(self) -> None:
        for row in self.rows.values():
            row.hide()

    def _show_steps(self, report: ServerReport | None) -> None:
        states = dict(report.steps) if report is not None else {}
        self._steps.setVisible(bool(states))
        for step, row in self.rows.items():
            if report is None or step not in states:
                row.hide()
                continue
            state = states[step]
            found = self._words.found(report, step, state)
            row.show_step(self._words.step_name(step), state, self._words.state_name(state), found)

    def _offer(self) -> Card:
        card = Card("info")
        self.offered, self._caution = words("label"), words(
            "muted",
            self.tr(
                "Better set the clock of this computer. Where you cannot, codes can be made for the server's time. "
                "Do this only for a server that you trust: codes for a wrong time are refused, or are good at another "
                "time than you think. Nothing but codes changes, and the settings take it away again."
            ),
        )  # fmt: skip
        self.correct = button("")
        self.correct.clicked.connect(self.correction_chosen)
        self._correction = Actions(self.correct)
        for part in (self.offered, self._caution, self._correction):
            card.inside.addWidget(part)
        return card

    def _show_offer(self, state: ServerCheck) -> None:
        report = state.report
        offered = report.offered if report is not None and not state.running else None
        self.offer.setVisible(offered is not None or state.corrected is not None)
        open_to_choice = offered is not None and state.corrected is None and state.kept
        self._caution.setVisible(open_to_choice and offered is not None and bool(offered.seconds))
        self._correction.setVisible(open_to_choice)
        self.correct.setEnabled(not state.storing)
        if state.corrected is not None:
            self.offered.setText(
                self.tr("Codes are corrected by {0} s from now on.").format(signed(state.corrected))
                if state.corrected
                else self.tr("Codes go by this computer's clock again.")
            )
        elif offered is not None and not state.kept:
            self.offered.setText(
                self.tr("Codes can be corrected by {0} s once this computer is activated.").format(
                    signed(offered.seconds)
                )
            )
        elif offered is not None and offered.seconds:
            self.offered.setText(self.tr("Codes can be corrected by {0} s.").format(signed(offered.seconds)))
            self.correct.setText(self.tr("Correct codes"))
            self.correct.setAccessibleName(self.tr("Correct codes by {0} s").format(signed(offered.seconds)))
        elif offered is not None:
            self.offered.setText(self.tr("This computer's clock is right again, so codes need no correction any more."))
            self.correct.setText(self.tr("Remove it"))
            self.correct.setAccessibleName(self.tr("Remove the correction"))
