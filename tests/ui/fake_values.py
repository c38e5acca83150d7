"""Values that the window's tests share: a clock, tokens, codes, a login's answers."""

from dataclasses import dataclass, replace

from softtoken.engine.atc import AtcPolicy
from softtoken.engine.pin import PinRules, RetryPolicy
from softtoken.engine.tokens import (
    Account,
    Algorithm,
    OtpProfile,
    ProtectionType,
    Token,
    TokenPolicy,
    TokenType,
)
from softtoken.iaa.messages import LoginAnswer
from softtoken.services import events as ev
from softtoken.services.events import Status
from softtoken.services.verdicts import judge

PIN = "274951"
RECOVERY_CODE = "0004-1061-050R-3GG2-8A1C-60T3-GF6"
PASSPHRASE = "correct horse battery"
ACTIVATION_CODE = "18DJ-RF8C-RP5F-4RG7-0"
SECRET_LINK = "otpauth://totp/Example:anna?secret=GEZDGNBVGY3TQOJQ&issuer=Example"


@dataclass
class FakeClock:
    """Both clocks stand still until a test moves them."""

    wall: int = 1_800_000_000
    up: int = 5_000

    def now(self) -> int:
        return self.wall

    def uptime(self) -> int:
        return self.up

    def pass_seconds(self, seconds: int) -> None:
        self.wall += seconds
        self.up += seconds


def managed_token(
    user: str = "anna.berg",
    protections: tuple[ProtectionType, ...] = (ProtectionType.NO_PIN, ProtectionType.PIN),
    *,
    allow: bool | None = True,
    issuer: str = "Northwind Bank",
    tenant: str = "northwind",
) -> Token:
    return Token(
        id=f"managed-{user}",
        issuer=issuer,
        name=user,
        profile=OtpProfile(TokenType.MANAGED, Algorithm.SHA256, 6, 30),
        protections=protections,
        account=Account("https://login.northwind.example", tenant, "northwind", user, "VDS1000001"),
        policy=TokenPolicy(allow, RetryPolicy(), AtcPolicy(), PinRules()),
    )


def totp_token(name: str = "anna@example.org", issuer: str = "Example Mail") -> Token:
    profile = OtpProfile(TokenType.TOTP, Algorithm.SHA1, 6, 30)
    return Token(f"totp-{name}", issuer, name, profile, (ProtectionType.NO_PIN,))


def hotp_token(name: str = "build-server", issuer: str = "Toolshed") -> Token:
    profile = OtpProfile(TokenType.HOTP, Algorithm.SHA1, 8, None)
    return Token(f"hotp-{name}", issuer, name, profile, (ProtectionType.NO_PIN,))


ACCEPTED = ev.LoginResult(Status.OK, 0, "Accept", "accepted", None, "7f3c9a52-0b1e-4c1d-9f0a-2d5b8f6e1c44")
REFUSED_CODE = replace(ACCEPTED, status=Status.WRONG_CREDENTIALS, session_status="failed")


def waits(uptime: int, code: int | None, challenge: str | None = None, token: Token | None = None) -> ev.LoginResult:
    """A login that waits for its next step, as the controller would say it. token: None for a typed code."""
    account = token.account if token else None
    login = ev.PendingLogin(
        "https://login.northwind.example",
        "anna.berg@northwind",
        account.identifier if account else None,
        "4ed23ea44f23",
        None,
        None,
        ev.LoginStep.TOKEN_CODE,
    )
    answer = LoginAnswer(
        session_status="pending",
        risk_response_code=code,
        request_id="5fd81c0a77e2",
        request_message=None,
        challenge=challenge,
        event_id=None,
        fido_authentication_request=None,
        uaf_status_code=None,
        log_correlation_id="7f3c9a52",
    )
    return judge(answer, login, uptime + ev.LIFE)
