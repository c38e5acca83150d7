"""The rules of docs/offline.md once more, as small as they can be said: users, counters, what a run remembers.

Nothing here knows of files, keys or requests. A PIN is right if it is the person's; a code carries its counter.
"""

from dataclasses import dataclass, field
from typing import Literal

TRIES, FREE, FIRST_DELAY, WARN, LIMIT, LOOK_AHEAD, WRONG_LOCKS = 5, 3, 60, 15, 20, 20, 3
Protection = Literal["PIN", "NO_PIN"]


@dataclass
class ServerKey:
    """What the server expects next of one key."""

    expected: int = 0

    def accepts(self, counter: int, window: int = LOOK_AHEAD) -> bool:
        if not self.expected <= counter <= self.expected + window:
            return False
        self.expected = counter + 1
        return True


@dataclass
class Counted:
    """One credential on the device, and the server's side of it."""

    server: ServerKey
    counter: int = 0
    used: int = 0
    failed: int = 0
    delay: int = 0
    delay_since: int = 0
    told: int | None = None

    def delay_left(self, uptime: int) -> int:
        # time before a reboot proves nothing
        passed = uptime - self.delay_since if uptime >= self.delay_since else uptime
        return max(0, self.delay - passed)

    def take(self, codes: int) -> int:
        first, self.counter, self.used = self.counter, self.counter + codes, self.used + codes
        return first

    @property
    def login_limit(self) -> int | None:
        """A login without resynchronisation: what the server searches, unless a help desk may have told it more."""
        return None if self.told is not None and self.counter - self.told <= LOOK_AHEAD + 1 else LOOK_AHEAD + 1

    def confirm(self, accepted: int) -> None:
        self.used = max(0, self.counter - accepted - 1)


@dataclass
class Person:
    """verified: the device tells a right PIN from a wrong one. version: of key and PIN."""

    verified: bool
    pin: str
    pin_credential: Counted
    plain_credential: Counted
    present: bool = True
    logged_in_once: bool = True
    last_login: int = 0
    added: int = 0
    version: int = 0
    wrong_at_server: int = 0

    def of(self, protection: Protection) -> Counted:
        return self.pin_credential if protection == "PIN" else self.plain_credential

    @property
    def locked(self) -> bool:
        return self.wrong_at_server >= WRONG_LOCKS

    def judged(self, *, right: bool) -> bool:
        """The server looked at something."""
        self.wrong_at_server = 0 if right else self.wrong_at_server + 1
        return right


@dataclass
class Memory:
    """What one run of the program remembers. cached: whose PIN, and of which version."""

    current: str | None = None
    online: str | None = None
    cached: tuple[str, int] | None = None
    resynchronise_next: bool = False

    def address(self, name: str) -> None:
        self.current = name
        if self.cached is not None and self.cached[0] != name:
            self.cached = None

    def drop_pin(self, name: str) -> None:
        if self.cached is not None and self.cached[0] == name:
            self.cached = None

    def forget(self, name: str) -> None:
        self.drop_pin(name)
        self.current = None if self.current == name else self.current
        self.online = None if self.online == name else self.online

    def end(self) -> None:
        self.current = self.online = self.cached = None


@dataclass(frozen=True)
class Answer:
    """counter: the first that was taken. right: is what it makes right? None: nothing is made."""

    status: str
    tries: int | None = None
    delay: int | None = None
    counter: int | None = None
    who: str | None = None
    right: bool = False


@dataclass
class Rules:
    """All of it, with the clocks that it depends on."""

    people: dict[str, Person]
    uptime: int
    now: int
    before_every_login: bool = True
    additions: int = field(default=10)

    def ask(
        self,
        memory: Memory,
        name: str | None,
        pin: str | None,
        asked: Protection | None,
        *,
        take: int = 1,
        offline: bool = True,
        limit: int | None = LIMIT,
        address: bool = True,
    ) -> Answer:
        """What every code, sequence, signature, login and resynchronisation goes through first."""
        if pin == "":
            return Answer("INVALID_PARAMETER")
        protection: Protection = asked or "PIN"
        who = name or memory.current or memory.online
        if who is None and protection == "NO_PIN":
            there = [other for other, person in self.people.items() if person.present]
            who = there[0] if len(there) == 1 else None
        if who is None:
            return Answer("INVALID_STATE")
        person = self.people.get(who)
        if person is None or not person.present:
            return Answer("INVALID_USER_ID")
        if name is not None and address:
            memory.address(who)
        credential = person.of(protection)
        counts = protection == "PIN" and person.verified
        tries, delay = (TRIES - credential.failed, credential.delay_left(self.uptime)) if counts else (None, None)
        if offline and not person.logged_in_once:
            return Answer("LOGIN_REQUIRED")
        if counts and credential.failed >= TRIES:
            return Answer("PIN_BLOCKED", 0, 0)
        if counts and delay:
            return Answer("TEMPORARY_LOCKED", tries, delay)
        if limit is not None and credential.used >= limit:
            return Answer("LOGIN_REQUIRED", tries, delay)
        if protection == "NO_PIN":
            return Answer("INVALID_PARAMETER") if pin is not None else self._made(who, credential, take, limit)
        if not person.verified:
            if pin is None:
                return Answer("INVALID_STATE")
            return self._made(who, credential, take, limit, right=pin == person.pin)
        if pin is None:
            if memory.cached != (who, person.version) or credential.failed:
                memory.drop_pin(who)
                return Answer("INVALID_STATE")
        elif pin != person.pin:
            return self._wrong(memory, who, credential)
        credential.failed = credential.delay = credential.delay_since = 0
        memory.cached = (who, person.version)
        return self._made(who, credential, take, limit, tries=TRIES, delay=0)

    def _wrong(self, memory: Memory, who: str, credential: Counted) -> Answer:
        memory.drop_pin(who)
        credential.failed += 1
        beyond = credential.failed - FREE
        credential.delay = FIRST_DELAY * 2 ** (beyond - 1) if 0 < beyond < TRIES - FREE else 0
        credential.delay_since = self.uptime if credential.delay else 0
        left = TRIES - credential.failed
        return Answer("INVALID_PIN" if left else "PIN_BLOCKED", left, credential.delay)

    def _made(
        self,
        who: str,
        credential: Counted,
        take: int,
        limit: int | None,
        *,
        right: bool = True,
        tries: int | None = None,
        delay: int | None = None,
    ) -> Answer:
        soon = limit == LIMIT and credential.used >= WARN
        first = credential.take(take) if take else None
        return Answer("ATC_EXPIRES_SOON" if soon else "OK", tries, delay, first, who, right)

    def synchronise(self, person: Person, credential: Counted, second: int, *, right: bool) -> str:
        """The server gets two codes; the answer arrives."""
        if person.locked:
            return "LOCKED_USER"
        if not person.judged(right=right and credential.server.accepts(second - 1, 1000)):
            return "WRONG_CREDENTIALS"
        credential.server.expected = second + 1
        return "OK"

    def log_in(self, person: Person, credential: Counted, counter: int, *, right: bool) -> str:
        """The server gets one code; the answer arrives."""
        if person.locked:
            return "LOCKED_USER"
        return "OK" if person.judged(right=right and credential.server.accepts(counter)) else "WRONG_CREDENTIALS"

    def renew(self, person: Person, counter: int, *, right: bool, times: int) -> str:
        """The server gets the wish for a new key so many times; its last answer. The same wish gets the same key."""
        status = ""
        for _ in range(times):
            if status == "OK":
                continue
            if person.locked:
                status = "LOCKED_USER"
            else:
                fits = right and person.pin_credential.server.accepts(counter, 1000)
                status = "OK" if person.judged(right=fits) else "WRONG_CREDENTIALS"
        return status

    def logged_in(self, memory: Memory, name: str, credential: Counted, counter: int, *, resynchronised: bool) -> None:
        person = self.people[name]
        person.logged_in_once, person.last_login = True, self.now
        credential.confirm(counter)
        memory.online = name
        if resynchronised:
            memory.resynchronise_next = False

    def activated(self, memory: Memory, name: str, pin: str) -> None:
        """New keys, proved with their first code, and the first login with the second."""
        person = self.people[name]
        memory.forget(name)
        memory.address(name)
        self.additions += 1
        person.present, person.pin, person.added = True, pin, self.additions
        person.version += 1
        person.wrong_at_server = 0
        person.pin_credential = Counted(ServerKey(2), counter=2)
        person.plain_credential = Counted(ServerKey())
        person.logged_in_once, person.last_login = True, self.now
        memory.online = name
        if person.verified:
            memory.cached = (name, person.version)

    def latest(self) -> str | None:
        """Who logged in last on this device."""
        there = [(name, person) for name, person in self.people.items() if person.present]
        there.sort(key=lambda each: each[1].added)
        best = max(there, key=lambda each: each[1].last_login, default=None)
        return best[0] if best is not None and best[1].last_login else None
