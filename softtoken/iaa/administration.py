"""The calls of an organisation's administrator: users and authenticators.

Outside the vendor's sandbox they need the organisation's certificate, which can delete users: never on a desktop.
"""

from softtoken.iaa.address import path_segment, user_path
from softtoken.iaa.calls import Repeat, ServerCalls
from softtoken.iaa.checks import check_text
from softtoken.iaa.readers import check_done
from softtoken.iaa.user_wire import (
    authenticators_query,
    changes_body,
    read_authenticators,
    read_user,
    read_users,
    users_query,
)
from softtoken.iaa.users import (
    AuthenticatorPage,
    AuthenticatorQuery,
    UserChanges,
    UserPage,
    UserRecord,
    check_part,
)


class IaaAdministration(ServerCalls):
    """Every method raises an IaaError; InvalidRequest or BadAddress before anything is sent. user: `user@domain`."""

    def user(self, user: str) -> UserRecord:
        """GET /v1/users/{user}."""
        return self.call("GET", f"users/{user_path(user)}", repeat=Repeat.ALWAYS).read(read_user)

    def users(self, *, domain: str | None = None, offset: int = 0, limit: int = 20) -> UserPage:
        """GET /v1/users. The names of more criteria than these are not public."""
        check_text("domain", domain, 1, 255)
        check_part(offset, limit)
        return self.call("GET", f"users{users_query(domain, offset, limit)}", repeat=Repeat.ALWAYS).read(read_users)

    def create_user(self, user: str, settings: UserChanges | None = None) -> None:
        """PUT /v1/users/{user}."""
        self._write("PUT", user, settings or UserChanges())

    def change_user(self, user: str, changes: UserChanges) -> None:
        """PATCH /v1/users/{user}."""
        self._write("PATCH", user, changes)

    def delete_user(self, user: str) -> None:
        """DELETE /v1/users/{user}: at once; `IaaClient.unregister` asks the risk engine first."""
        self.call("DELETE", f"users/{user_path(user)}").read(check_done)

    def unlock(self, user: str) -> None:
        """POST /v1/users/{user}/unlock. The endpoint is documented, a body is not: an empty object."""
        self.call("POST", f"users/{user_path(user)}/unlock", {}).read(check_done)

    def authenticators(self, query: AuthenticatorQuery) -> AuthenticatorPage:
        """GET /v1/authenticators."""
        path = f"authenticators{authenticators_query(query)}"
        return self.call("GET", path, repeat=Repeat.ALWAYS).read(read_authenticators)

    def assign(self, serial_number: str, user_id: str, domain: str) -> None:
        """POST /v1/authenticators/{sn}/assign."""
        check_text("user_id", user_id, 1, 255)
        check_text("domain", domain, 1, 255)
        body = {"domain": domain, "userID": user_id}
        self.call("POST", f"authenticators/{path_segment(serial_number)}/assign", body).read(check_done)

    def unassign(self, serial_number: str) -> None:
        """POST /v1/authenticators/{sn}/unassign, without a body. serial_number: the licence's, without its `-n`."""
        self.call("POST", f"authenticators/{path_segment(serial_number)}/unassign").read(check_done)

    def _write(self, method: str, user: str, settings: UserChanges) -> None:
        secrets = (settings.static_password,) if settings.static_password else ()
        self.call(method, f"users/{user_path(user)}", changes_body(settings), secrets).read(check_done)
