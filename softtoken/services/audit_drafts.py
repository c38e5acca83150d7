"""What the rules of the audit trail are written with: one posted event with its outcome, and what to remember of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.services.events import AuditKind, Status
from softtoken.vault.audit import Fact

MADE = frozenset({Status.OK, Status.ATC_EXPIRES_SOON})
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry without the time and the place in the trail. token: the one concerned, if it is known."""

    kind: AuditKind
    token: Token | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


class Known:
    """The tokens, and whom a code without a user is for."""

    def __init__(self, tokens: Callable[[], tuple[Token, ...]], user: Callable[[], UserIdentifier | None]) -> None:
        self._tokens = tokens
        self._user = user

    def user(self, named: UserIdentifier | None) -> Token | None:
        """The managed token of a user; without one the current user's, or the only one."""
        managed = self.managed()
        wanted = named or self._user()
        if wanted is None:
            return managed[0] if len(managed) == 1 else None
        return next((token for token in managed if token.account and token.account.identifier == wanted), None)

    def by_id(self, token_id: str) -> Token | None:
        return next((token for token in self._tokens() if token.id == token_id), None)

    def managed(self) -> tuple[Token, ...]:
        return tuple(token for token in self._tokens() if token.account is not None)


@dataclass(frozen=True, slots=True)
class Case:
    """One event that was carried out. outcome: its result, or the SoftTokenError that was raised instead."""

    event: Any = field(repr=False)
    outcome: Any = field(repr=False)
    known: Known

    @property
    def status(self) -> Status:
        """FAILED for what was raised."""
        if isinstance(self.outcome, SoftTokenError):
            return Status.FAILED
        status: Status = self.outcome.status
        return status

    @property
    def token(self) -> Token | None:
        """Of the user whom the event names."""
        return self.known.user(self.event.user_identifier)

    def said(self) -> dict[str, Fact]:
        """What every answer says: its status, or the fault's name and reason, and the server's correlation id."""
        facts: dict[str, Fact] = {"status": self.status.value}
        if isinstance(self.outcome, SoftTokenError):
            facts["error"] = type(self.outcome).__name__
            facts.update(self.told("reason"))
        return {**facts, **self.told("log_correlation_id")}

    def told(self, *names: str) -> dict[str, Fact]:
        """These fields of the outcome, where it has them."""
        values = {name: getattr(self.outcome, name, None) for name in names}
        return {
            name: value if isinstance(value, int) else cut(str(value))
            for name, value in values.items()
            if value is not None
        }

    def protection(self, token: Token | None) -> dict[str, Fact]:
        chosen: ProtectionType | None = self.event.protection or (token.usual_protection if token else None)
        return {"protection": chosen.value} if chosen else {}

    def wrong_pin(self, token: Token | None, during: AuditKind) -> list[Draft]:
        """The entry of a wrong PIN or finger, or of one that may not be tried any more; none where nothing counts."""
        left = getattr(self.outcome, "retry_counter", None)
        if left is None:
            return []
        facts: dict[str, Fact] = {"during": during.value, "tries_left": left}
        match self.status:
            case Status.INVALID_PIN:
                return [Draft(AuditKind.PIN_FAILED, token, {**facts, "delay": self.outcome.retry_delay})]
            case Status.PIN_BLOCKED:
                return [Draft(AuditKind.PIN_BLOCKED, token, facts)]
            case Status.BIOMETRIC_FAILED:
                return [Draft(AuditKind.BIOMETRIC_FAILED, token, {**facts, "delay": self.outcome.retry_delay})]
            case Status.BIOMETRIC_BLOCKED:
                return [Draft(AuditKind.BIOMETRIC_BLOCKED, token, facts)]
            case _:
                return []


Rule: TypeAlias = Callable[[Case], Iterable[Draft]]


def cut(text: str) -> str:
    """What came from a server or a keyboard, at a length that a trail can bear; half a character has no UTF-8."""
    return text[:_LONGEST].encode(errors="replace").decode()


def plain(kind: AuditKind, facts: Callable[[Any], Mapping[str, Fact]] = lambda _: {}) -> Rule:
    """An entry if it went well; facts: of the event."""
    return lambda case: [Draft(kind, None, facts(case.event))] if case.status is Status.OK else []


def setting(name: str, value: Callable[[Any], Fact]) -> Rule:
    """A setting that was stored, and its value now."""
    return plain(AuditKind.SETTING, lambda event: {"setting": name, "value": value(event)})
