"""Writes the audit trail: what `post` carried out is stored before its result is returned (docs/audit.md)."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from secrets import token_hex
from typing import Any

from softtoken.clock import Clock
from softtoken.engine.tokens import Token, UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.services.audit_drafts import Case, Draft, Known
from softtoken.services.audit_lines import line, policy_digest, policy_facts
from softtoken.services.audit_rules import BEFORE, NEEDS_OLD_NAMES, RULES, SILENT, opened_by
from softtoken.services.config import McConfig
from softtoken.services.events import AuditKind, CreateVault, Event, GenerateOathOtp, SetSystemLog
from softtoken.services.system_log import MakeSystemLog, SystemLogRefused
from softtoken.vault.audit import AuditEntry, AuditNote
from softtoken.vault.errors import VaultError
from softtoken.vault.store import Vault

_LOG = logging.getLogger(__name__)

HELD = 200
"""Entries that wait in memory for a vault that takes them."""

SAME_CODES = 600
"""Seconds in which the codes of an imported time-based token, which a page makes anew by itself, are one entry."""

ENTRY_THREAD = "audit entry"

_PATIENCE = 0.5
"""Seconds for the entry of an event that takes the vault away, such as a lock, which is not held up for it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the trail is written about, as it is when asked."""

    vault: Callable[[], Vault | None]
    user: Callable[[], UserIdentifier | None]
    config: Callable[[], McConfig]

    def tokens(self) -> tuple[Token, ...]:
        """Those that can be read."""
        vault = self.vault()
        try:
            return vault.tokens().tokens if vault else ()
        except VaultError:
            return ()


class Auditor:
    """Any thread may call it. What goes wrong here is not the event's: its result is returned all the same."""

    def __init__(self, around: Surroundings, clock: Clock, system_log: MakeSystemLog) -> None:
        self._around = around
        self._clock = clock
        self._system_log = cache(system_log)
        self._run = token_hex(4)
        self._lock = threading.Lock()
        self._held: list[AuditNote] = []
        self._lost = 0
        self._open: Vault | None = None
        self._restored: Vault | None = None
        self._forwards: bool | None = None
        self._oath: dict[str, int] = {}
        self._problem = ""

    @property
    def problem(self) -> str:
        """Why the system's log did not take the last entry; empty if it did."""
        return self._problem

    def before(self, event: Event[Any]) -> Known:
        """To be called ahead of the event; `after` wants the answer."""
        around = self._around
        if (draft := BEFORE.get(type(event))) is not None and (vault := around.vault()) is not None:
            self._guarded(lambda: self._store_soon(vault, self._note(draft(event))))
        if type(event) in NEEDS_OLD_NAMES:
            tokens = around.tokens()
            return Known(lambda: tokens, around.user)
        return Known(cache(around.tokens), around.user)

    def after(self, event: Event[Any], outcome: Any, known: Known) -> None:
        """Store what the event leaves. outcome: its result, or the SoftTokenError that it raised."""
        self._guarded(lambda: self._after(event, outcome, known))

    def _after(self, event: Event[Any], outcome: Any, known: Known) -> None:
        vault = self._around.vault()
        opened = self._is_new(vault)
        drafts = [] if vault is None or not opened else [_opened(event)]
        policy = None
        if vault is not None and opened:
            config = self._around.config()
            policy = policy_digest(config)
            if policy != vault.audited_policy:
                drafts.append(Draft(AuditKind.POLICY, None, policy_facts(config)))
        drafts += self._restored_file(vault)
        if (rule := RULES.get(type(event))) is not None:
            drafts += [draft for draft in rule(Case(event, outcome, known)) if self._worth(event, draft)]
        if drafts or (self._held and type(event) not in SILENT):
            self._store(vault, [self._note(draft) for draft in drafts], policy)
        if found := self._restored_file(vault):  # only the write above looked
            self._store(vault, [self._note(draft) for draft in found])
        if isinstance(event, SetSystemLog):
            self._forwards = None

    def _is_new(self, vault: Vault | None) -> bool:
        with self._lock:
            before, self._open = self._open, vault
            if vault is not before:
                self._forwards = None
            return vault is not before

    def _restored_file(self, vault: Vault | None) -> list[Draft]:
        if vault is None or not vault.restored or vault is self._restored:
            return []
        self._restored = vault
        return [Draft(AuditKind.RESTORED_FILE)]

    def _worth(self, event: Event[Any], draft: Draft) -> bool:
        """Not each of the codes that a page of a time-based token makes by itself."""
        if not isinstance(event, GenerateOathOtp) or draft.facts.get("counter") is not None:
            return True
        now, last = self._clock.uptime(), self._oath.get(event.token_id)
        if last is not None and 0 <= now - last < SAME_CODES:
            return False
        self._oath[event.token_id] = now
        return True

    def _note(self, draft: Draft) -> AuditNote:
        token = draft.token
        names = {} if token is None else {"issuer": token.issuer, "name": token.name}
        return AuditNote(
            draft.kind.value,
            max(0, self._clock.now()),
            max(0, self._clock.uptime()),
            self._run,
            "" if token is None else token.id,
            {**names, **{name: fact for name, fact in draft.facts.items() if fact is not None}},
        )

    def _store(self, vault: Vault | None, notes: Sequence[AuditNote], policy: str | None = None) -> None:
        """With everything that waits; what cannot be stored waits for the next time."""
        with self._lock:
            waiting, self._held = [*self._held, *notes], []
            lost, self._lost = self._lost, 0
        gap = [self._note(Draft(AuditKind.HISTORY_GAP, None, {"lost": lost}))] if lost else []
        try:
            entries = () if vault is None else vault.append_audit([*gap, *waiting], policy)
        except VaultError:
            entries = ()
        if not entries:
            self._hold(waiting, lost)
        elif vault is not None:
            self._forward(vault, entries)

    def _store_soon(self, vault: Vault, note: AuditNote) -> None:
        """Wait a moment for it; what takes longer goes on by itself, and is held once the vault was closed."""

        def store() -> None:
            self._guarded(lambda: self._store(vault, [note]))

        writing = threading.Thread(target=store, name=ENTRY_THREAD, daemon=True)
        try:
            writing.start()
        except RuntimeError:  # no thread to be had
            self._hold([note], 0)
        else:
            writing.join(_PATIENCE)

    def _hold(self, notes: Iterable[AuditNote], lost: int) -> None:
        with self._lock:
            held = [*(replace(note, late=True) for note in notes), *self._held]
            self._held = held[-HELD:]
            self._lost += lost + len(held) - len(self._held)

    def _forward(self, vault: Vault, entries: Iterable[AuditEntry]) -> None:
        if self._forwards is None:
            decided = self._around.config().softtoken.auditToSystemLog
            self._forwards = vault.system_log if decided is None else decided
        for entry in entries:
            # that it is switched off is for the log to know, too
            switched = entry.note.kind == AuditKind.SETTING and entry.note.facts.get("setting") == "system_log"
            if self._forwards or switched:
                try:
                    self._system_log().write(line(entry))
                except SystemLogRefused as error:
                    self._problem = error.reason
                else:
                    self._problem = ""

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            write()
        except SoftTokenError:
            pass  # the vault was closed, or the configuration broken, between two looks
        except Exception as error:  # noqa: BLE001 - a fault of the trail must never cost a login its result
            _LOG.warning("the audit trail could not be written: %s", type(error).__name__)


def _opened(event: Event[Any]) -> Draft:
    if isinstance(event, CreateVault):
        return Draft(AuditKind.CREATED, None, {"by": "KEYRING" if event.passphrase is None else "PASSPHRASE"})
    return Draft(AuditKind.OPENED, None, {"by": opened_by(event)})
