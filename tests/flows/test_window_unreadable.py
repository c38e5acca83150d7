"""The real window over a vault with a row that cannot be read: it is removed there, and the other token works on."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from support.flows import Tenant, activate
from support.person import Person

from softtoken.services.controller import MasterController
from softtoken.services.events import AddToken, ListTokens, Start
from softtoken.ui.views.home import HomeView
from softtoken.ui.views.remove import RemoveView

LINK = "otpauth://totp/Example:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8"


def test_it_is_given_up_in_the_window(
    sit_down: Callable[[MasterController], Person],
    make_controller: Callable[..., MasterController],
    tenant: Tenant,
    tmp_path: Path,
) -> None:
    first = make_controller()
    _, token = activate(first, tenant)
    first.post(AddToken(LINK))
    first.close()
    with closing(sqlite3.connect(tmp_path / "home" / "vault.sqlite")) as connection:
        connection.execute("UPDATE token SET body = zeroblob(length(body)) WHERE id = ?", (token.id,))
        connection.commit()
    person = sit_down(make_controller())
    home = person.on(HomeView)
    person.until(lambda: person.sees(f"Unreadable token {token.id[:8]}"))
    (row,) = home.unreadable._rows
    person.click(row.remove)
    confirm = person.on(RemoveView)
    person.click(confirm.understood)
    person.click(confirm.remove)
    home = person.on(HomeView)
    person.until(lambda: not home.unreadable.isVisible())
    assert person.sees("bob")
    person.window.close()
    again = make_controller()
    assert [one.name for one in again.post(Start()).tokens] == ["bob"]
    assert again.post(ListTokens()).damaged_ids == ()
