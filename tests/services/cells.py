"""The cells of the decision table: every combination of inputs, configuration and state, and those that cannot occur.

Named are the dimensions of mc-sdk section 8, and two that this product adds: how the key is kept (it was decided when
the token was activated, and a configuration may have changed since), and what the token has credentials for.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

ALICE, BOB = "alice", "bob"
KINDS = ("otp", "sequence", "signature", "resync")
USERS = ("named", "unnamed")
PINS = ("right", "wrong", "empty", "none")
ASKED = ("unsaid", "PIN", "NO_PIN", "BIOMETRIC")
DATA = ("fine", "long")
BACKENDS = ("ssms", "maverick")
ALLOW = ("true", "false", "undefined")
SERVER = ("true", "false")
KEYS = ("sealed", "masked")
HAS = ("both", "PIN", "NO_PIN")
FINGERS = ("yes", "other", "cancelled", "nobody", "missing", "changed")
"""What comes of asking for a finger or a face."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a run remembers: who is current, who is logged in, whose PIN is cached. alone: nobody else is activated."""

    current: str | None = None
    online: str | None = None
    cached: str | None = None
    alone: bool = False


# Whoever is named is alice. Without a name it is who is current, else who is online.
SESSIONS = {
    "nobody": Remembered(),
    "alone": Remembered(alone=True),
    "online": Remembered(online=ALICE),
    "current": Remembered(current=ALICE),
    "cached": Remembered(current=ALICE, cached=ALICE),
    "online+cached": Remembered(online=ALICE, cached=ALICE),
    "current, other online": Remembered(current=ALICE, online=BOB),
    "online, other current": Remembered(current=BOB, online=ALICE),
    "other current": Remembered(current=BOB),
    "other cached": Remembered(current=BOB, cached=BOB),
}

# Of the user that the event is about. Tries: of 5, the first 3 without a delay.
COUNTED = ("tried", "thrice", "delayed", "blocked", "new+blocked", "blocked+limit", "delayed+limit")
STANDINGS = ("unknown", "new", "good", "last", "warn", "limit", "end", "limit+end", *COUNTED)


@dataclass(frozen=True)
class Cell:
    """One combination. named: was a user given? asked: which protection. has: what the token has credentials for.

    finger: what would come of asking for one.
    """

    kind: str
    user: str
    pin: str
    asked: str
    data: str
    backend: str
    allow: str
    server: str
    key: str
    has: str
    session_name: str
    standing: str
    finger: str = "yes"

    @cached_property
    def remembered(self) -> Remembered:
        return SESSIONS[self.session_name]

    @cached_property
    def who(self) -> str | None:
        """Whom the event is about; None for nobody."""
        if self.user == "named":
            return ALICE
        known = self.remembered.current or self.remembered.online
        if known is None and self.remembered.alone and self.wanted == "NO_PIN" and self.standing != "unknown":
            return ALICE
        return known

    @cached_property
    def wanted(self) -> str:
        """The protection that was asked for, or the usual one: the PIN if there is one."""
        if self.asked != "unsaid":
            return self.asked
        return "NO_PIN" if self.enabled == "NO_PIN" else "PIN"

    @cached_property
    def enabled(self) -> str:
        """Bob has both."""
        known = self.remembered.current or self.remembered.online
        return "both" if self.user == "unnamed" and known == BOB else self.has

    @cached_property
    def conditions(self) -> dict[str, str]:
        """What the table's columns say of it."""
        effective = "true" if (self.allow, self.server) == ("true", "true") else "false"
        has_it = (
            self.wanted == self.enabled
            or self.enabled == "all"
            or (self.enabled == "both" and self.wanted in {"PIN", "NO_PIN"})
        )
        # whose PIN is cached is told from the side of who it is about
        about = self.remembered.cached is not None and self.remembered.cached == self.who
        session = "cached" if about and self.session_name == "other cached" else self.session_name
        return {
            "kind": self.kind,
            "backend": self.backend,
            "allow": self.allow,
            "server": self.server,
            "effective": effective,
            "key": self.key,
            "addressed": "nobody" if self.who is None else "somebody",
            "credential": self.wanted if has_it else "absent",
            "pin": self.pin,
            "finger": self.finger,
            "data": self.data,
            "standing": self.standing,
            "session": session,
        }

    @property
    def impossible(self) -> str | None:
        """Why this combination cannot occur, or None if it can."""
        remembered, cached = self.remembered, self.remembered.cached
        allowed = self.backend == "ssms" and self.allow == self.server == "true" and self.key == "sealed"
        if self.kind == "resync" and (self.user != "named" or self.data != "fine"):
            return "resynchronisation data are for a named user and cover no data"
        if cached is not None and not allowed:
            return "nothing is cached unless both sides allow it and the key is sealed"
        if cached == ALICE and self.has == "NO_PIN":
            return "there is no PIN of hers to be cached"
        if self.who is None and self.standing != "good":
            return "nobody stands in any way"
        counted = self.key == "sealed" or self.asked == "BIOMETRIC"
        if self.standing in COUNTED and (not counted or self.enabled == "NO_PIN"):
            return "tries are counted for a sealed key, and for a finger or a face"
        if self.pin == "right" and self.enabled == "NO_PIN":
            return "a token without a PIN has no right one"
        if self.who is not None and remembered.online == self.who and self.standing.startswith("new"):
            return "who is online has logged in"
        return None


def every_cell(has: str, key: str, server: str) -> Iterator[Cell]:
    """All cells of tokens of one make, those last about the same user in the same standing together.

    For tokens with one protection alone, and for what is no one-time password, the configuration is either wholly
    permissive, wholly strict or undefined: what else it does is crossed with everything for the rest.
    """
    for standing, user, session in itertools.product(STANDINGS, USERS, SESSIONS):
        for kind, pin, asked, data in itertools.product(KINDS, PINS, ASKED, DATA):
            whole = kind == "otp" and has == "both"
            for backend, allow in itertools.product(BACKENDS, ALLOW):
                if whole or (allow, server, key) in USUAL:
                    yield Cell(kind, user, pin, asked, data, backend, allow, server, key, has, session, standing)


def biometric_cells() -> Iterator[Cell]:
    """A token that has all three is asked for its biometric, whatever becomes of the PIN's verification.

    What is refused before any credential is looked at is in every_cell.
    """
    for standing, user, session in itertools.product(STANDINGS, USERS, SESSIONS):
        for kind, pin, finger in itertools.product(KINDS, ("none", "right"), FINGERS):
            for allow, key in (("true", "sealed"), ("false", "masked")):
                inputs = (kind, user, pin, "BIOMETRIC", "fine", "ssms", allow, "true", key, "all", session, standing)
                yield Cell(*inputs, finger)


USUAL = frozenset({("true", "true", "sealed"), ("false", "true", "masked"), ("undefined", "true", "sealed")})
