"""The looks of the history page."""

from ui.fake_history import entry

from softtoken.services.events import AuditKind, Status, SystemLogResult
from softtoken.ui import states as st
from softtoken.vault.audit import Fact, FoundFault, TrailFault

ANNA: dict[str, Fact] = {"issuer": "Northwind", "name": "anna.berg@northwind"}


def history_scenes(now: int) -> dict[str, st.State]:
    """Whole, not whole, and with nothing in it."""
    day = 86400
    who = "very.long.user.name.of.somebody@a-domain-with-a-long-name.example"
    ago, up = now - 3 * day, 5000 + 2 * day
    entries = (
        entry(41, AuditKind.CREATED, ago, {"by": "KEYRING"}),
        entry(42, AuditKind.POLICY, ago, {"digest": "5f" * 32}),
        entry(43, AuditKind.ACTIVATION, ago + 60, {**ANNA, "status": "OK", "server": "https://x"}, 5060),
        entry(44, AuditKind.LOGIN, ago + 62, {**ANNA, "status": "OK", "risk_response_code": 0}, 5062),
        entry(45, AuditKind.OPENED, now - day, {"by": "KEYRING"}, up),
        entry(46, AuditKind.CODE, now - day + 5, {**ANNA, "protection": "PIN", "counter": 12}, up + 5),
        entry(47, AuditKind.PIN_FAILED, now - 4000, {**ANNA, "tries_left": 3, "during": "CODE"}, up + day - 11000),
        entry(48, AuditKind.PIN_BLOCKED, now - 3900, {**ANNA, "tries_left": 0, "during": "CODE"}, up + day - 10900),
        entry(
            49,
            AuditKind.LOGIN,
            now - 300,
            {"asked_for": who, "status": "WRONG_CREDENTIALS", "log_correlation_id": "5fd81c0a77e2"},
            late=True,
        ),
        entry(50, AuditKind.SETTING, now - 200, {"setting": "system_log", "value": True}, up + day - 7200),
        entry(51, "MADE_UP_LATER", now - 100, {}, up + day - 7100),
    )
    faults = (
        FoundFault(TrailFault.HEAD_LOST, 0, 0),
        FoundFault(TrailFault.MISSING, 12, 14),
        FoundFault(TrailFault.UNREADABLE, 17, 17),
        FoundFault(TrailFault.REPLACED, 20, 20),
        FoundFault(TrailFault.ADDED, 99, 99),
        FoundFault(TrailFault.RESTARTED, 100, 100),
    )
    log = SystemLogResult(Status.OK, enabled=True, problem="ENOENT")
    return {
        "history": st.HistoryPage(entries, known=True, log=SystemLogResult(Status.OK)),
        "history-faults": st.HistoryPage(entries, faults, known=True, log=log),
        "history-empty": st.HistoryPage(known=True, log=SystemLogResult(Status.OK, enabled=True, decided=True)),
    }
