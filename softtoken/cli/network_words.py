"""What kept a server from being reached, for a terminal: what happened, and what helps."""

from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable

_CA = "If your organisation has an authority of its own, mc_config.json has to name it (caFile)."
_CLOCK = "Check this computer's date and time; if they are right, tell your organisation."
_TELL = "Do not go on by other means; tell your organisation."
_AGAIN = "Try again."

_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.REFUSED: ("it refuses connections", _AGAIN),
    Reason.TIMED_OUT: ("it did not answer in time", _AGAIN),
    Reason.NAME_NOT_FOUND: ("its name is not known", _AGAIN),
    Reason.LOST: ("the connection was lost", _AGAIN),
    Reason.OTHER: ("the connection failed", _AGAIN),
    Reason.TLS: ("its certificate could not be verified", _TELL),
    Reason.NOT_TLS: (
        "what answers there does not speak TLS",
        "Is the address right? A guest network may want a sign-in.",
    ),
    Reason.TLS_VERSION: ("it has no TLS 1.2 or later, or no cipher in common", "Tell your organisation."),
    Reason.UNKNOWN_AUTHORITY: ("its certificate is from an authority that is not trusted here", f"{_TELL} {_CA}"),
    Reason.INTERCEPTED: ("a proxy seems to open the connection, with a certificate of its own", f"{_TELL} {_CA}"),
    Reason.SELF_SIGNED: ("it signed its certificate itself", _TELL),
    Reason.SERVER_EXPIRED: ("its certificate has expired, or the clock here is ahead", _CLOCK),
    Reason.SERVER_NOT_YET_VALID: ("its certificate is not valid yet; often the clock here is behind", _CLOCK),
    Reason.WRONG_HOST: ("its certificate is for another name", "Is the address right? If so, tell your organisation."),
    Reason.CERTIFICATE_REQUIRED: (
        "it wants a device certificate, and there is none",
        "Ask your organisation for one; mc_config.json names it (clientCertificate).",
    ),
    Reason.CERTIFICATE_EXPIRED: ("this device's certificate has expired", "Ask your organisation for a new one."),
    Reason.CERTIFICATE_NOT_YET_VALID: ("this device's certificate is not valid yet", _CLOCK),
    Reason.CERTIFICATE_REFUSED: (
        "it does not accept this device's certificate",
        "Ask your organisation whether it is the right one, and still good.",
    ),
    Reason.OWN_FILE: ("a file that mc_config.json names cannot be used", "Ask your organisation."),
    Reason.PROXY_UNREACHABLE: ("the proxy before it does not answer", "Check the network and the proxy setting."),
    Reason.PROXY_REFUSED: ("the proxy does not allow it", "Ask your organisation to allow this server."),
    Reason.PROXY_FAILED: ("the proxy could not reach it", _AGAIN),
    Reason.PROXY_AUTHENTICATION: (
        "the proxy wants user and password, or others (Basic alone is spoken here)",
        "mc_config.json names them (proxyUser, proxyPasswordFile).",
    ),
    Reason.PROXY_SETTING: ("the proxy setting is no address of an http or https proxy", "Correct the setting."),
    Reason.PROXY_TLS: ("the proxy's own certificate could not be verified", _TELL),
}
_ROLES = {
    FileRole.AUTHORITIES: "the file of authorities",
    FileRole.CERTIFICATE: "the device certificate",
    FileRole.KEY: "the private key",
    FileRole.PKCS12: "the PKCS#12 file",
    FileRole.PASSPHRASE: "the passphrase's file",
    FileRole.PROXY_PASSWORD: "the proxy password's file",
}
_FAULTS = {
    FileFault.MISSING: "is missing",
    FileFault.UNREADABLE: "cannot be read",
    FileFault.FOREIGN: "or its folder belongs to another user",
    FileFault.EXPOSED: "can be read or changed by others (chmod 600 helps; a key that was read has to be replaced)",
    FileFault.FORMAT: "does not hold what it should",
    FileFault.NO_KEY: "holds no private key",
    FileFault.WRONG_KEY: "does not belong to the certificate",
    FileFault.PASSPHRASE_NEEDED: "is locked with a passphrase (passphraseFile names a file with it)",
    FileFault.WRONG_PASSPHRASE: "is locked with another passphrase",
    FileFault.UNSUITABLE: "has a key that is too weak or of a kind that is not used",
}


def unreachable_words(error: Unreachable) -> str:
    """What happened, whether anything was lost, what to do."""
    if isinstance(error, OwnFileUnusable):
        return f"Nothing was sent: {_ROLES[error.role]} {_FAULTS[error.fault]}: {error.path}. Nothing is lost."
    why, advice = _REASONS[error.reason]
    sent = " The request may have arrived; if it carried a code, that code is used up." if error.sent else ""
    correlation = f" (log-correlation-id {error.log_correlation_id})" if error.log_correlation_id else ""
    return f"The server cannot be reached: {why}.{sent} Nothing is lost. {advice}{correlation}"
