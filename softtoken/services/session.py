"""What a run remembers in memory: the current user, who is logged in, the cached PIN."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.secret import Secret


@dataclass(frozen=True, slots=True)
class CachedPin:
    """A PIN that was right, for one user only; cleared once it is dropped. salt: of the wrapped key that it opened."""

    user: UserIdentifier
    pin: Secret = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code without optional data: when the server accepts it, its credential's counter is confirmed."""

    user: UserIdentifier
    credential_id: str
    protection: ProtectionType
    atc: int
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """current: the user that a GenerateOtp with a user identifier addressed last. One immutable value.

    resynchronise_next: the one-shot wish for the next login, whoever logs in.
    """

    current: UserIdentifier | None = None
    logged_in: UserIdentifier | None = None
    cached_pin: CachedPin | None = None
    made: tuple[MadeCode, ...] = ()
    resynchronise_next: bool = False

    @property
    def known_user(self) -> UserIdentifier | None:
        """Whom a code without a user identifier is for: the last one addressed, else who is logged in."""
        return self.current or self.logged_in

    def has_pin_of(self, user: UserIdentifier) -> bool:
        return self.cached_pin is not None and self.cached_pin.user == user

    def pin_for(self, user: UserIdentifier, salt: bytes) -> str | None:
        """The user's cached PIN, unless another program changed the PIN since: it would cost a try."""
        cached = self.cached_pin
        return cached.pin.decode() if cached is not None and (cached.user, cached.salt) == (user, salt) else None

    def with_current(self, user: UserIdentifier) -> "Session":
        """Address a user; another user's cached PIN is dropped."""
        keep = self.cached_pin if self.cached_pin and self.cached_pin.user == user else None
        return replace(self, current=user, cached_pin=keep)

    def without_pin(self, user: UserIdentifier) -> "Session":
        return replace(self, cached_pin=None) if self.has_pin_of(user) else self

    def with_made(self, code: MadeCode) -> "Session":
        return replace(self, made=(*self.made, code)[-REMEMBERED_CODES:])

    def without_user(self, user: UserIdentifier) -> "Session":
        """Forget a removed user."""
        return Session(
            current=None if self.current == user else self.current,
            logged_in=None if self.logged_in == user else self.logged_in,
            cached_pin=None if self.has_pin_of(user) else self.cached_pin,
            made=tuple(code for code in self.made if code.user != user),
            resynchronise_next=self.resynchronise_next,
        )

    def ended(self) -> "Session":
        """Forget everybody; a wish for the next login is for after this."""
        return Session(resynchronise_next=self.resynchronise_next)


REMEMBERED_CODES = 32


class SessionCell:
    """Holds the Session for both lanes; a change is one atomic replacement.

    The epoch rises with every end of a session. What began in an older one changes nothing any more: a login that is
    answered after a log-out logs nobody in, a PIN that was evaluated meanwhile is not cached.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session = Session()
        self._epoch = 0

    @property
    def epoch(self) -> int:
        with self._lock:
            return self._epoch

    def get(self) -> Session:
        with self._lock:
            return self._session

    def change(self, epoch: int, transition: Callable[[Session], Session]) -> None:
        """Replace the session, unless it is no longer the one of this epoch."""
        with self._lock:
            if epoch == self._epoch:
                self._session = transition(self._session)

    def end(self, rest: Callable[[Session], Session] = Session.ended) -> None:
        """Begin a new epoch with what is left of the session: nobody, unless `rest` says otherwise."""
        with self._lock:
            self._epoch += 1
            self._session = rest(self._session)
