"""A token of which nothing but its id can be read is given up, with the keyboard and in two steps."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from ui.conftest import User
from ui.fake_controller import totp_token

from softtoken.services import events as ev
from softtoken.services.events import Status, VaultCondition
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.remove import RemoveView
from softtoken.vault.errors import VaultBusy

FIRST, SECOND = "6f1c2a3b" * 4, "0d9e4c71" * 4


def home(user: User, *damaged: str) -> HomeView:
    user.controller.vault, user.controller.damaged = VaultCondition.OPEN, damaged
    user.controller.tokens = [totp_token()]
    user.flow.start()
    page = user.on(HomeView)
    user.idle()
    return page


def buttons(page: HomeView) -> list[str]:
    """What a screen reader says of the rows' buttons."""
    found = []
    for row in page.unreadable._rows:
        interface = QAccessible.queryAccessibleInterface(row.remove)
        assert interface is not None
        found.append(interface.text(QAccessible.Text.Name))
    return found


def test_nothing_is_said_where_all_can_be_read(user: User) -> None:
    assert not home(user).unreadable.isVisible()


def test_one_is_removed_with_the_keyboard_alone(user: User) -> None:
    page = home(user, FIRST, SECOND)
    assert buttons(page) == ["Remove: Unreadable token 6f1c2a3b", "Remove: Unreadable token 0d9e4c71"]
    for _ in range(20):
        if page.unreadable._rows[1].remove.hasFocus():
            break
        user.key(Qt.Key.Key_Tab)
    else:
        raise AssertionError("Tab does not reach it")
    user.key(Qt.Key.Key_Space)
    confirm = user.on(RemoveView)
    assert confirm._which.text() == "Unreadable token 0d9e4c71"
    for words in ("deleted for good", "new activation code", "copies", "other tokens are not affected"):
        assert words in confirm._means.text()
    assert not confirm.remove.isEnabled()
    assert confirm.understood.hasFocus()
    user.key(Qt.Key.Key_Space)
    user.key(Qt.Key.Key_Return)
    page = user.on(HomeView)
    user.until(lambda: "removed" in user.window.banner.text)
    assert user.controller.posts(ev.RemoveToken) == [ev.RemoveToken(SECOND)]
    assert buttons(page) == ["Remove: Unreadable token 6f1c2a3b"]
    assert len(page._cards) == 1


def test_who_thinks_better_of_it_keeps_it(user: User) -> None:
    page = home(user, FIRST)
    user.click(page.unreadable._rows[0].remove)
    user.click(user.on(RemoveView).keep)
    user.click(user.on(HomeView).unreadable._rows[0].remove)
    user.on(RemoveView)
    user.key(Qt.Key.Key_Escape)
    assert user.on(HomeView).unreadable.isVisible()
    assert user.controller.posts(ev.RemoveToken) == []


def test_what_came_between_is_told_and_it_can_be_tried_again(user: User) -> None:
    page = home(user, FIRST)
    gone = ev.DeleteUserResult(Status.INVALID_USER_ID, ev.SdkState.LOGIN_REQUIRED, (totp_token(),))
    user.controller.answer(ev.RemoveToken, VaultBusy(), gone)
    user.click(page.unreadable._rows[0].remove)
    confirm = user.on(RemoveView)
    confirm.understood.setChecked(True)
    user.click(confirm.remove)
    user.until(lambda: "Another program" in user.told())
    user.click(confirm.remove)
    user.on(HomeView)  # somebody else removed it meanwhile
