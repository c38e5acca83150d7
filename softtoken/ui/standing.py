"""How a credential stands, in one word: what a code from it would meet, and what to do about it."""

from enum import IntEnum

from softtoken.engine.atc import ATC_END
from softtoken.services.events import CredentialInformation


class Situation(IntEnum):
    """The later, the more there is to do.

    NEARLY: a login will be required soon. EXHAUSTED: it is required, too many codes were made since the last one.
    RESTORED: it is required, the stored data is older than this computer has seen. FIRST_LOGIN: no login was made yet.
    PIN_BLOCKED, USED_UP: only a new activation code helps.
    """

    WELL = 0
    NEARLY = 1
    EXHAUSTED = 2
    RESTORED = 3
    FIRST_LOGIN = 4
    PIN_BLOCKED = 5
    USED_UP = 6


def situation(information: CredentialInformation) -> Situation:
    """What stands in the way of the next code, or will soon."""
    if information.counter >= ATC_END:
        return Situation.USED_UP
    if information.retry_counter == 0:
        return Situation.PIN_BLOCKED
    if not information.logged_in_once:
        return Situation.FIRST_LOGIN
    if information.resynchronise:
        return Situation.RESTORED
    if information.used >= information.limit:
        return Situation.EXHAUSTED
    if information.used >= information.warn:
        return Situation.NEARLY
    return Situation.WELL


def stops_codes(information: CredentialInformation | None) -> bool:
    """Is it certain that no code can be made now?"""
    return information is not None and situation(information) > Situation.NEARLY


def drifted(information: CredentialInformation) -> bool:
    """May a login's code be refused for its counter alone?"""
    return information.resynchronise or information.used > information.limit
