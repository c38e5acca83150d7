"""How a credential stands, in one word: what a code from it would meet, and what to do about it."""

from enum import IntEnum

from softtoken.engine.atc import ATC_END
from softtoken.engine.tokens import ProtectionType
from softtoken.services.events import CredentialInformation


class Situation(IntEnum):
    """The later, the more there is to do.

    NEARLY: a login will be required soon. BIOMETRIC_BLOCKED: the PIN has to be right once. EXHAUSTED: a login is
    required, too many codes were made since the last one. OUT_OF_REACH: so many that a login alone would be refused,
    and none resynchronises by itself. RESTORED: a login is required, the stored data is older than this computer has
    seen. FIRST_LOGIN: no login was made yet. PIN_BLOCKED, USED_UP: only a new activation code helps.
    """

    WELL = 0
    NEARLY = 1
    BIOMETRIC_BLOCKED = 2
    EXHAUSTED = 3
    OUT_OF_REACH = 4
    RESTORED = 5
    FIRST_LOGIN = 6
    PIN_BLOCKED = 7
    USED_UP = 8


def situation(information: CredentialInformation) -> Situation:
    """What stands in the way of the next code, or will soon."""
    if information.counter >= ATC_END:
        return Situation.USED_UP
    biometric = information.protection is ProtectionType.BIOMETRIC
    if information.retry_counter == 0 and not biometric:
        return Situation.PIN_BLOCKED
    if not information.logged_in_once:
        return Situation.FIRST_LOGIN
    if information.resynchronise:
        return Situation.RESTORED
    if information.login_refused:
        return Situation.OUT_OF_REACH
    if information.used >= information.limit:
        return Situation.EXHAUSTED
    if information.retry_counter == 0:
        return Situation.BIOMETRIC_BLOCKED
    if information.used >= information.warn:
        return Situation.NEARLY
    return Situation.WELL


def stops_codes(information: CredentialInformation | None) -> bool:
    """Is it certain that no code can be made now?"""
    return information is not None and situation(information) > Situation.NEARLY


def login_required(information: CredentialInformation) -> bool:
    """Is no code made before a login?"""
    return information.left == 0 or information.resynchronise or not information.logged_in_once


def drifted(information: CredentialInformation) -> bool:
    """May a login's code be refused for its counter alone?"""
    return information.resynchronise or information.used > information.limit
