"""The part of the settings about those who see the screen, or pictures of it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.services.events import ScreenPrivacy
from softtoken.ui.widgets.cards import Card
from softtoken.ui.widgets.check_box import CheckBox
from softtoken.ui.widgets.words import words


class PrivacyCard(Card):
    """Signals: block_chosen(bool), hide_chosen(bool)."""

    block_chosen = Signal(bool)
    hide_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, can_block: bool) -> None:
        """can_block: this system lets a program keep its windows out of pictures of the screen."""
        super().__init__(parent=parent)
        self._privacy: ScreenPrivacy | None = None
        self.block, self.hide_codes = CheckBox(self.tr("Block screen capture")), CheckBox(self.tr("Hide codes"))
        self.hide_codes.setAccessibleName(self.tr("Hide codes until asked"))
        self._why_block = words(
            "muted",
            self.tr("Screenshots, recordings and shared screens leave this window out.")
            if can_block
            else self.tr(
                "This system has no way to keep a window out of screenshots and shared screens. "
                "Hidden codes are the next best thing."
            ),
        )
        self._forced = words(
            "small", self.tr("The configuration of this computer decides this, so it cannot be changed here.")
        )
        why_hide = words(
            "muted",
            self.tr(
                "A code, a signature or a code for the help desk is shown when you click it or press Space, for some "
                "seconds. Copying works without that."
            ),
        )
        self.block.setVisible(can_block)
        self._forced.hide()
        self.block.setAccessibleDescription(self._why_block.text())
        self.hide_codes.setAccessibleDescription(why_hide.text())
        self.block.clicked.connect(lambda: self.block_chosen.emit(self._asked(self.block)))
        self.hide_codes.clicked.connect(lambda: self.hide_chosen.emit(self._asked(self.hide_codes)))
        self.inside.setSpacing(6)
        self.inside.addWidget(words("label", self.tr("Who sees your screen")))
        for part in (self.block, self._why_block, self._forced, self.hide_codes, why_hide):
            self.inside.addWidget(part)

    def show_privacy(self, privacy: ScreenPrivacy | None, *, busy: bool) -> None:
        """None: not known yet."""
        self._privacy = privacy
        known = privacy is not None and not busy
        self.block.setChecked(privacy is not None and privacy.block_capture)
        self.hide_codes.setChecked(privacy is not None and privacy.hide_codes)
        self._forced.setVisible(privacy is not None and privacy.forced and not self.block.isHidden())
        self.block.setEnabled(known and not (privacy is not None and privacy.forced))
        self.hide_codes.setEnabled(known)

    def _asked(self, box: CheckBox) -> bool:
        # what holds is the flow's answer; until then the box stays as it was
        wanted = box.isChecked()
        self.show_privacy(self._privacy, busy=False)
        return wanted
