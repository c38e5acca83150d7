"""Sentences for what the environment did: the vault's file, the keyring, the network, the server."""

from PySide6.QtCore import QObject

from softtoken.errors import SoftTokenError
from softtoken.iaa.errors import (
    AnswerFault,
    BadAnswer,
    DeliveryFailed,
    Forbidden,
    IaaError,
    NotFound,
    ServerFault,
    Unreachable,
    ValidationFailed,
)
from softtoken.services.events import KeyringProblem
from softtoken.ui.file_words import FileWords
from softtoken.ui.network_words import NetworkWords
from softtoken.ui.sentence import Sentence
from softtoken.ui.states import Failure, Task
from softtoken.ui.widgets.words import breakable
from softtoken.vault.errors import (
    FileFailed,
    KeystoreError,
    NotStored,
    Tampered,
    VaultBusy,
    VaultClosed,
    VaultDamaged,
    VaultError,
    VaultExists,
    VaultTooNew,
    VaultUntrusted,
    VaultUnwritable,
)


class Failures(QObject):
    """`tell` knows every SoftTokenError of the product, and says of an unknown one what is certain."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = NetworkWords(self)
        self._files = FileWords(self)

    def tell(self, failure: Failure) -> Sentence:
        error = failure.error
        match error:
            case Unreachable():
                return self._unreachable(error, failure.task)
            case IaaError():
                return self._server(error, failure.task)
            case KeystoreError():
                return Sentence(
                    "warning",
                    self.keyring(KeyringProblem(error.problem.value)),
                    self._unchanged(),
                    self.tr("Try again, or open your tokens with the passphrase or the recovery code."),
                )
            case FileFailed():
                return self._files.failed(error)
            case VaultError():
                return self._vault(error)
            case OSError():
                return Sentence(
                    "danger",
                    self.tr("The file could not be written ({0}).").format(error.strerror or type(error).__name__),
                    self._unchanged(),
                    self.tr("Choose another place and try again."),
                )
            case SoftTokenError():
                return self._other(error)
            case _:
                return self.crash(failure.where or type(error).__name__)

    def crash(self, where: str) -> Sentence:
        """A fault of the program itself."""
        return Sentence(
            "danger",
            self.tr("Something in Soft Token itself went wrong."),
            self.tr("What is stored was written completely or not at all."),
            self.tr("Try again; if it happens again, report this: {0}").format(where),
        )

    def keyring(self, problem: KeyringProblem) -> str:
        """What is the matter with the system's keyring."""
        match problem:
            case KeyringProblem.MISSING:
                return self.tr("This system has no keyring, the place where programs keep their keys.")
            case KeyringProblem.LOCKED:
                return self.tr("The system's keyring is locked and stayed locked.")
            case KeyringProblem.NO_ANSWER:
                return self.tr("The system's keyring did not answer. It may be showing a question of its own.")
            case KeyringProblem.ITEM_MISSING:
                return self.tr("The system's keyring no longer has the key to your tokens.")
            case KeyringProblem.FAILED:
                return self.tr("The system's keyring reported a fault.")
            case KeyringProblem.NONE:
                return self.tr("The system's keyring was not used.")

    def _unchanged(self) -> str:
        return self.tr("Nothing was changed.")

    def _vault(self, error: VaultError) -> Sentence:
        match error:
            case VaultDamaged(row_id=str()):
                return Sentence(
                    "danger",
                    self.tr("A stored token is damaged and was not used."),
                    self.tr("It stays where it is, and the other tokens still work."),
                    self.tr("If your organisation issued it, ask for a new activation code."),
                )
            case VaultDamaged():
                return self._files.damaged(error)
            case VaultUntrusted():
                return self._files.untrusted(error)
            case VaultTooNew():
                return Sentence(
                    "warning",
                    self.tr("A newer Soft Token wrote your tokens (format {0}).").format(error.version),
                    self._unchanged(),
                    self.tr("Install the newest version on this computer."),
                )
            case VaultBusy():
                return Sentence(
                    "warning",
                    self.tr("Another program is using the file that holds your tokens."),
                    self._unchanged(),
                    self.tr("Wait a moment and try again."),
                )
            case VaultUnwritable():
                return self._files.unwritable(error)
            case VaultExists():
                return Sentence(
                    "warning",
                    self.tr("There are stored tokens already."),
                    self.tr("They were not touched."),
                    self.tr("Start Soft Token again to open them."),
                )
            case VaultClosed():
                return Sentence(
                    "warning",
                    self.tr("Your tokens were locked meanwhile."),
                    self._unchanged(),
                    self.tr("Open them again and repeat what you did."),
                )
            case NotStored():
                return Sentence(
                    "warning",
                    self.tr("This token is no longer here."),
                    self.tr("It was removed, perhaps in another window."),
                    self.tr("Go back to the list of tokens."),
                )
            case Tampered():
                return Sentence(
                    "danger",
                    self.tr("A part of the stored data is not what Soft Token wrote, and was not used."),
                    self.tr("Nothing was replaced or deleted."),
                    self.tr("If it stays so, put back a copy that was kept."),
                )
            case _:
                return Sentence(
                    "danger",
                    self.tr("The file that holds your tokens could not be used."),
                    self._unchanged(),
                    self.tr("Try again."),
                )

    def _unreachable(self, error: Unreachable, task: Task) -> Sentence:
        advice = self._network.advice(error) or self._network_advice(task)
        kept = self._sent(task, sent=error.sent)
        return Sentence("danger", self._network.what(error), kept, advice, "", error.log_correlation_id or "")

    def _sent(self, task: Task, *, sent: bool) -> str:
        match task:
            case Task.ACTIVATE if sent:
                return self.tr("The server may have your code already; nothing is lost by that.")
            case Task.ACTIVATE:
                return self.tr("Your activation code was not sent and is still good.")
            case Task.REACTIVATE if sent:
                return self.tr("Your token is as it was; the server may have your code already, and nothing is lost.")
            case Task.REACTIVATE:
                return self.tr("Your token is as it was. The activation code was not sent and is still good.")
            case Task.LOGIN | Task.TYPED_LOGIN if sent:
                return self.tr("The code may have reached the server, so it is not sent again.")
            case Task.LOGIN | Task.TYPED_LOGIN:
                return self.tr("The code was not sent.")
            case Task.STEP_UP if sent:
                return self.tr("The answer may have reached the server, so it is not sent again.")
            case Task.STEP_UP:
                return self.tr("The answer was not sent. The login stays open for a moment.")
            case Task.AWAIT_LOGIN:
                return self.tr("Whether the login was approved is not known.")
            case Task.APPROVE if sent:
                return self.tr("Whether the server took the approval is not known. The code is not sent again.")
            case Task.APPROVE:
                return self.tr("Nothing was approved. The request still waits.")
            case Task.DECLINE if sent:
                return self.tr("Whether the server took it is not known.")
            case Task.DECLINE:
                return self.tr("Nothing was declined. The request still waits.")
            case Task.LOOK:
                return self.tr("Whether something waits for your approval is not known.")
            case Task.RESYNCHRONISE if sent:
                return self.tr("The server may have resynchronised already. Your token is unchanged.")
            case Task.RESYNCHRONISE:
                return self.tr("Nothing was sent. Your token is unchanged.")
            case Task.CHANGE_PIN:
                return self.tr("The PIN was not changed: the old one still works.")
            case _:
                return self._unchanged()

    def _network_advice(self, task: Task) -> str:
        match task:
            case Task.ACTIVATE | Task.REACTIVATE:
                return self.tr("Check the network and try again: repeating is safe.")
            case Task.RESYNCHRONISE:
                return self.tr("Check the network and resynchronise again: repeating is safe.")
            case Task.STEP_UP | Task.AWAIT_LOGIN | Task.APPROVE | Task.DECLINE | Task.LOOK:
                return self.tr("Check the network and try again.")
            case Task.CHECK_SERVER:
                return self.tr("Check the address and the network, then test again.")
            case Task.CHANGE_PIN:
                return self.tr("The server has to be asked for this. Check the network and try again: that is safe.")
            case _:
                return self.tr(
                    "Making codes works without a network. Check the connection, then log in with a new code."
                )

    def _server(self, error: IaaError, task: Task) -> Sentence:
        kept = self._sent(task, sent=True)
        match error:
            case ServerFault():
                what = self.tr("The server has a fault ({0}).").format(error.http_status or "5xx")
                advice = self.tr("Try again later; if it stays so, tell your organisation.")
            case BadAnswer(fault=AnswerFault.REDIRECT | AnswerFault.NOT_JSON | AnswerFault.NOT_HTTP):
                what = self.tr("Something else than the server answered, perhaps the sign-in page of a network.")
                advice = self.tr("Open a web page in a browser, sign in to the network if it asks, then try again.")
            case BadAnswer():
                what = self.tr("The server gave an answer that Soft Token does not understand.")
                advice = self.tr("Check the server address; it may need a newer Soft Token.")
            case Forbidden():
                what = self.tr("The server does not let this computer in.")
                advice = self.tr("Ask your organisation whether this computer may use the server.")
            case NotFound():
                what = self.tr("The server does not know this.")
                advice = self.tr("Check the server address and the user name.")
            case ValidationFailed():
                what = self.tr("The server did not accept what was sent.")
                advice = self.tr("Check what you typed.")
            case DeliveryFailed():
                what = self.tr("The server could not deliver its message to your other device.")
                advice = self.tr("Try another way to log in.")
            case _:
                what = self.tr("The server refused this.")
                advice = self.tr("Ask your organisation.")
        return Sentence("danger", what, kept, advice, error.message, error.log_correlation_id or "")

    def _other(self, error: SoftTokenError) -> Sentence:
        # both modules are costly to import, and loaded already if their errors exist
        from softtoken.iaa.package import BadActivationMessage
        from softtoken.services.config import ConfigBroken

        match error:
            case BadActivationMessage():
                return Sentence(
                    "danger",
                    self.tr(
                        "The activation was refused here: what came back is not from a server that knows your code."
                    ),
                    self.tr("Nothing was stored."),
                    self.tr("Check the server address. If it is right, tell your organisation."),
                )
            case ConfigBroken():
                return Sentence(
                    "danger",
                    self.tr("The configuration file cannot be used: {0}").format(breakable(str(error.path))),
                    self._unchanged(),
                    self.tr("Correct it near {0}, or remove it.").format(error.place),
                )
            case _:
                return Sentence(
                    "danger",
                    self.tr("This did not work ({0}).").format(type(error).__name__),
                    self._unchanged(),
                    self.tr("Try again."),
                )
