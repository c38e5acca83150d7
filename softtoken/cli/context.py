"""What every command needs: the controller, an open vault, and a token found by what the person typed."""

from contextlib import suppress
from dataclasses import dataclass

import click

from softtoken.cli.answers import Answer
from softtoken.cli.secrets import ask
from softtoken.cli.sensor_words import reason
from softtoken.cli.sentences import KEYRING_SENTENCES, RESTORED, keyring_words
from softtoken.engine.tokens import ProtectionType, Token
from softtoken.errors import SoftTokenError
from softtoken.formats.shown_text import shown_text
from softtoken.services.build import build_controller
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ConfirmRecoveryCode,
    CreateVault,
    KeyringProblem,
    ListTokens,
    NewRecoveryCode,
    OpenVault,
    Start,
    StartResult,
    Status,
    VaultCondition,
)
from softtoken.services.home import Home


@dataclass(slots=True)
class Context:
    """One run of a command. keeps_nothing: why the keyring that opened the vault takes nothing new."""

    home: Home
    answer: Answer
    passphrase_fd: int | None = None
    keeps_nothing: KeyringProblem = KeyringProblem.NONE
    _controller: MasterController | None = None

    @property
    def controller(self) -> MasterController:
        if self._controller is None:
            self._controller = build_controller(self.home, reasons=reason)
        return self._controller

    def close(self) -> None:
        if self._controller is not None:
            self._controller.close()

    def open_vault(self, *, create: bool = False) -> None:
        """Open the vault, asking for the passphrase where the keyring does not help; make it where allowed."""
        start = self.controller.post(Start())
        match start.vault:
            case VaultCondition.OPEN:
                self.keeps_nothing = start.keyring
            case VaultCondition.ABSENT:
                if not create:
                    self.answer.refuse(Status.INVALID_STATE, "nothing is stored here yet: softtoken activate, or add")
                self._create()
                return
            case VaultCondition.NEEDS_PASSPHRASE:
                passphrase = ask("Passphrase of this vault", "--passphrase-fd", self.passphrase_fd)
                opened = self.controller.post(OpenVault(passphrase=passphrase))
                if opened.status is not Status.OK:
                    self.answer.refuse(opened.status, "the passphrase does not open the vault")
                start = opened
            case VaultCondition.NEEDS_RECOVERY:
                reason = keyring_words(start)
                again = "unlock it and try again" if start.keyring is KeyringProblem.LOCKED else "softtoken recover"
                self.answer.refuse(Status.INVALID_STATE, f"{reason} Nothing is lost: {again}")
            case VaultCondition.UNREADABLE:
                pass  # Start raises then
        self.tell_restored(start)
        if create and start.recovery_pending:
            # made by a run that ended before it could show the code: nobody has it, so a new one is due
            self.show_recovery_code(self.controller.post(NewRecoveryCode()).recovery_code)

    def tell_restored(self, opened: StartResult) -> None:
        """On standard error, whatever form the answer has: no command's document changes for it."""
        if opened.restored:
            self.answer.aside(RESTORED)

    def show_recovery_code(self, recovery_code: str | None) -> None:
        """It goes with the command's last words, and counts as seen once they were written out."""

        def shown() -> None:
            with suppress(SoftTokenError):  # unconfirmed, a new one is made next time: a nuisance, no loss
                self.controller.post(ConfirmRecoveryCode())

        self.answer.disclose(recovery_code, shown)

    def _create(self) -> None:
        if self.passphrase_fd is None:
            made = self.controller.post(CreateVault())
            if made.status is Status.OK:
                self.show_recovery_code(made.recovery_code)
                return
            if not self.answer.as_json:
                self.answer.aside(f"{KEYRING_SENTENCES[made.keyring]} A passphrase will protect the vault instead.")
        passphrase = ask("New passphrase for this vault", "--passphrase-fd", self.passphrase_fd, twice=True)
        made = self.controller.post(CreateVault(passphrase=passphrase))
        if made.status is not Status.OK:
            self.answer.refuse(made.status, "a passphrase has at least 8 characters")
        self.show_recovery_code(made.recovery_code)

    def find_token(self, wanted: str) -> Token:
        """By id (or its beginning), `user`, `user@domain`, `tenant/user` or `issuer:account`.

        Raises UsageError for a name that several tokens have.
        """
        tokens = self.controller.post(ListTokens()).tokens
        found = [token for token in tokens if token.id == wanted] or [t for t in tokens if _is_named(t, wanted)]
        if not found:
            self.answer.refuse(Status.INVALID_USER_ID, "see softtoken list")
        if len(found) > 1:
            names = ", ".join(f"{token.id[:8]} ({title(token.issuer, token.name)})" for token in found)
            raise click.UsageError(f"{wanted!r} names several tokens: {names}")
        return found[0]


def title(issuer: str, name: str) -> str:
    """What a token is called, fit for a terminal; an issuer may be empty."""
    return shown_text(f"{issuer}: {name}" if issuer else name)


def _is_named(token: Token, wanted: str) -> bool:
    names = {token.name, f"{token.issuer}:{token.name}"}
    if token.account:
        names |= {token.account.user_id, f"{token.account.tenant}/{token.account.user_id}"}
    folded = wanted.casefold()
    return folded in {name.casefold() for name in names} or (len(wanted) >= 4 and token.id.startswith(folded))


_WORDS = {"no-pin": ProtectionType.NO_PIN, "pin": ProtectionType.PIN, "biometric": ProtectionType.BIOMETRIC}


def parse_protection(word: str) -> ProtectionType:
    """`no-pin`, `pin` or `biometric`."""
    try:
        return _WORDS[word.strip().lower().replace("_", "-")]
    except KeyError:
        raise click.UsageError(f"unknown protection {word!r}: choose no-pin, pin or biometric") from None


def protection_word(protection: ProtectionType) -> str:
    return protection.value.lower().replace("_", "-")
