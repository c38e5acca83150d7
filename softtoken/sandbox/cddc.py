"""What a strict sandbox checks of a fingerprint."""

from softtoken.sandbox.models import Cddc
from softtoken.sandbox.refusal import invalid
from softtoken.sandbox.settings import SandboxSettings


def check_cddc(settings: SandboxSettings, cddc: Cddc | None) -> None:
    """The live service takes a wrong hash (iaa-api section 11), so only a strict sandbox refuses it (400)."""
    browser = cddc.browserCDDC if cddc is not None else None
    if settings.strict_fingerprint and browser is not None and not browser.is_consistent():
        raise invalid("cddc.browserCDDC.fingerprintHash: must be the SHA-256 of fingerprintRaw")
