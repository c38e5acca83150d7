"""What a risk code and a session status mean, in words."""

from PySide6.QtCore import QObject

from softtoken.services.events import LoginResult


class RiskWords(QObject):
    """Source of the meanings: iaa-api 6.3 and 6.4."""

    def risk(self, result: LoginResult) -> str:
        """The risk code with its name and meaning."""
        code = result.risk_response_code
        if code is None:
            return self.tr("not part of the answer")
        name = result.risk or self.tr("a code of this organisation's own")
        return self.tr("{0}, {1}: {2}").format(code, name, self._risk_meaning(code))

    def session(self, result: LoginResult) -> str:
        """The session status with its meaning."""
        status = result.session_status
        if status is None:
            return self.tr("not part of the answer")
        match status:
            case "accepted":
                meaning = self.tr("completed")
            case "pending":
                meaning = self.tr("waiting for you")
            case "refused":
                meaning = self.tr("refused by the user")
            case "timeout":
                meaning = self.tr("no response in time")
            case "failed" | "failure":
                meaning = self.tr("the code was not valid")
            case "unknown":
                meaning = self.tr("handled elsewhere, or not known any more")
            case _:
                meaning = self.tr("a status that Soft Token does not know")
        return self.tr("{0}: {1}").format(status, meaning)

    def _risk_meaning(self, code: int) -> str:
        match code:
            case 0:
                return self.tr("no further measure is needed")
            case 1:
                return self.tr("the login is declined")
            case 2:
                return self.tr("the static password is wanted")
            case 3:
                return self.tr("a code sent by SMS is wanted")
            case 4:
                return self.tr("a code of a device is wanted, without a second factor")
            case 5:
                return self.tr("a code protected by PIN or fingerprint is wanted")
            case 6 | 7:
                return self.tr("a confirmation on another device is wanted")
            case 8:
                return self.tr("a code sent by e-mail is wanted")
            case 10:
                return self.tr("the answer to a challenge is wanted")
            case 11:
                return self.tr("a scanned image is wanted")
            case 13:
                return self.tr("a code given by phone call is wanted")
            case 14 | 25:
                return self.tr("a security key is wanted")
            case 21:
                return self.tr("the approval of a trusted device is wanted, without a PIN")
            case 22:
                return self.tr("the approval of a trusted device is wanted, with its PIN")
            case 23 | 24:
                return self.tr("the approval of a trusted device is wanted, with fingerprint or face")
            case _:
                return self.tr("its meaning is not published")
