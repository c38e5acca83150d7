"""How a token is named and described."""

from PySide6.QtCore import QObject

from softtoken.engine.tokens import Token, TokenType
from softtoken.ui.widgets.protection_picker import ProtectionNames


class TokenNames(QObject):
    """issuer and account stand for two lines; a token without an issuer is named by its account."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._protections = ProtectionNames(self)

    def heading(self, token: Token) -> str:
        return token.issuer or self.account(token) or self.tr("Token without a name")

    def account(self, token: Token) -> str:
        if token.account is not None:
            return f"{token.account.user_id}@{token.account.domain}"
        return token.name

    def with_tenant(self, token: Token) -> str:
        """One line that tells users of several tenants apart."""
        account = self.account(token)
        if token.account is not None and token.account.tenant != token.account.domain:
            account = self.tr("{0} (tenant {1})").format(account, token.account.tenant)
        return f"{token.issuer} – {account}" if token.issuer else account

    def server(self, token: Token) -> str:
        return token.account.origin if token.account is not None else ""

    def kind(self, token: Token) -> str:
        match token.profile.type:
            case TokenType.MANAGED:
                return self.tr("Managed")
            case TokenType.TOTP:
                return self.tr("Time-based")
            case TokenType.HOTP:
                return self.tr("Counter-based")

    def protections(self, token: Token) -> tuple[str, ...]:
        """Only where there is a choice to know of."""
        if token.profile.type is not TokenType.MANAGED:
            return ()
        return tuple(self._protections.name(protection) for protection in token.protections)
