"""What a status, a keyring's trouble or a PIN's fault means for the person who typed a command."""

from softtoken.engine.pin import PinFault, PinRules
from softtoken.services.events import KeyringProblem, StartResult, Status

_STATUS_SENTENCES = {
    Status.OK: "Done.",
    Status.ATC_EXPIRES_SOON: "Log in soon: only a few more codes can be made before a login is needed.",
    Status.USER_CANCEL: "Cancelled. Nothing was changed.",
    Status.USER_CONFIRMATION_TIMEOUT: "The login timed out before it was confirmed. Start it again.",
    Status.INVALID_PIN: "That PIN is wrong.",
    Status.PIN_BLOCKED: "The PIN is blocked: too many wrong tries. Ask your organisation for a new activation code.",
    Status.TEMPORARY_LOCKED: "Too many wrong PINs. Wait before trying again; the PIN was not looked at.",
    Status.WRONG_CREDENTIALS: "The server or the vault refused that. Nothing was changed; check it and try again.",
    Status.ACTIVATION_CODE_EXPIRED: "That activation code has expired. Ask for a new one. Nothing was changed.",
    Status.INVALID_ACTIVATION_CODE: (
        "That activation code is mistyped, unknown or already used. Nothing was changed; check it or ask for a new one."
    ),
    Status.INVALID_NEW_PIN_FORMAT: "That PIN cannot be used; choose another. Nothing was changed.",
    Status.LOCKED_USER: "The user or the registration is locked on the server. Ask your organisation to unlock it.",
    Status.INVALID_STATE: "That cannot be done now.",
    Status.INVALID_PARAMETER: "A value is malformed. Nothing was changed.",
    Status.INVALID_USER_ID: "There is no such user or token.",
    Status.USER_ID_ALREADY_EXISTS: (
        "This user is already activated here. For a new PIN with this code: softtoken pin forgot TOKEN --code CODE. "
        "To activate anew, remove that token first."
    ),
    Status.NEGATIVE: "The server waits for another step before it accepts the login.",
    Status.ATC_EXPIRED: "This token has made all the codes that it can. Ask for a new activation code.",
    Status.ACCESS_DENIED: "That was declined.",
    Status.FAILED: "It did not work.",
    Status.LOGIN_REQUIRED: "Log in once before more codes can be made (softtoken login).",
    Status.OFFLINE_NOT_ACTIVATED: "Offline codes are switched off in this installation's mc_config.json.",
    Status.NOT_SUPPORTED: "That is not supported here.",
    Status.BIOMETRIC_FAILED: "Not recognised.",
    Status.BIOMETRIC_BLOCKED: "Too many failures of the finger or face.",
    Status.BIOMETRIC_UNAVAILABLE: "The finger or face cannot be asked for now.",
    Status.BIOMETRIC_CHANGED: "The finger or face opens nothing any more.",
}

KEYRING_SENTENCES = {
    KeyringProblem.NONE: "",
    KeyringProblem.MISSING: "This system has no keyring that can be used.",
    KeyringProblem.LOCKED: "The system's keyring is locked.",
    KeyringProblem.NO_ANSWER: "The system's keyring did not answer.",
    KeyringProblem.ITEM_MISSING: "The system's keyring no longer holds this vault's key.",
    KeyringProblem.FAILED: "The system's keyring failed.",
}


def keyring_words(started: StartResult) -> str:
    """Why the keyring did not open the vault, and which one would have."""
    text, recorded, now = KEYRING_SENTENCES[started.keyring], started.keyring_recorded, started.keyring_now
    if not text or recorded is None or recorded == now:
        return text
    if now is None:
        return f"{text} The key was given to: {recorded}."
    return f"{text} The key was given to {recorded}, and this session uses {now}: start that one instead."


def keeps_nothing_words(problem: KeyringProblem) -> str:
    """Of a keyring that opened the vault, or could, and that takes nothing new."""
    return (
        f"The system's keyring can be read and keeps nothing new ({problem.value}). Nothing is lost, and codes without "
        "a PIN work; until it does, no PIN, finger or face that is checked on this computer makes a code. Unlock the "
        "keyring or start it again, then try again; softtoken doctor looks at it."
    )


RESTORED = (
    "The stored data is older than this computer has seen, or was changed by something else. Nothing is lost: log in "
    "once with each activated token (softtoken login TOKEN; for codes without a PIN also with --protection no-pin). "
    "Until then it makes no codes, and one PIN try is left."
)

_PIN_FAULTS = {
    PinFault.NOT_DIGITS: "a PIN has digits only",
    PinFault.TOO_SHORT: "it is too short: at least {0} digits",
    PinFault.TOO_LONG: "it is too long: at most {1} digits",
    PinFault.TOO_SIMPLE: "its digits go up or down evenly",
    PinFault.REPEATS: "it repeats a shorter run of digits",
    PinFault.CONTAINS_USER_ID: "it contains digits of the user id",
    PinFault.UNCHANGED: "it is the PIN that is set already",
}


def sentence(status: Status, detail: str = "") -> str:
    """What a status means for the person who typed the command."""
    return _STATUS_SENTENCES[status] + (f" ({detail})" if detail else "")


def pin_fault(fault: str, rules: PinRules | None) -> str:
    """Why a new PIN cannot be used; `fault` as it is if it is none of ours. rules: the token's own, if known."""
    try:
        text = _PIN_FAULTS[PinFault(fault)]
    except ValueError:
        return fault
    known = rules or PinRules()
    return text.format(known.min_length, known.max_length)
