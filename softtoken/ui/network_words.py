"""Sentences for a server that was not reached: the network, TLS, proxies, certificates and their files."""

from PySide6.QtCore import QObject

from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.ui.widgets.words import breakable


class NetworkWords(QObject):
    """What happened, and what to do where that does not depend on what the person was doing."""

    def what(self, error: Unreachable) -> str:
        if isinstance(error, OwnFileUnusable):
            return self._file(error.fault).format(self._role(error.role), breakable(str(error.path)))
        match error.reason:
            case Reason.REFUSED:
                return self.tr("The server does not accept connections.")
            case Reason.TIMED_OUT:
                return self.tr("The server did not answer in time.")
            case Reason.NAME_NOT_FOUND:
                return self.tr("There is no server of this name, or this computer has no network.")
            case Reason.LOST:
                return self.tr("The connection broke off before the answer was complete.")
            case Reason.TLS:
                return self.tr("The connection is not secure: the server could not prove who it is.")
            case Reason.NOT_TLS:
                return self.tr("Something answers there, but not with a secure connection.")
            case Reason.TLS_VERSION:
                return self.tr("The server offers no encryption that is still safe.")
            case Reason.UNKNOWN_AUTHORITY:
                return self.tr("The server's certificate comes from an authority that this computer does not know.")
            case Reason.INTERCEPTED:
                return self.tr("Something on the way to the server opens the connection, perhaps a proxy.")
            case Reason.SELF_SIGNED:
                return self.tr("The server signed its certificate itself, which proves nothing.")
            case Reason.SERVER_EXPIRED:
                return self.tr("The server's certificate has expired, or the clock of this computer is ahead.")
            case Reason.SERVER_NOT_YET_VALID:
                return self.tr("The server's certificate is not valid yet: often the clock of this computer is behind.")
            case Reason.WRONG_HOST:
                return self.tr("The server's certificate is for another name than the address that was given.")
            case Reason.OWN_FILE:
                return self.tr("A file that the connection needs cannot be used.")
            case Reason.OTHER:
                return self.tr("The server could not be reached.")
            case _:
                return self._certificate_or_proxy(error.reason)

    def advice(self, error: Unreachable) -> str | None:
        """None: what to do depends on the task."""
        if isinstance(error, OwnFileUnusable):
            return self._file_advice(error.fault)
        match error.reason:
            case Reason.TLS | Reason.SELF_SIGNED | Reason.PROXY_TLS:
                return self.tr("Do not go on by other means; tell your organisation.")
            case Reason.NOT_TLS:
                return self.tr("Check the server address. In a guest network, sign in to it first.")
            case Reason.TLS_VERSION:
                return self.tr("Tell your organisation: the server needs TLS 1.2 or later.")
            case Reason.UNKNOWN_AUTHORITY | Reason.INTERCEPTED:
                return self.tr(
                    "Do not go on by other means; ask your organisation. An authority of its own has to be named in "
                    "the configuration (caFile)."
                )
            case Reason.SERVER_EXPIRED | Reason.SERVER_NOT_YET_VALID:
                return self.tr("Check date and time of this computer. If they are right, tell your organisation.")
            case Reason.WRONG_HOST:
                return self.tr("Check the server address for mistakes. If it is right, tell your organisation.")
            case Reason.CERTIFICATE_REQUIRED:
                return self.tr("Ask your organisation, which issues it and names it in the configuration.")
            case Reason.CERTIFICATE_EXPIRED:
                return self.tr("Ask your organisation for a new one.")
            case Reason.CERTIFICATE_NOT_YET_VALID:
                return self.tr("Check date and time of this computer. If they are right, ask your organisation.")
            case Reason.CERTIFICATE_REFUSED:
                return self.tr("Ask your organisation whether it is the right one, and still good.")
            case Reason.PROXY_REFUSED:
                return self.tr("Ask your organisation to let the proxy pass connections to this server.")
            case Reason.PROXY_AUTHENTICATION:
                return self.tr("Ask your organisation: user and password of the proxy belong into the configuration.")
            case Reason.PROXY_SETTING:
                return self.tr("It has to begin with http:// or https://; SOCKS is not spoken. Ask your organisation.")
            case Reason.OWN_FILE:
                return self.tr("Ask your organisation, which set up the connection.")
            case _:
                return None

    def _certificate_or_proxy(self, reason: Reason) -> str:
        match reason:
            case Reason.CERTIFICATE_REQUIRED:
                return self.tr("The server wants a certificate of this computer, and there is none.")
            case Reason.CERTIFICATE_EXPIRED:
                return self.tr("The certificate of this computer has expired.")
            case Reason.CERTIFICATE_NOT_YET_VALID:
                return self.tr("The certificate of this computer is not valid yet, or its clock is behind.")
            case Reason.CERTIFICATE_REFUSED:
                return self.tr("The server does not accept the certificate of this computer.")
            case Reason.PROXY_UNREACHABLE:
                return self.tr("The proxy that leads to the server cannot be reached.")
            case Reason.PROXY_REFUSED:
                return self.tr("The proxy does not let this computer through to the server.")
            case Reason.PROXY_FAILED:
                return self.tr("The proxy could not reach the server.")
            case Reason.PROXY_AUTHENTICATION:
                return self.tr("The proxy wants a user name and a password, or did not accept them.")
            case Reason.PROXY_SETTING:
                return self.tr("The proxy setting of this computer is not one that can be used.")
            case Reason.PROXY_TLS:
                return self.tr("The connection to the proxy is not secure: it could not prove who it is.")
            case _:
                return self.tr("The server could not be reached.")

    def _role(self, role: FileRole) -> str:
        match role:
            case FileRole.AUTHORITIES:
                return self.tr("The file of your organisation's authorities")
            case FileRole.CERTIFICATE:
                return self.tr("The certificate of this computer")
            case FileRole.KEY:
                return self.tr("The private key of this computer")
            case FileRole.PKCS12:
                return self.tr("The PKCS#12 file of this computer")
            case FileRole.PASSPHRASE:
                return self.tr("The file with the passphrase of the private key")
            case FileRole.PROXY_PASSWORD:
                return self.tr("The file with the password of the proxy")

    def _file(self, fault: FileFault) -> str:
        """{0}: what the file is for. {1}: where it is."""
        match fault:
            case FileFault.MISSING:
                return self.tr("{0} is not where the configuration says: {1}")
            case FileFault.UNREADABLE:
                return self.tr("{0} cannot be read: {1}")
            case FileFault.FOREIGN:
                return self.tr("{0}, or its folder, belongs to another user: {1}")
            case FileFault.EXPOSED:
                return self.tr("{0} can be read or changed by others: {1}")
            case FileFault.FORMAT:
                return self.tr("{0} does not hold what it should: {1}")
            case FileFault.NO_KEY:
                return self.tr("{0} holds no private key: {1}")
            case FileFault.WRONG_KEY:
                return self.tr("{0} does not belong to the certificate: {1}")
            case FileFault.PASSPHRASE_NEEDED:
                return self.tr("{0} is locked with a passphrase: {1}")
            case FileFault.WRONG_PASSPHRASE:
                return self.tr("{0} is locked with another passphrase: {1}")
            case FileFault.UNSUITABLE:
                return self.tr("{0} is too weak or of a kind that cannot be used: {1}")

    def _file_advice(self, fault: FileFault) -> str:
        match fault:
            case FileFault.EXPOSED:
                return self.tr(
                    "Nobody but you may read or change it (chmod 600). If somebody may have read a key, ask your "
                    "organisation for a new one."
                )
            case FileFault.PASSPHRASE_NEEDED | FileFault.WRONG_PASSPHRASE:
                return self.tr("Ask your organisation: the configuration names a file for it (passphraseFile).")
            case _:
                return self.tr("Ask your organisation, which set up the connection.")
