"""Sentences about fingers and faces: what is asked for, what a yes is worth, and why there was none."""

from typing import assert_never

from PySide6.QtCore import QObject

from softtoken.services.events import (
    Binding,
    BiometricHint,
    BiometricInformation,
    BiometricProblem,
    BiometricPurpose,
    Status,
)
from softtoken.ui.sentence import Kind, Sentence
from softtoken.ui.states import Refusal, Task


class BiometricWords(QObject):
    """The PIN is the way on after each of them."""

    def hint(self, hint: BiometricHint) -> str:
        match hint:
            case BiometricHint.TOUCH:
                return self.tr("Touch the reader.")
            case BiometricHint.SWIPE:
                return self.tr("Swipe over the reader.")
            case BiometricHint.NOT_RECOGNISED:
                return self.tr("Not recognised. Try again.")
            case BiometricHint.TRY_AGAIN:
                return self.tr("That was not read well. Try again.")
            case BiometricHint.TOO_SHORT:
                return self.tr("Too short. Try again, more slowly.")
            case BiometricHint.NOT_CENTRED:
                return self.tr("Not in the middle. Try again.")
            case BiometricHint.REMOVE_AND_RETRY:
                return self.tr("Lift it, and try again.")
            case BiometricHint.SYSTEM_PROMPT:
                return self.tr("Answer the window of your system.")
            case _ as never:
                assert_never(never)

    def what_for(self, purpose: BiometricPurpose) -> str:
        """What becomes of the answer."""
        match purpose:
            case BiometricPurpose.SET_UP:
                return self.tr("The activation code is not sent before the reader says yes.")
            case BiometricPurpose.CODE:
                return self.tr("Without the reader's yes nothing is made.")
            case BiometricPurpose.APPROVAL:
                return self.tr("The reader's yes approves the request on this page.")
            case _ as never:
                assert_never(never)

    def reason(self, purpose: BiometricPurpose, name: str) -> str:
        """What a system's own window says. name: of the token."""
        match purpose:
            case BiometricPurpose.SET_UP:
                return self.tr("Soft Token: enable fingerprint or face for {0}").format(name)
            case BiometricPurpose.CODE:
                return self.tr("Soft Token: make a code of {0}").format(name)
            case BiometricPurpose.APPROVAL:
                return self.tr("Soft Token: approve a login of {0}").format(name)
            case _ as never:
                assert_never(never)

    def offer(self, information: BiometricInformation | None) -> str:
        """What enabling it means on this computer, or why that is not possible."""
        if information is None:
            return self.tr("Looking for a reader…")
        if information.problem is not None:
            return self._problem(information.problem)
        match information.binding:
            case Binding.HARDWARE:
                return self.tr("{0} protects the key itself: no code without its yes.").format(information.name)
            case Binding.PROMPT:
                return self.tr(
                    "{0} only asks: it says yes or no, and the key is stored on this computer and in its keyring. "
                    "Other programs of yours could take it from there without asking."
                ).format(information.name)
            case _ as never:
                assert_never(never)

    def refused(self, refusal: Refusal, nothing: str) -> Sentence | None:
        """None for what has nothing to do with the sensor. nothing: what was not made."""
        activating = refusal.task in {Task.ACTIVATE, Task.REACTIVATE}
        kept = self.tr("The activation code was not sent and is as good as before.") if activating else nothing
        by_pin = self._go_on_activating(refusal) if activating else self.tr("The PIN works as before.")
        problem = refusal.biometric
        if refusal.status is Status.BIOMETRIC_BLOCKED and problem is not BiometricProblem.LOCKED_OUT:
            return self.blocked(kept)
        if refusal.status is Status.TEMPORARY_LOCKED and problem is None:
            return Sentence(
                "warning",
                self.tr("Too many failures: the reader is asked again in {0} seconds.").format(refusal.wait or 0),
                kept,
                f"{self._tries(refusal)} {by_pin}".strip(),
            )
        if problem is None:
            return None
        if problem is BiometricProblem.CHANGED:
            by_pin = self.tr(
                "The PIN works as before. To set up fingerprint or face again, activate anew: ask for an activation "
                "code, and choose “Forgot PIN” in the menu of this token."
            )
        calm = problem in {BiometricProblem.CANCELLED, BiometricProblem.TIMED_OUT}
        kind: Kind = "info" if calm else "danger" if problem is BiometricProblem.NO_MATCH else "warning"
        return Sentence(kind, self._problem(problem), kept, f"{self._tries(refusal)} {by_pin}".strip())

    def blocked(self, kept: str) -> Sentence:
        """The tries are used up."""
        return Sentence(
            "warning",
            self.tr("Fingerprint and face failed too often, so they are not asked for any more."),
            kept,
            self.tr("Choose the PIN: once it was right, they work again."),
        )

    def _go_on_activating(self, refusal: Refusal) -> str:
        if refusal.biometric in BEYOND_TRYING and refusal.task is Task.REACTIVATE:
            return self.tr("If you go on now, the token is activated without fingerprint and face.")
        return self.tr("Try again, or go on without fingerprint and face.")

    def _tries(self, refusal: Refusal) -> str:
        if refusal.status not in {Status.BIOMETRIC_FAILED, Status.TEMPORARY_LOCKED} or refusal.tries_left is None:
            return ""
        return self.tr("Tries left: {0}.").format(refusal.tries_left)

    def _problem(self, problem: BiometricProblem) -> str:
        match problem:
            case BiometricProblem.NO_SERVICE:
                return self.tr("This system has no service for fingerprints or faces, or it does not run.")
            case BiometricProblem.NO_READER:
                return self.tr("No reader was found.")
            case BiometricProblem.NOT_ENROLLED:
                return self.tr("This system knows no finger or face of yours. Enrol one in its settings.")
            case BiometricProblem.BUSY:
                return self.tr("Another program is using the reader. Try again in a moment.")
            case BiometricProblem.DENIED:
                return self.tr("The system does not let this session use the reader.")
            case BiometricProblem.READER_FAILED:
                return self.tr("The reader failed.")
            case BiometricProblem.NO_MATCH:
                return self.tr("Not recognised.")
            case BiometricProblem.CANCELLED:
                return self.tr("You stopped it.")
            case BiometricProblem.TIMED_OUT:
                return self.tr("Nobody came to the reader in time.")
            case BiometricProblem.LOCKED_OUT:
                return self.tr("Too many failures: the system wants its own password before it asks again.")
            case BiometricProblem.CHANGED:
                return self.tr("What the system kept for this token is gone, or what is enrolled has changed.")
            case BiometricProblem.NOT_SUPPORTED:
                return self.tr("This system offers no fingerprint or face that Soft Token knows.")
            case _ as never:
                assert_never(never)


BEYOND_TRYING = frozenset(
    {
        BiometricProblem.NO_SERVICE,
        BiometricProblem.NO_READER,
        BiometricProblem.NOT_ENROLLED,
        BiometricProblem.DENIED,
        BiometricProblem.READER_FAILED,
        BiometricProblem.LOCKED_OUT,
        BiometricProblem.NOT_SUPPORTED,
    }
)
"""What another try at once would meet again."""
