"""What a finger or face sensor asks for, and why it brought nothing, for the person at the terminal."""

from typing import assert_never

from softtoken.services.events import (
    Binding,
    BiometricHint,
    BiometricInformation,
    BiometricProblem,
    BiometricPurpose,
)

HINTS = {
    BiometricHint.TOUCH: "Touch the reader. Ctrl-C stops it.",
    BiometricHint.SWIPE: "Swipe over the reader. Ctrl-C stops it.",
    BiometricHint.NOT_RECOGNISED: "Not recognised. Try again.",
    BiometricHint.TRY_AGAIN: "That was not read well. Try again.",
    BiometricHint.TOO_SHORT: "Too short. Try again, more slowly.",
    BiometricHint.NOT_CENTRED: "Not in the middle. Try again.",
    BiometricHint.REMOVE_AND_RETRY: "Lift it, and try again.",
    BiometricHint.SYSTEM_PROMPT: "Answer the window of your system. Ctrl-C stops it.",
}

_PROBLEMS = {
    BiometricProblem.NO_SERVICE: "This system has no service for fingers and faces, or it does not run.",
    BiometricProblem.NO_READER: "No reader was found.",
    BiometricProblem.NOT_ENROLLED: "This system knows no finger or face of yours; enrol one in its settings.",
    BiometricProblem.BUSY: "The reader is in use by another program. Try again in a moment.",
    BiometricProblem.DENIED: "The system does not let this session use the reader.",
    BiometricProblem.READER_FAILED: "The reader failed.",
    BiometricProblem.NO_MATCH: "Not recognised.",
    BiometricProblem.CANCELLED: "Cancelled.",
    BiometricProblem.TIMED_OUT: "Nobody came to the reader in time.",
    BiometricProblem.LOCKED_OUT: "Too many failures: the system wants its own password before it asks again.",
    BiometricProblem.CHANGED: (
        "What the system kept for this token is gone, or what is enrolled has changed, so it opens nothing any more. "
        "To set it up again, activate anew with a new activation code."
    ),
    BiometricProblem.NOT_SUPPORTED: "This system offers no fingers or faces.",
}

BLOCKED = "Too many failures: the token takes no finger or face until its PIN was right once."
DELAYED = "Too many failures. Wait before trying again; nobody was asked."


def problem_sentence(problem: BiometricProblem) -> str:
    """What happened. That the PIN is the way on is said by whoever knows the command."""
    return _PROBLEMS[problem]


def worth(information: BiometricInformation) -> str:
    """Plainly, what a yes of this system's sensor protects."""
    match information.binding:
        case Binding.HARDWARE:
            return f"{information.name} protects the key itself: without its yes the key cannot be used."
        case Binding.PROMPT:
            return (
                f"{information.name} only asks: it answers yes or no, and the key lies in vault and keyring. Who "
                "can use both needs no finger."
            )
        case _ as never:
            assert_never(never)


def reason(purpose: BiometricPurpose, name: str) -> str:
    """What a system's own window says. name: of the token."""
    match purpose:
        case BiometricPurpose.SET_UP:
            return f"Soft Token: enable fingerprint or face for {name}"
        case BiometricPurpose.CODE:
            return f"Soft Token: make a code of {name}"
        case BiometricPurpose.APPROVAL:
            return f"Soft Token: approve a login of {name}"
        case _ as never:
            assert_never(never)
