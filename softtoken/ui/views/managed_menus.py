"""The two menus of a managed token's page: what can be done with it, and the other users."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from softtoken.engine.tokens import ProtectionType, Token
from softtoken.ui.views.token_names import TokenNames
from softtoken.ui.widgets.menu_button import MenuButton


class TokenMenu(MenuButton):
    """Signals: look_chosen; each with the token's id: sign_chosen(str), support_chosen(str), change_pin_chosen(str),
    renew_chosen(str), rename_chosen(str), remove_chosen(str), check_chosen(str): try its server.
    """

    look_chosen = Signal()
    sign_chosen = Signal(str)
    support_chosen = Signal(str)
    change_pin_chosen = Signal(str)
    renew_chosen = Signal(str)
    rename_chosen = Signal(str)
    remove_chosen = Signal(str)
    check_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "more", parent)
        name = self.tr("More about this token")
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._token_id = ""
        self.sign = self.add(self.tr("Sign a transaction…"), lambda: self.sign_chosen.emit(self._token_id))
        self.support = self.add(self.tr("Code for support…"), lambda: self.support_chosen.emit(self._token_id))
        self.look = self.add(self.tr("Look for logins to approve"), self.look_chosen.emit)
        self.separate()
        self.change = self.add(self.tr("Change PIN…"), lambda: self.change_pin_chosen.emit(self._token_id))
        self.renew = self.add("", lambda: self.renew_chosen.emit(self._token_id))
        self.separate()
        self.check = self.add(self.tr("Test the connection…"), lambda: self.check_chosen.emit(self._token_id))
        self.rename = self.add(self.tr("Rename…"), lambda: self.rename_chosen.emit(self._token_id))
        self.remove = self.add(self.tr("Remove…"), lambda: self.remove_chosen.emit(self._token_id))

    def show_token(self, token: Token) -> None:
        self._token_id = token.id
        with_pin = ProtectionType.PIN in token.protections
        self.change.setVisible(with_pin)
        self.renew.setText(self.tr("Forgot PIN…") if with_pin else self.tr("Activate again…"))


class UserMenu(MenuButton):
    """Signals: user_chosen(str): the id of that user's token."""

    user_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self._names = TokenNames(self)
        self._shown: tuple[Token, ...] = ()
        self.setText(self.tr("Switch user") + " ▾")
        self.setAccessibleName(self.tr("Switch user"))
        self.setToolTip(self.tr("Go on with another user's token"))

    def show_users(self, current: Token, others: tuple[Token, ...]) -> None:
        """Hidden while there is nobody else."""
        self.setVisible(bool(others))
        shown = (current, *others)
        if shown == self._shown:
            return
        self._shown = shown
        self.menu_shown.clear()
        for token in sorted(shown, key=lambda one: self._names.with_tenant(one).casefold()):
            # an ampersand would be taken for the mark of an access key
            action = self.add(self._names.with_tenant(token).replace("&", "&&"), partial(self._choose, token.id))
            action.setCheckable(True)
            action.setChecked(token is current)

    def _choose(self, token_id: str) -> None:
        self.user_chosen.emit(token_id)
