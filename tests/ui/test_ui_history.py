"""The history page: what it tells, how it is searched, and how it leaves this computer."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from ui.conftest import User
from ui.fake_history import entry
from ui.history_scenes import ANNA
from ui.test_ui_journeys import at_home

from softtoken.services import events as ev
from softtoken.services.events import AuditKind, Status
from softtoken.ui.audit_words import AuditWords
from softtoken.ui.views.history import SHOWN, Group, HistoryView
from softtoken.ui.views.home import HomeView
from softtoken.vault.audit import AuditEntry, FoundFault, TrailFault
from softtoken.vault.errors import VaultUnwritable


def with_entries(user: User, *entries: AuditEntry) -> HistoryView:
    user.controller.entries = entries
    at_home(user)
    actions = {action.text(): action for action in user.on(HomeView).more.menu_shown.actions()}
    actions["History"].trigger()
    page = user.on(HistoryView)
    user.idle()
    return page


def told(page: HistoryView) -> str:
    """What can be read, and nothing that was taken off the page."""
    return "\n".join(label.text().replace("\u200b", "") for label in page.findChildren(QLabel) if label.isVisible())


def three(user: User) -> HistoryView:
    now = user.clock.now()
    return with_entries(
        user,
        entry(1, AuditKind.CODE, now - 90_000, {**ANNA, "protection": "PIN", "counter": 12}),
        entry(2, AuditKind.PIN_FAILED, now - 100, {**ANNA, "tries_left": 3}),
        entry(3, AuditKind.LOGIN, now, {**ANNA, "status": "OK", "risk_response_code": 0}),
    )


def test_it_is_told_newest_first(user: User) -> None:
    text = told(three(user))
    assert text.index("accepted") < text.index("Wrong PIN") < text.index("A code was made")
    assert "Tries left: 3" in text
    assert "(PIN, counter 12)" in text


def test_it_is_searched_by_words_and_by_kind(user: User) -> None:
    page = three(user)
    user.type(page.search, "anna wrong")
    user.until(lambda: "Wrong PIN" in told(page))
    assert "A code was made" not in told(page)
    user.type(page.search, " nothing of this kind")
    user.until(lambda: "Nothing fits." in told(page))
    assert "Wrong PIN" not in told(page)
    page.search.clear()
    user.click(page.groups[Group.SERVER])
    user.until(lambda: "accepted" in told(page))
    assert "Wrong PIN" not in told(page)
    user.click(page.groups[Group.ALL])
    user.until(lambda: "Wrong PIN" in told(page))


def test_a_long_one_is_shown_in_parts(user: User) -> None:
    now = user.clock.now()
    page = with_entries(
        user, *(entry(n, AuditKind.CODE, now, {**ANNA, "counter": n}) for n in range(1, 2 * SHOWN + 10))
    )
    assert "counter 10)" not in told(page)
    user.click(page.older)
    user.until(lambda: "counter 10)" in told(page))
    user.click(page.older)
    user.until(lambda: "counter 1)" in told(page))
    assert not page.older.isVisible()


def test_a_trail_that_is_not_whole_is_said_above_everything(user: User) -> None:
    user.controller.faults = (FoundFault(TrailFault.MISSING, 12, 14), FoundFault(TrailFault.REPLACED, 20, 20))
    page = three(user)
    for words in ("not whole", "Your tokens are not affected", "Entries 12 to 14: missing.", "Entry 20: not what"):
        assert words in page.faults.text
    assert page.faults.isVisible()
    user.key(Qt.Key.Key_Escape)
    user.on(HomeView)


def test_it_is_exported_to_a_file_of_this_user_alone(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.jsonl"
    asked: list[Any] = []

    def chosen(*given: Any) -> tuple[str, str]:
        asked.append(given)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
    page = three(user)
    user.click(page.export)
    user.until(path.exists)
    user.idle()
    assert path.read_text("utf-8") == '{"format": "made up"}\n{"number": 1}\n'
    assert user.window.banner.text.startswith("Saved.")
    assert len(asked) == 1
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_export_that_cannot_be_written_is_told(user: User, tmp_path: Path) -> None:
    three(user)
    user.flow.history.export(tmp_path / "no" / "folder.jsonl")
    user.until(lambda: "no such file or folder" in user.told())


def test_a_vault_that_fails_is_told(user: User) -> None:
    user.controller.answer(ev.GetHistory, VaultUnwritable("EIO"))
    at_home(user)
    user.flow.history.begin()
    user.until(lambda: bool(user.told()))


def test_the_systems_log_is_switched(user: User) -> None:
    page = three(user)
    assert not page.log.isChecked()
    user.click(page.log)
    user.until(lambda: page.log.isChecked())
    assert user.controller.system_log is True
    user.idle()
    user.click(page.log)
    user.until(lambda: not page.log.isChecked())


def test_what_the_configuration_decides_cannot_be_switched(user: User) -> None:
    user.controller.log_decided = True
    user.controller.system_log = True
    page = three(user)
    user.until(lambda: page.log.isChecked())
    assert not page.log.isEnabled()
    assert "decides this" in told(page)


def test_a_log_that_takes_nothing_is_told(user: User) -> None:
    user.controller.answer(ev.GetSystemLog, ev.SystemLogResult(Status.OK, enabled=True, problem="ENOENT"))
    page = three(user)
    user.until(lambda: "ENOENT" in told(page))


def test_the_page_keeps_nothing_when_it_is_left(user: User) -> None:
    page = three(user)
    user.type(page.search, "anna")
    user.key(Qt.Key.Key_Escape)
    user.on(HomeView)
    assert page.search.text() == ""
    assert "anna.berg" not in "".join(label.text() for label in page.findChildren(QLabel))


@pytest.mark.parametrize("kind", list(AuditKind))
@pytest.mark.parametrize("status", ["OK", "FAILED", None])
def test_every_kind_has_a_sentence(qapp: object, kind: AuditKind, status: str | None) -> None:
    words = AuditWords()
    for facts in ({}, {"status": status}, {"status": status, "error": "Unreachable", "reason": "TIMED_OUT", **ANNA}):
        told = words.sentence(entry(1, kind, 1_800_000_000, facts))
        assert told.endswith((".", ")", "empty", "?")), told
        assert kind.value not in told


def test_names_cannot_turn_the_words_around_them(qapp: object) -> None:
    told = AuditWords().sentence(entry(1, AuditKind.TOKEN_REMOVED, 0, {"issuer": "", "name": "a\u202eb\nc"}))
    assert told == "\u2068a\N{REPLACEMENT CHARACTER}b c\u2069 was removed."
