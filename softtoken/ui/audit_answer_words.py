"""What the facts of an entry in the history mean: how something ended, by what way, which setting."""

from collections.abc import Mapping

from PySide6.QtCore import QObject

from softtoken.engine.tokens import ProtectionType
from softtoken.formats.shown_text import shown_text
from softtoken.services.events import Status
from softtoken.vault.audit import Fact

Facts = Mapping[str, Fact]


class AuditAnswerWords(QObject):
    """Parts of sentences. A word that is not known here, of a later release, is shown as it is."""

    def activation(self, facts: Facts) -> str:
        return self.tr("done.") if facts.get("status") == Status.OK else self._failed(facts)

    def pin_change(self, facts: Facts) -> str:
        return self.tr("changed.") if facts.get("status") == Status.OK else self._failed(facts)

    def resynchronisation(self, facts: Facts) -> str:
        return self.tr("done.") if facts.get("status") == Status.OK else self._failed(facts)

    def login(self, facts: Facts) -> str:
        """With the server's risk code and its id for support, where there are any."""
        match facts.get("status"):
            case Status.OK:
                told = self.tr("accepted.")
            case Status.NEGATIVE:
                told = self.tr("the server wants another step.")
            case Status.USER_CANCEL:
                told = self.tr("nobody waited for its end.")
            case _:
                told = self._failed(facts)
        return " ".join([told, *self._references(facts)])

    def approval(self, facts: Facts) -> str:
        if facts.get("status") != Status.OK:
            told = self._failed(facts)
        elif facts.get("decision") == "APPROVE":
            told = self.tr("approved.")
        else:
            told = self.tr("declined.")
        return " ".join([told, *self._references(facts)])

    def way(self, facts: Facts) -> str:
        """By what the tokens were opened."""
        match facts.get("by"):
            case "KEYRING":
                return self.tr("the system's keyring")
            case "PASSPHRASE":
                return self.tr("the passphrase")
            case "RECOVERY_CODE":
                return self.tr("the recovery code")
            case other:
                return shown_text(str(other))

    def lock(self, facts: Mapping[str, Fact]) -> str:
        """Why it was locked."""
        match facts.get("reason"):
            case "IDLE":
                return self.tr("Locked, after a time without use.")
            case "SESSION_LOCKED":
                return self.tr("Locked with the screen.")
            case "SUSPEND":
                return self.tr("Locked before the computer went to sleep.")
            case "USER_SWITCH":
                return self.tr("Locked, when another user took over.")
            case _:
                return self.tr("Locked.")

    def setting(self, name: str) -> str:
        match name:
            case "device_name":
                return self.tr("Name of this computer")
            case "resynchronise_before_login":
                return self.tr("Resynchronise before every login")
            case "lock_after":
                return self.tr("Seconds without use before it locks")
            case "login_data":
                return self.tr("What is sent with a login")
            case "look_for_approvals":
                return self.tr("Look for logins to approve")
            case "clock_correction":
                return self.tr("Seconds that codes are ahead of the clock")
            case "block_capture":
                return self.tr("Keep this window out of pictures of the screen")
            case "hide_codes":
                return self.tr("Show codes only when asked")
            case "system_log":
                return self.tr("Tell the system's log")
            case _:
                return shown_text(name)

    def value(self, value: Fact) -> str:
        match value:
            case True:
                return self.tr("on")
            case False:
                return self.tr("off")
            case None | "":
                return self.tr("empty")
            case _:
                return f"\u2068{shown_text(str(value))}\u2069"

    def protection(self, word: Fact) -> ProtectionType | None:
        """None for none, or for one of a later release."""
        return ProtectionType(word) if word in list(ProtectionType) else None

    def _failed(self, facts: Facts) -> str:
        """Why it came to nothing."""
        match facts.get("status"):
            case _ if facts.get("error"):
                return self.tr("it ended with a fault ({0}).").format(_word(facts.get("reason") or facts.get("error")))
            case Status.WRONG_CREDENTIALS:
                return self.tr("refused, the server did not accept what was sent.")
            case Status.LOCKED_USER:
                return self.tr("refused, the user is locked.")
            case Status.INVALID_USER_ID:
                return self.tr("refused, the server does not know this user.")
            case Status.ACCESS_DENIED:
                return self.tr("declined.")
            case Status.USER_CONFIRMATION_TIMEOUT:
                return self.tr("nobody answered in time.")
            case Status.INVALID_ACTIVATION_CODE:
                return self.tr("the activation code is wrong.")
            case Status.ACTIVATION_CODE_EXPIRED:
                return self.tr("the activation code is too old.")
            case Status.USER_ID_ALREADY_EXISTS:
                return self.tr("this user is here already.")
            case Status.NOT_SUPPORTED:
                return self.tr("the server does not offer it.")
            case other:
                return self.tr("it came to nothing ({0}).").format(_word(other))

    def _references(self, facts: Facts) -> list[str]:
        parts = []
        if (risk := facts.get("risk_response_code")) is not None:
            parts.append(self.tr("Risk code {0}.").format(risk))
        if correlation := facts.get("log_correlation_id"):
            parts.append(self.tr("For support: {0}").format(_word(correlation)))
        return parts


def _word(value: Fact) -> str:
    return f"\u2068{shown_text(str(value))}\u2069"
