"""Which credential a command uses, its PIN, and what to say when it makes nothing."""

from dataclasses import dataclass
from typing import Any, TypeVar

from softtoken.cli.context import Context, parse_protection, protection_word
from softtoken.cli.secrets import ask
from softtoken.cli.sensor import post_asking
from softtoken.cli.sensor_words import BLOCKED, DELAYED, problem_sentence
from softtoken.cli.sentences import keeps_nothing_words, sentence
from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.errors import SoftTokenError
from softtoken.services.events import BiometricProblem, Event, GetCredentialInformation, KeyringProblem, Status

R = TypeVar("R")
_NAME_CHARACTERS = frozenset("@._-+:/")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A managed token's credential. word: how the person named the token, as it is typed in a command."""

    token: Token
    user: UserIdentifier
    protection: ProtectionType
    word: str

    @property
    def needs_keyring(self) -> bool:
        """Has the keyring to be told of each try before it counts?"""
        verified_here = self.token.policy is not None and bool(self.token.policy.allow_offline_pin_verification)
        return self.protection is ProtectionType.BIOMETRIC or (self.protection is ProtectionType.PIN and verified_here)

    def ask_pin(self, descriptor: int | None) -> str | None:
        """The PIN if this credential has one; one that was handed over although it has none goes on to be refused."""
        has_pin = self.protection is ProtectionType.PIN and self.protection in self.token.protections
        return ask("PIN", "--pin-fd", descriptor) if has_pin or descriptor is not None else None

    def post(self, run: Context, event: Event[R]) -> R:
        """Post what needs this credential's key, hearing Ctrl-C while a finger or a face is waited for."""
        if self.protection is not ProtectionType.BIOMETRIC:
            return run.controller.post(event)
        return post_asking(run, event)

    def sensor(self, problem: BiometricProblem | None) -> dict[str, Any]:
        """The part of a document that only a biometric credential's has."""
        return {"biometric": problem.value if problem else None} if self.protection is ProtectionType.BIOMETRIC else {}

    def command(self, name: str) -> str:
        """What to type for this very credential: each has a counter of its own, which only its own codes bring back."""
        usual = self.protection is self.token.usual_protection
        return f"softtoken {name} {self.word}" + ("" if usual else f" --protection {protection_word(self.protection)}")

    def document(self, status: Status, **fields: Any) -> dict[str, Any]:
        """The part of a command's JSON that every use of a credential shares."""
        return {
            "token": self.token.id,
            "protection": protection_word(self.protection),
            "status": status.value,
            **fields,
        }

    def refusal(
        self,
        status: Status,
        retry_counter: int | None,
        retry_delay: int | None,
        detail: str = "",
        *,
        for_login: bool = False,
        biometric: BiometricProblem | None = None,
    ) -> str:
        """Why nothing was made, and the command that helps."""
        reason = self._sensors_reason(status, retry_counter, retry_delay, biometric)
        reason = reason or self._reason(status, retry_counter, retry_delay)
        if for_login and status is Status.LOGIN_REQUIRED:
            reason = f"So many codes were made that the server would refuse this login. First: {self.command('resync')}"
        return f"{status.value}: {reason}" + (f" ({detail})" if detail else "")

    def _reason(self, status: Status, retry_counter: int | None, retry_delay: int | None) -> str:
        if status is Status.LOGIN_REQUIRED:
            return f"Log in once before more codes can be made: {self.command('login')}"
        if status in {Status.PIN_BLOCKED, Status.ATC_EXPIRED}:
            return f"{sentence(status)} Then: softtoken pin forgot {self.word} --code CODE"
        if status is Status.NOT_SUPPORTED:
            return "This installation's backend has no offline functions (mc_config.json)."
        if status is Status.INVALID_PARAMETER and self.protection not in self.token.protections:
            has = ", ".join(protection_word(p) for p in self.token.protections)
            return f"{self.word} has no {protection_word(self.protection)} protection; it has {has}."
        if status is Status.INVALID_PARAMETER:
            return "An empty PIN, a PIN for a protection that has none, or data that is too long. Nothing was made."
        text = sentence(status)
        if status in {Status.INVALID_PIN, Status.TEMPORARY_LOCKED} and retry_counter is not None:
            text += f" Tries left: {retry_counter}."
            if retry_delay:
                text += f" Next try in {retry_delay} seconds."
        return text

    def _sensors_reason(
        self, status: Status, retry_counter: int | None, retry_delay: int | None, problem: BiometricProblem | None
    ) -> str | None:
        """None for what has nothing to do with a finger or a face."""
        if self.protection is not ProtectionType.BIOMETRIC:
            return None
        if status is Status.BIOMETRIC_BLOCKED and problem is not BiometricProblem.LOCKED_OUT:
            text = BLOCKED
        elif problem is not None:
            text = problem_sentence(problem)
        elif status is Status.TEMPORARY_LOCKED:
            text = DELAYED
        else:
            return None
        if status in {Status.BIOMETRIC_FAILED, Status.TEMPORARY_LOCKED} and retry_counter is not None:
            text += f" Tries left: {retry_counter}."
            if retry_delay:
                text += f" Next try in {retry_delay} seconds."
        return f"{text} Nothing was made. The PIN works as before: --protection pin"

    def warn_if_soon(self, run: Context, status: Status) -> None:
        """On standard error, so that whoever reads the code from standard output reads the code alone."""
        if status is not Status.ATC_EXPIRES_SOON or run.answer.as_json:
            return
        try:
            left = run.controller.post(GetCredentialInformation(self.user, self.protection)).left
        except SoftTokenError:  # what was made is spent if it is not shown, so nothing may come between
            more = "only a few more"
        else:
            more = f"{left} more"
        run.answer.aside(f"Log in soon ({self.command('login')}): {more} can be made before it is needed.")


def choose(run: Context, typed: str, protection: str | None, *, lacks: str) -> Chosen:
    """Open the vault and find what the person means. lacks: what an imported token has not."""
    wanted = None if protection is None else parse_protection(protection)
    run.open_vault()
    return chosen_of(run, run.find_token(typed), wanted, typed, lacks=lacks)


def chosen_of(run: Context, token: Token, wanted: ProtectionType | None, typed: str, *, lacks: str) -> Chosen:
    """The credential of a token that was found already."""
    if token.account is None:
        run.answer.refuse(Status.NOT_SUPPORTED, text=f"An imported token has no {lacks}.")
    chosen = Chosen(token, token.account.identifier, wanted or token.usual_protection, command_word(typed))
    if run.keeps_nothing is not KeyringProblem.NONE and chosen.needs_keyring:
        run.answer.aside(keeps_nothing_words(run.keeps_nothing))
    return chosen


def command_word(typed: str) -> str:
    """What the person typed, in quotes where a shell would take it apart."""
    plain = all(character.isalnum() or character in _NAME_CHARACTERS for character in typed)
    return typed if plain else f'"{typed}"'
