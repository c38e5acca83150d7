"""What holds for this computer: its name, when tokens resynchronise, the recovery code, starting anew."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.ui.desktop.screen_capture import shield_for
from softtoken.ui.sentences import Sentences
from softtoken.ui.server_words import ServerWords
from softtoken.ui.states import Settings
from softtoken.ui.views.lock_card import LockCard
from softtoken.ui.views.privacy_card import PrivacyCard
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.text_edit import TextEdit
from softtoken.ui.widgets.words import breakable, words


class SettingsView(Page):
    """Signals: name_given(str), every_login_chosen(bool), next_login_chosen, look_chosen(bool), recovery_chosen,
    reset_chosen, login_data_chosen, clock_removed, backup_chosen, restore_chosen, block_chosen(bool),
    hide_chosen(bool), lock_after_chosen(int).
    """

    name_given = Signal(str)
    every_login_chosen = Signal(bool)
    next_login_chosen = Signal()
    look_chosen = Signal(bool)
    recovery_chosen = Signal()
    reset_chosen = Signal()
    login_data_chosen = Signal()
    clock_removed = Signal()
    backup_chosen = Signal()
    restore_chosen = Signal()
    block_chosen = Signal(bool)
    hide_chosen = Signal(bool)
    lock_after_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences, self._words = Sentences(self), ServerWords(self)
        self._state = Settings()
        self.set_title(self.tr("Settings"))
        self._locked = words(
            "muted", self.tr("Your tokens are locked. The other settings are here again once you unlock them.")
        )
        self.column.addWidget(self._locked)
        self.lock = LockCard()
        self.lock.time_chosen.connect(self.lock_after_chosen)
        self.watchers = PrivacyCard(can_block=shield_for() is not None)
        self.watchers.block_chosen.connect(self.block_chosen)
        self.watchers.hide_chosen.connect(self.hide_chosen)
        self._with_vault = (
            self._device(),
            self.lock,
            self._resynchronisation(),
            self._approvals(),
            self.watchers,
            self._backups(),
        )
        for card in self._with_vault:
            self.column.addWidget(card)
        self.column.addWidget(self._privacy())
        self.clock = self._clock()
        self.column.addWidget(self.clock)
        self.column.addWidget(self._keeping())
        self.column.addStretch(1)
        self.default = self.save

    def first_focus(self) -> QWidget:
        return self.login_data if self._state.locked else self.name

    def show_state(self, state: Settings) -> None:
        before, self._state = self._state, state
        self.show_problem(self._sentences.tell(state.problem))
        self._locked.setVisible(state.locked)
        for card in self._with_vault:
            card.setVisible(not state.locked)
        self.recovery.setVisible(not state.locked)
        self.lock.show_time(state.lock_after, busy=state.busy)
        if before.device_id != state.device_id or before.device_name != state.device_name:
            self.name.setText(state.device_name)
        self.every_login.blockSignals(True)
        self.every_login.setChecked(state.every_login)
        self.every_login.blockSignals(False)
        self.every_login.setEnabled(state.known and not state.fixed and not state.busy)
        self.look.blockSignals(True)
        self.look.setChecked(state.look is True)
        self.look.blockSignals(False)
        self.look.setEnabled(state.look is not None and not state.busy)
        self._fixed.setVisible(state.fixed)
        self.once.setVisible(state.known and not state.every_login and not state.next_login)
        self._once_row.tidy()
        self._once_set.setVisible(state.known and not state.every_login and state.next_login)
        self.every_login.setAccessibleDescription(self._fixed.text() if state.fixed else self._why.text())
        self.watchers.show_privacy(state.privacy, busy=state.busy)
        self.clock.setVisible(state.clock is not None)
        if state.clock is not None:
            self._corrected.setText(breakable(self._words.corrected(state.clock)))
        self.uncorrect.setEnabled(not state.busy)
        self._judge()
        if state.saved:
            self.name_field.show_note(None, good=self.tr("Saved."))

    def forget(self) -> None:
        self._state = Settings()
        wipe(self.name)

    def _device(self) -> Card:
        card = Card()
        self.name, self.save = TextEdit(max_length=64), button(self.tr("Save the name"), "primary")
        self.name_field = Field(
            self.tr("Name of this computer"),
            self.name,
            self.tr("So that you and the help desk can tell your computers apart. It stays on this computer."),
        )
        self.name.textEdited.connect(self._judge)
        self.save.clicked.connect(lambda: self.name_given.emit(self.name.text()))
        card.inside.addWidget(self.name_field)
        card.inside.addWidget(Actions(self.save))
        return card

    def _resynchronisation(self) -> Card:
        card = Card()
        self.every_login = CheckBox(self.tr("Before every login"))
        self.every_login.setAccessibleName(self.tr("Resynchronise before every login"))
        self._why = words(
            "muted",
            self.tr("Token and server agree on the counter at each login, so codes do not drift apart. Recommended."),
        )
        self._fixed = words(
            "small", self.tr("The configuration of this computer decides this, so it cannot be changed here.")
        )
        self.once = button(self.tr("Next login only"))
        self.once.setAccessibleName(self.tr("Resynchronise at the next login only"))
        self._once_set = words("good", self.tr("The next login resynchronises, once."))
        self.every_login.toggled.connect(self._toggled)
        self.once.clicked.connect(self.next_login_chosen)
        card.inside.setSpacing(6)
        card.inside.addWidget(words("label", self.tr("Resynchronise")))
        self._once_row = Actions(self.once)
        for part in (self.every_login, self._why, self._fixed, self._once_row, self._once_set):
            card.inside.addWidget(part)
        return card

    def _approvals(self) -> Card:
        card = Card()
        self.look = CheckBox(self.tr("Look now and then"))
        self.look.setAccessibleName(self.tr("Look for logins to approve now and then"))
        why = words(
            "muted",
            self.tr(
                "While this window is in use your servers are asked every few seconds whether a login waits for you. "
                "Switched off, they are asked only when you choose so."
            ),
        )
        self.look.setAccessibleDescription(why.text())
        self.look.toggled.connect(self._look_toggled)
        card.inside.setSpacing(6)
        card.inside.addWidget(words("label", self.tr("Approving logins")))
        card.inside.addWidget(self.look)
        card.inside.addWidget(why)
        return card

    def _privacy(self) -> Card:
        card = Card()
        self.login_data = button(self.tr("Show and choose…"))
        self.login_data.setAccessibleName(self.tr("Show and choose what is sent with a login"))
        self.login_data.clicked.connect(self.login_data_chosen)
        card.inside.addWidget(words("label", self.tr("What is sent with a login")))
        card.inside.addWidget(words("muted", self.tr("What a login tells the server of this computer.")))
        card.inside.addWidget(Actions(self.login_data))
        return card

    def _clock(self) -> Card:
        """Only while codes are corrected."""
        card = Card("warning")
        self._corrected = words()
        self.uncorrect = button(self.tr("Remove it"))
        self.uncorrect.setAccessibleName(self.tr("Remove the correction"))
        self.uncorrect.clicked.connect(self.clock_removed)
        card.inside.addWidget(words("label", self.tr("The clock of your codes")))
        card.inside.addWidget(self._corrected)
        card.inside.addWidget(
            words("muted", self.tr("Remove it once this computer's clock is right, or codes will be wrong again."))
        )
        card.inside.addWidget(Actions(self.uncorrect))
        return card

    def _backups(self) -> Card:
        card = Card()
        self.backup, self.restore = button(self.tr("Make a backup…")), button(self.tr("Restore a backup…"))
        self.backup.clicked.connect(self.backup_chosen)
        self.restore.clicked.connect(self.restore_chosen)
        card.inside.addWidget(words("label", self.tr("Backup")))
        card.inside.addWidget(
            words(
                "muted",
                self.tr("An encrypted file for another disk, with the tokens that may be copied and your settings."),
            )
        )
        card.inside.addWidget(Actions(self.backup, self.restore))
        return card

    def _keeping(self) -> Card:
        card = Card()
        self.recovery = button(self.tr("New recovery code…"))
        self.reset = button(self.tr("Reset everything…"))
        self.recovery.clicked.connect(self.recovery_chosen)
        self.reset.clicked.connect(self.reset_chosen)
        card.inside.addWidget(words("label", self.tr("Your tokens as a whole")))
        card.inside.addWidget(Actions(self.recovery, self.reset))
        return card

    def _judge(self) -> None:
        self.name_field.show_note(None)
        changed = self.name.text().strip() != self._state.device_name
        self.save.setEnabled(bool(self._state.device_id) and changed and not self._state.busy)

    def _toggled(self, enabled: bool) -> None:  # noqa: FBT001  a slot of QCheckBox.toggled
        # what holds is the flow's answer; until then the box stays as it was
        self.every_login.blockSignals(True)
        self.every_login.setChecked(self._state.every_login)
        self.every_login.blockSignals(False)
        self.every_login_chosen.emit(enabled)

    def _look_toggled(self, enabled: bool) -> None:  # noqa: FBT001  a slot of QCheckBox.toggled
        self.look.blockSignals(True)
        self.look.setChecked(self._state.look is True)
        self.look.blockSignals(False)
        self.look_chosen.emit(enabled)
