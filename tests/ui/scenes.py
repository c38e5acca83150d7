"""One state per look that the window can have; for the screenshots and for the tests that visit every page."""

from dataclasses import replace

from ui.approval_scenes import approval_scenes
from ui.backup_scenes import backup_scenes
from ui.fake_controller import (
    ACCEPTED,
    ACTIVATION_CODE,
    RECOVERY_CODE,
    REFUSED_CODE,
    hotp_token,
    managed_token,
    totp_token,
)
from ui.fake_servers import NORTHWIND, good_report, login_data
from ui.fake_values import waits
from ui.history_scenes import history_scenes

from softtoken.clock import ClockCorrection
from softtoken.engine.pin import PinRules
from softtoken.engine.tokens import Otp, ProtectionType, Token
from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.fingerprint import CddcExtent
from softtoken.services.events import (
    Binding,
    BiometricInformation,
    BiometricProblem,
    CredentialInformation,
    Information,
    KeyringProblem,
    LockKind,
    LockReason,
    Resynchronised,
    ServerStep,
    ServerVerdict,
    Status,
    StepState,
    VaultCondition,
)
from softtoken.ui import states as st
from softtoken.vault.errors import Distrust, VaultDamaged, VaultUntrusted

SERVER = "https://login.northwind.example"
USER = "anna.berg@northwind"


def opened(token: Token | None, uptime: int, code: int, challenge: str | None = None) -> st.OpenLogin:
    """A login at its next step."""
    pending = waits(uptime, code, challenge, token).pending
    assert pending is not None
    return st.OpenLogin("anna.berg", token, pending)


def standing(protection: ProtectionType, used: int = 0) -> CredentialInformation:
    """A credential that is well unless it was used too often."""
    counted = 5 if protection is ProtectionType.PIN else None
    return CredentialInformation(
        Status.OK, protection, 1200 + used, used, 15, 20, resynchronises_at_login=True, logged_in_once=True,
        verified_here=counted is not None, retry_counter=counted, retry_delay=None if counted is None else 0,
    )  # fmt: skip


def scenes(now: int, uptime: int) -> dict[str, st.State]:
    """Names in the order of the journeys."""
    from pathlib import Path

    token = managed_token()
    otp = Otp("482915", now - 9, now + 21, 7)
    oath_otp = Otp("730164", now - 18, now + 12, None)
    hotp_otp = Otp("40912671", now, None, 6)
    both = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
    no_pin, pin = ProtectionType.NO_PIN, ProtectionType.PIN
    all_of_them, finger = frozenset(ProtectionType), managed_token(protections=tuple(ProtectionType))
    reads = BiometricInformation(Status.OK, "fprintd", Binding.PROMPT, None)
    protects = BiometricInformation(Status.OK, "Windows Hello", Binding.HARDWARE, None)
    no_yes = st.Refusal(
        st.Task.ACTIVATE, Status.USER_CONFIRMATION_TIMEOUT, sensor=True, biometric=BiometricProblem.TIMED_OUT
    )
    no_match = st.Refusal(
        st.Task.MAKE_CODE, Status.BIOMETRIC_FAILED, tries_left=3, sensor=True, biometric=BiometricProblem.NO_MATCH
    )
    ben = managed_token("ben.oak", issuer="Southbank & Co", tenant="southbank-retail")
    stood = st.ManagedPage(token, standings=(standing(no_pin, used=3), standing(pin, used=1)))
    screen = LockKind.SCREEN
    pin_only = st.ManagedPage(managed_token(protections=(pin,)))
    pin_page = st.ManagedPage(token, ProtectionType.PIN, ask_pin=True)
    wrong_pin = st.Refusal(st.Task.MAKE_CODE, Status.INVALID_PIN, tries_left=2)
    unreachable = Unreachable(Reason.TIMED_OUT, sent=True)
    damaged = VaultDamaged("header", Path("/home/anna/.local/share/softtoken/vault.sqlite"))
    untrusted = VaultUntrusted(Distrust.FILE_OWNER, damaged.path, 1001)
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
        "locked-other-keyring": st.Locked(
            VaultCondition.NEEDS_RECOVERY,
            KeyringProblem.ITEM_MISSING,
            st.Way.RECOVERY,
            recorded="Secret Service (GNOME Keyring)",
            now="Secret Service (KeePassXC)",
        ),
        "locked-locking": st.Locked(
            VaultCondition.OPEN, KeyringProblem.NONE, st.Way.KEYRING, busy=True, lock=LockReason.ASKED
        ),
        "locked-screen": st.Locked(
            VaultCondition.NEEDS_RECOVERY, KeyringProblem.NONE, st.Way.KEYRING, lock=LockReason.IDLE, kind=screen
        ),
        "locked-screen-refused": st.Locked(
            VaultCondition.NEEDS_RECOVERY,
            KeyringProblem.NO_ANSWER,
            st.Way.KEYRING,
            lock=LockReason.SUSPEND,
            kind=screen,
        ),
        "locked-screen-recovery": st.Locked(
            VaultCondition.NEEDS_RECOVERY, KeyringProblem.LOCKED, st.Way.RECOVERY, lock=LockReason.SUSPEND, kind=screen
        ),
        "locked-secret": st.Locked(
            VaultCondition.NEEDS_PASSPHRASE,
            KeyringProblem.NONE,
            st.Way.PASSPHRASE,
            lock=LockReason.USER_SWITCH,
            kind=LockKind.SECRET,
        ),
        "unusable": st.Unusable(st.Failure(st.Task.START, damaged), "/home/anna/.local/share/softtoken"),
        "unusable-not-trusted": st.Unusable(st.Failure(st.Task.START, untrusted), "/home/anna/.local/share/softtoken"),
        "passphrase": st.ChoosePassphrase(KeyringProblem.MISSING, st.PassphraseFor.CREATE),
        "working": st.Waiting(st.Task.ACTIVATE, USER),
        "activation-empty": st.ActivationForm(),
        "activation-refused": st.ActivationForm(
            SERVER, USER, ACTIVATION_CODE, st.Refusal(st.Task.ACTIVATE, Status.ACTIVATION_CODE_EXPIRED)
        ),
        "protection": st.ChooseProtection(USER, both),
        "protection-prompt": st.ChooseProtection(USER, both, reads),
        "protection-hardware": st.ChooseProtection(USER, all_of_them, protects),
        "protection-no-reader": st.ChooseProtection(
            USER, both, replace(reads, problem=BiometricProblem.NOT_ENROLLED), no_yes
        ),
        "set-pin": st.SetPin(USER, PinRules()),
        "activation-failed": st.ActivationFailed(USER, st.Failure(st.Task.ACTIVATE, unreachable)),
        "forgot-pin": st.ForgotPin(token),
        "forgot-pin-refused": st.ForgotPin(
            token, ACTIVATION_CODE, st.Refusal(st.Task.REACTIVATE, Status.ACTIVATION_CODE_EXPIRED)
        ),
        "set-new-pin": st.SetPin(USER, PinRules(), token=token),
        "reactivation-failed": st.ActivationFailed(USER, st.Failure(st.Task.REACTIVATE, unreachable), token),
        "activated-again": st.Activated(token, ACCEPTED, again=True),
        "recovery": st.ShowRecoveryCode(RECOVERY_CODE),
        "activated": st.Activated(token, ACCEPTED),
        "activated-offline": st.Activated(token, None),
        "add-link": st.AddLink(),
        "home": st.Home(many, logged_in=token.account.identifier if token.account else None),
        "home-reminder": st.Home(many[:2], recovery_pending=True, damaged=("6f1c2a3b" * 4, "0d9e4c71" * 4)),
        "home-restored": st.Home(many[:2], restored=True, login_required=tuple(one.id for one in many[:2])),
        "home-keyring": st.Home(many[:2], keyring=KeyringProblem.LOCKED),
        "home-empty": st.Home(()),
        "managed-choice": st.ManagedPage(token),
        "managed-no-match": st.ManagedPage(finger, ProtectionType.BIOMETRIC, problem=no_match),
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
        "managed-well": replace(stood, protection=ProtectionType.NO_PIN, otp=otp, reachable=True),
        "managed-users": replace(stood, others=(ben,), reachable=False),
        "managed-nearly": replace(stood, standings=(standing(no_pin, used=17), standing(pin, used=2))),
        "managed-exhausted": replace(
            stood, protection=no_pin, standings=(standing(no_pin, used=20), standing(pin, used=2))
        ),
        "managed-restored": replace(
            stood, protection=pin, standings=(replace(standing(pin, used=4), resynchronise=True, retry_counter=1),)
        ),
        "managed-first-login": replace(
            stood, protection=no_pin, standings=(replace(standing(no_pin), logged_in_once=False),)
        ),
        "managed-used-up": replace(
            stood, protection=no_pin, standings=(replace(standing(no_pin), counter=65535, used=3),)
        ),
        "managed-delay": replace(pin_page, standings=(standing(pin, used=3),), tries_left=2, delay_until=uptime + 3700),
        "managed-pin-blocked": replace(pin_only, standings=(replace(standing(pin), retry_counter=0),), protection=pin),
        "totp": st.OathPage(totp_token(), otp=oath_otp),
        "hotp": st.OathPage(hotp_token(), counter=6),
        "hotp-code": st.OathPage(hotp_token(), counter=7, otp=hotp_otp),
        "login-ask": st.Ask(token, ProtectionType.PIN, ask_pin=True),
        "resync-ask": st.Ask(token, pin, st.Purpose.RESYNCHRONISE, ask_pin=True),
        "resync-waiting": st.Waiting(st.Task.RESYNCHRONISE, USER),
        "resync-done": st.ResyncDone(token),
        "resync-refused": st.ResyncDone(
            token, st.Refusal(st.Task.RESYNCHRONISE, Status.WRONG_CREDENTIALS, "Sync failed.", "9d2c-4711")
        ),
        "resync-unsupported": st.ResyncDone(token, st.Refusal(st.Task.RESYNCHRONISE, Status.NOT_SUPPORTED)),
        "support-ask": st.Ask(token, pin, st.Purpose.SUPPORT, ask_pin=True, tries_left=3),
        "support-code": st.SupportCode(token, "40912671", 1207, "Anna's laptop"),
        "sign": st.SignPage(token, no_pin),
        "sign-pin": st.SignPage(token, pin, ask_pin=True),
        "signed": st.SignPage(token, no_pin, signature="73019642"),
        "change-pin": st.ChangePinPage(token, PinRules(), verified_here=True),
        "change-pin-masked": st.ChangePinPage(token, PinRules(), verified_here=False),
        "change-pin-busy": st.ChangePinPage(token, PinRules(), verified_here=False, busy=True),
        "change-pin-wrong": st.ChangePinPage(
            token,
            PinRules(),
            True,
            tries_left=2,
            delay_until=uptime + 58,
            problem=st.Refusal(st.Task.CHANGE_PIN, Status.INVALID_PIN, tries_left=2),
        ),
        "change-pin-offline": st.ChangePinPage(
            token, PinRules(), verified_here=False, problem=st.Failure(st.Task.CHANGE_PIN, unreachable)
        ),
        "change-pin-unsupported": st.ChangePinPage(
            token, PinRules(), False, problem=st.Refusal(st.Task.CHANGE_PIN, Status.NOT_SUPPORTED)
        ),
        "rename": st.Rename(token),
        "rename-oath": st.Rename(totp_token(), problem=st.Refusal(st.Task.RENAME, Status.INVALID_PARAMETER)),
        "settings": st.Settings("5f" * 16, "Anna's laptop", known=True, look=True),
        "settings-locked": st.Settings(locked=True),
        "settings-lock": st.Settings("5f" * 16, "Anna's laptop", known=True, look=True, lock_after=300),
        "settings-lock-odd": st.Settings("5f" * 16, "Anna's laptop", known=True, look=True, lock_after=45),
        "settings-off": st.Settings("5f" * 16, "", every_login=False, known=True),
        "settings-once": st.Settings("5f" * 16, "", every_login=False, next_login=True, known=True),
        "settings-fixed": st.Settings("5f" * 16, "Anna's laptop", fixed=True, known=True),
        **history_scenes(now),
        "login-drifted": st.LoginDone("anna.berg", token, REFUSED_CODE, drifted=True),
        "login-not-resynchronised": st.LoginDone(
            "anna.berg", token, replace(REFUSED_CODE, resynchronised=Resynchronised.REFUSED)
        ),
        "login-without-resync": st.LoginDone(
            "anna.berg", token, replace(ACCEPTED, resynchronised=Resynchronised.UNAVAILABLE)
        ),
        "login-waiting": st.Waiting(st.Task.LOGIN, USER),
        "login-accepted": st.LoginDone("anna.berg", token, ACCEPTED),
        "login-refused": st.LoginDone("anna.berg", token, REFUSED_CODE),
        "login-pending": st.LoginDone("anna.berg", token, pending),
        "login-unreachable": st.LoginDone("anna.berg", token, None, st.Failure(st.Task.LOGIN, unreachable)),
        "typed-login": st.TypedLogin(SERVER, USER),
        "step-pin": st.Ask(token, pin, st.Purpose.STEP_UP, ask_pin=True, login=opened(token, uptime, 5)),
        "step-challenge": st.Ask(
            token,
            no_pin,
            st.Purpose.STEP_UP,
            login=opened(token, uptime, 10, "5551234"),
            problem=st.Refusal(st.Task.STEP_UP, Status.WRONG_CREDENTIALS, "Authentication failed", "9d2c-4711"),
        ),
        "step-password": st.StepPage(
            opened(token, uptime, 2), st.Refusal(st.Task.STEP_UP, Status.WRONG_CREDENTIALS, fault="PASSWORD")
        ),
        "step-sms": st.StepPage(opened(token, uptime, 3)),
        "step-typed-challenge": st.StepPage(opened(None, uptime, 10, "5551234")),
        "step-typed-refused": st.StepPage(
            opened(None, uptime, 5), st.Refusal(st.Task.STEP_UP, Status.WRONG_CREDENTIALS, "Authentication failed")
        ),
        "login-lacking": st.LoginDone("anna.berg", token, waits(uptime, 5), lacking=True),
        "login-unsupported": st.LoginDone("anna.berg", token, waits(uptime, 14)),
        "wait-device": st.LoginWait(opened(token, uptime, 22), offer_approval=True),
        "wait-fingerprint": st.LoginWait(opened(token, uptime, 23)),
        "wait-unreachable": st.LoginWait(opened(token, uptime, 21), unreachable=True),
        **approval_scenes(token, uptime, unreachable),
        **backup_scenes(now, damaged),
        "remove": st.ConfirmRemove(token, must_log_out=True),
        "remove-unreadable": st.ConfirmRemoveUnreadable("6f1c2a3b" * 4),
        "reset": st.ConfirmReset(),
        "new-recovery": st.ConfirmNewRecovery(),
        "server-running": st.ServerCheck(
            NORTHWIND, replace(good_report(now), steps=good_report(now).steps[:3], verdict=None, skew=None)
        ),
        "server-good": st.ServerCheck(NORTHWIND, good_report(now), running=False, kept=True),
        "server-clock": st.ServerCheck(NORTHWIND, good_report(now, behind=37), running=False, kept=True),
        "server-corrected": st.ServerCheck(
            NORTHWIND, good_report(now, behind=37).corrected_by(37), running=False, kept=True, corrected=37
        ),
        "server-uncorrected": st.ServerCheck(NORTHWIND, good_report(now).corrected_by(300), running=False, kept=True),
        "server-unreachable": st.ServerCheck(
            NORTHWIND,
            replace(
                good_report(now),
                status=Status.FAILED,
                verdict=ServerVerdict.UNREACHABLE,
                reason=Reason.REFUSED,
                steps=((ServerStep.NAME, StepState.GOOD), (ServerStep.CONNECTION, StepState.BAD)),
                address=None,
            ),
            running=False,
        ),
        "server-other": st.ServerCheck(
            "http://127.0.0.1:8080",
            replace(
                good_report(now),
                status=Status.FAILED,
                verdict=ServerVerdict.OTHER,
                origin="http://127.0.0.1:8080",
                steps=(
                    (ServerStep.NAME, StepState.SKIPPED),
                    (ServerStep.CONNECTION, StepState.GOOD),
                    (ServerStep.ANSWER, StepState.GOOD),
                    (ServerStep.TENANT, StepState.BAD),
                    (ServerStep.CLOCK, StepState.SKIPPED),
                ),
                address="127.0.0.1",
                tls=None,
                skew=None,
            ),
            running=False,
        ),
        "login-data": st.LoginDataPage(login_data(CddcExtent.FULL)),
        "login-data-minimal": st.LoginDataPage(login_data(CddcExtent.MINIMAL)),
        "login-data-none": st.LoginDataPage(login_data(CddcExtent.NONE, decided=True)),
        "settings-clock": st.Settings(
            "5f" * 16, "Anna's laptop", known=True, clock=ClockCorrection(37, now - 86_400, NORTHWIND)
        ),
        "totp-corrected": st.OathPage(totp_token(), otp=replace(oath_otp, corrected=-12)),
        "managed-corrected": st.ManagedPage(token, ProtectionType.PIN, otp=replace(otp, corrected=37)),
        "about": st.About(information),
    }
