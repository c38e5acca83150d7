"""Finding a counter again that ran ahead: by two consecutive codes, or by one code with its counter."""

from softtoken.engine.managed import UNTIMED_DIGITS
from softtoken.engine.resync import resynchronise, resynchronise_at, resynchronise_with_otps
from softtoken.sandbox.held import HeldKey
from softtoken.sandbox.refusal import conflict
from softtoken.sandbox.relying import Result, Verified, conclude, preclude
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import barred, require_user
from softtoken.sandbox.verification import CodeVerifier


class Resynchronisations:
    """Both ways end with the counter behind the one that was proved. A locked user has neither."""

    def __init__(self, store: Store, verifier: CodeVerifier) -> None:
        self._store = store
        self._verifier = verifier

    def by_two_codes(self, user: str, first: str, second: str, serial: str | None = None) -> None:
        """Two resynchronisation codes, or two one-time passwords without optional data, of one credential.

        Raises Refusal: 404; 409 for a user who is locked or switched off, and for codes that fit nothing, which
        counts once.
        """
        now = self._verifier.clock.now()

        def look(key: HeldKey) -> int | None:
            lengths = {len(first), len(second)}
            found = resynchronise(key.held, first, second) if lengths == {UNTIMED_DIGITS} else None
            if found is None and lengths == {key.digits}:
                found = resynchronise_with_otps(key.held, first, second, now, key.digits)
            return found

        with self._store.transaction() as db:
            bar = barred(require_user(db, user))
            if bar is not None:
                raise bar
            outcome = conclude(db, user, self._verifier.keys(db, user, serial), ((Result.OK, look),))
        # raised behind the transaction, so that the wrong operation stays counted
        if outcome.result is not Result.OK:
            raise conflict("Authentication failed")

    def by_phone(self, user: str, code: str, counter: int, serial: str | None = None) -> Verified:
        """A resynchronisation code with its counter, as a person reads them out. Raises Refusal (404)."""

        def ahead(key: HeldKey) -> int | None:
            return resynchronise_at(key.held, code, counter)

        def behind(key: HeldKey) -> int | None:
            return resynchronise_at(key.expecting(counter), code, counter) if counter < key.held.counter else None

        with self._store.transaction() as db:
            precluded = preclude(db, self._verifier, user)
            keys = self._verifier.keys(db, user, serial)
            return precluded or conclude(db, user, keys, ((Result.OK, ahead), (Result.REPLAY, behind)))
