"""There is a vault and it is not open: passphrase, recovery code, or the keyring once more."""

from typing import assert_never

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from softtoken.services.events import KeyringProblem, LockKind, LockReason, VaultCondition
from softtoken.ui.sentences import Sentences
from softtoken.ui.states import Locked, Way
from softtoken.ui.widgets.actions import Actions, button
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.field import Field, wipe
from softtoken.ui.widgets.page import Page
from softtoken.ui.widgets.secret_edit import SecretEdit
from softtoken.ui.widgets.words import words


class UnlockView(Page):
    """Signals: secret_given(str), way_chosen(Way), about_chosen, settings_chosen, reset_chosen, dismissed."""

    secret_given = Signal(str)
    way_chosen = Signal(object)
    about_chosen = Signal()
    settings_chosen = Signal()
    reset_chosen = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences = Sentences(self)
        self._way: Way | None = None
        self._settling = False
        self.set_back(shown=False)
        self._why, self._kind = words("body"), words("muted")
        self.passphrase, self.recovery = SecretEdit(), SecretEdit()
        self._passphrase_field = Field(self.tr("Passphrase"), self.passphrase)
        self._recovery_field = Field(
            self.tr("Recovery code"),
            self.recovery,
            self.tr("The 27 symbols that you wrote down; capitals and hyphens do not matter."),
        )
        self._show = CheckBox(self.tr("Show what I type"))
        self._show.toggled.connect(self.passphrase.reveal)
        self._show.toggled.connect(self.recovery.reveal)
        self.open = button(self.tr("Open"), "primary")
        self.open.clicked.connect(self._submit)
        self.again = button(self.tr("Ask the keyring again"))
        self.use_passphrase = button(self.tr("Use the passphrase"))
        self.use_recovery = button(self.tr("Use the recovery code"))
        for one, way in (
            (self.again, Way.KEYRING),
            (self.use_passphrase, Way.PASSPHRASE),
            (self.use_recovery, Way.RECOVERY),
        ):
            one.clicked.connect(lambda _=False, way=way: self.way_chosen.emit(way))
        about, reset = button(self.tr("About"), "quiet"), button(self.tr("Reset everything…"), "quiet")
        self.settings = button(self.tr("Settings"), "quiet")
        self.settings.clicked.connect(self.settings_chosen)
        about.clicked.connect(self.about_chosen)
        reset.clicked.connect(self.reset_chosen)
        for edit in (self.passphrase, self.recovery):
            edit.textChanged.connect(self._judge)
        self.unlock = button(self.tr("Unlock"), "primary")
        self.unlock.clicked.connect(lambda: self.way_chosen.emit(Way.KEYRING))
        self._rows = (
            Actions(self.unlock),
            Actions(self.open),
            Actions(self.again, self.use_passphrase, self.use_recovery),
        )
        for part in (self._why, self._rows[0], self._kind, self._passphrase_field, self._recovery_field, self._show):
            self.column.addWidget(part)
        self.column.addWidget(self._rows[1])
        self.column.addSpacing(6)
        self.column.addWidget(self._rows[2])
        self.column.addStretch(1)
        self.column.addWidget(Actions(self.settings, about, reset))

    def first_focus(self) -> QWidget:
        match self._way:
            case Way.PASSPHRASE:
                return self.passphrase
            case Way.RECOVERY:
                return self.recovery
            case _ if self._settling:
                return self.settings
            case _:
                return self.again if self.unlock.isHidden() else self.unlock

    def show_state(self, state: Locked) -> None:
        self.set_title(self.tr("Your tokens are locked"))
        has_passphrase = state.condition is VaultCondition.NEEDS_PASSPHRASE
        settled = state.kind is not None and self._settling
        turned = state.way is not self._way or settled
        if turned:
            self.forget()
        self._way = state.way
        self._why.setText(self._explain(state, has_passphrase=has_passphrase))
        self._passphrase_field.setVisible(state.way is Way.PASSPHRASE)
        self._recovery_field.setVisible(state.way is Way.RECOVERY)
        typing, screen = state.way is not Way.KEYRING, state.kind is LockKind.SCREEN
        settling = self._settling = state.lock is not None and state.kind is None
        self._kind.setText(self._explain_lock(state))
        self._kind.setVisible(state.kind is not None and not typing)
        self.unlock.setVisible(screen and not typing)
        self.unlock.setEnabled(not state.busy)
        self.unlock.setText(self.tr("Unlocking…") if screen and state.busy else self.tr("Unlock"))
        self.settings.setVisible(state.lock is not None)
        self._show.setVisible(typing)
        self.open.setVisible(typing)
        self.open.setText(self.tr("Opening…") if state.busy else self.tr("Open"))
        asked = state.keyring is not KeyringProblem.NONE
        self.again.setText(self.tr("Use the keyring") if screen else self.tr("Ask the keyring again"))
        self.again.setVisible(typing if screen else asked and state.lock is None)
        self.again.setEnabled(not state.busy)
        self.use_passphrase.setVisible(has_passphrase and state.way is not Way.PASSPHRASE)
        self.use_recovery.setVisible(state.way is not Way.RECOVERY and not settling and (asked or not screen))
        for row in self._rows:
            row.tidy()
        self.default = self.open if typing else self.unlock if screen else self.again
        for edit in (self.passphrase, self.recovery):
            edit.setEnabled(not state.busy)
        self._judge()
        self.show_problem(self._sentences.tell(state.problem))
        if state.problem is not None and not state.busy:
            self.forget()
        if self.isVisible() and not state.busy and (turned or state.problem is not None):
            self.first_focus().setFocus()

    def forget(self) -> None:
        wipe(self.passphrase)
        wipe(self.recovery)
        self._show.setChecked(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.forget()
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _explain_lock(self, state: Locked) -> str:
        if state.kind is not LockKind.SCREEN:
            return ""
        return self.tr(
            "This is a screen lock: the keyring of your system opens your tokens again without asking who you are. "
            "It keeps them from a passing glance, not from somebody at your unlocked computer. Lock your computer, "
            "too, when you leave it."
        )

    def _because(self, reason: LockReason) -> str:
        match reason:
            case LockReason.ASKED:
                return self.tr("You locked them.")
            case LockReason.IDLE:
                return self.tr("Nobody used this window for a while.")
            case LockReason.SESSION_LOCKED:
                return self.tr("Your screen was locked.")
            case LockReason.SUSPEND:
                return self.tr("This computer went to sleep.")
            case LockReason.USER_SWITCH:
                return self.tr("Another user took over the screen.")
            case _ as never:
                assert_never(never)

    def _explain(self, state: Locked, *, has_passphrase: bool) -> str:
        keyring = "" if state.keyring is KeyringProblem.NONE else self._about_keyring(state)
        because = "" if state.lock is None else self._because(state.lock)
        match state.way:
            case Way.KEYRING if state.lock is not None and state.kind is None:
                other = self.tr("Your keys are being forgotten…")
            case Way.KEYRING if state.kind is LockKind.SCREEN and not keyring:
                other = self.tr("What was shown here is forgotten; your tokens are safe.")
            case Way.KEYRING if state.kind is LockKind.SCREEN:
                other = self.tr("Try again, or use your recovery code.")
            case Way.KEYRING:
                other = (
                    self.tr("Ask it again, or use your passphrase or recovery code.")
                    if has_passphrase
                    else self.tr("Ask it again, or use your recovery code.")
                )
            case Way.PASSPHRASE:
                other = self.tr("Enter the passphrase that you chose for Soft Token.")
            case Way.RECOVERY:
                other = self.tr("Enter the recovery code that you wrote down. You will get a new one afterwards.")
        return " ".join(part for part in (because, keyring, other) if part)

    def _about_keyring(self, state: Locked) -> str:
        said = self._sentences.keyring(state.keyring)
        if state.recorded is None or state.recorded == state.now:
            return said
        if state.now is None:
            return " ".join((said, self.tr("The key was given to: {0}.").format(state.recorded)))
        other = self.tr("The key was given to {0}, and this session uses {1}: start that one instead.")
        return " ".join((said, other.format(state.recorded, state.now)))

    def _secret(self) -> str:
        return self.recovery.text() if self._way is Way.RECOVERY else self.passphrase.text()

    def _judge(self) -> None:
        busy = not self.passphrase.isEnabled()
        self.open.setEnabled(bool(self._secret()) and not busy)

    def _submit(self) -> None:
        self.secret_given.emit(self._secret())
