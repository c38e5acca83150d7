"""One state per look that the window can have; for the screenshots and for the tests that visit every page."""

from dataclasses import replace

from ui.fake_controller import (
    ACCEPTED,
    ACTIVATION_CODE,
    RECOVERY_CODE,
    REFUSED_CODE,
    hotp_token,
    managed_token,
    totp_token,
)

from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import Otp, ProtectionType
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.services.events import Information, KeyringProblem, Status, VaultCondition
from softtoken.ui import states as st
from softtoken.vault.errors import VaultDamaged

SERVER = "https://login.northwind.example"
USER = "anna.berg@northwind"


def scenes(now: int, uptime: int) -> dict[str, st.State]:
    """Names in the order of the journeys."""
    from pathlib import Path

    token = managed_token()
    otp = Otp("482915", now - 9, now + 21, 7)
    oath_otp = Otp("730164", now - 18, now + 12, None)
    hotp_otp = Otp("40912671", now, None, 6)
    both = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
    pin_page = st.ManagedPage(token, ProtectionType.PIN, ask_pin=True)
    wrong_pin = st.Refusal(st.Task.MAKE_CODE, Status.INVALID_PIN, tries_left=2)
    unreachable = Unreachable(Reason.TIMED_OUT, sent=True)
    damaged = VaultDamaged("header", Path("/home/anna/.local/share/softtoken/vault.sqlite"))
    pending = replace(
        ACCEPTED, status=Status.NEGATIVE, risk_response_code=5, risk="ChallengeDevice2FA", session_status="pending",
        request_id="5fd81c0a77e2",
    )  # fmt: skip
    many = (token, managed_token("it-operations", (ProtectionType.PIN,), issuer=""), totp_token(), hotp_token())
    information = Information(
        "0.1.0", "5e" * 64, "/home/anna/.local/share/softtoken", VaultCondition.OPEN, ("keyring", "recovery"), "GNOME"
    )
    return {
        "starting": st.Starting(),
        "welcome": st.Welcome(),
        "locked-keyring": st.Locked(VaultCondition.NEEDS_PASSPHRASE, KeyringProblem.NO_ANSWER, st.Way.KEYRING),
        "locked-passphrase": st.Locked(
            VaultCondition.NEEDS_PASSPHRASE,
            KeyringProblem.NONE,
            st.Way.PASSPHRASE,
            st.Refusal(st.Task.OPEN_VAULT, Status.WRONG_CREDENTIALS),
        ),
        "locked-recovery": st.Locked(VaultCondition.NEEDS_RECOVERY, KeyringProblem.ITEM_MISSING, st.Way.RECOVERY),
        "unusable": st.Unusable(st.Failure(st.Task.START, damaged), "/home/anna/.local/share/softtoken"),
        "passphrase": st.ChoosePassphrase(KeyringProblem.MISSING, st.PassphraseFor.CREATE),
        "working": st.Working(st.Task.ACTIVATE, leavable=True),
        "activation-empty": st.ActivationForm(),
        "activation-refused": st.ActivationForm(
            SERVER, USER, ACTIVATION_CODE, st.Refusal(st.Task.ACTIVATE, Status.ACTIVATION_CODE_EXPIRED)
        ),
        "protection": st.ChooseProtection(USER, both),
        "set-pin": st.SetPin(USER, PinRules()),
        "activation-failed": st.ActivationFailed(USER, st.Failure(st.Task.ACTIVATE, unreachable)),
        "recovery": st.ShowRecoveryCode(RECOVERY_CODE),
        "activated": st.Activated(token, ACCEPTED),
        "activated-offline": st.Activated(token, None),
        "add-link": st.AddLink(),
        "home": st.Home(many, logged_in=token.account.identifier if token.account else None),
        "home-reminder": st.Home(many[:2], recovery_pending=True, damaged=1),
        "home-empty": st.Home(()),
        "managed-choice": st.ManagedPage(token),
        "managed-pin": replace(pin_page, problem=wrong_pin, delay_until=uptime + 58),
        "managed-code": st.ManagedPage(token, ProtectionType.PIN, otp=otp),
        "managed-login-soon": st.ManagedPage(token, ProtectionType.NO_PIN, otp=otp, login_soon=True),
        "managed-expired": st.ManagedPage(token, ProtectionType.NO_PIN, expired=True),
        "managed-blocked": st.ManagedPage(
            token, ProtectionType.PIN, problem=st.Refusal(st.Task.MAKE_CODE, Status.PIN_BLOCKED)
        ),
        "managed-login-required": st.ManagedPage(
            token, ProtectionType.NO_PIN, problem=st.Refusal(st.Task.MAKE_CODE, Status.LOGIN_REQUIRED)
        ),
        "totp": st.OathPage(totp_token(), otp=oath_otp),
        "hotp": st.OathPage(hotp_token(), counter=6),
        "hotp-code": st.OathPage(hotp_token(), counter=7, otp=hotp_otp),
        "login-ask": st.LoginAsk(token, ProtectionType.PIN, ask_pin=True),
        "login-waiting": st.LoginWaiting(USER),
        "login-accepted": st.LoginDone("anna.berg", token, ACCEPTED),
        "login-refused": st.LoginDone("anna.berg", token, REFUSED_CODE),
        "login-pending": st.LoginDone("anna.berg", token, pending),
        "login-unreachable": st.LoginDone("anna.berg", token, None, st.Failure(st.Task.LOGIN, unreachable)),
        "typed-login": st.TypedLogin(SERVER, USER),
        "remove": st.ConfirmRemove(token, must_log_out=True),
        "reset": st.ConfirmReset(),
        "new-recovery": st.ConfirmNewRecovery(),
        "about": st.About(information),
    }
