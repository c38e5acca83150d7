"""A sandbox tenant with a demo user, for the demo's window and for its headless story."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from softtoken.clock import SystemClock
from softtoken.engine.activation_code import format_activation_code
from softtoken.errors import SoftTokenError
from softtoken.iaa.fingerprint import new_session_id
from softtoken.iaa.messages import ActivationType, RegisterRequest
from softtoken.manifest import app_digest

if TYPE_CHECKING:
    from softtoken.iaa.client import IaaClient

DEMO_USER = "demo"


class SandboxNotInstalled(SoftTokenError):  # noqa: N818 - named after what happened
    """The sandbox is an optional part (softtoken[sandbox]) and is not there."""


@contextmanager
def demo_tenant(folder: Path, digits: int = 6) -> Iterator[str]:
    """Run a sandbox over this folder; gives its URL. digits: of its codes. Raises SandboxNotInstalled, CannotListen."""
    try:
        from softtoken.sandbox.server import SandboxServer
        from softtoken.sandbox.settings import SandboxSettings
    except ImportError as error:
        raise SandboxNotInstalled(error.name) from error
    settings = SandboxSettings(data_folder=folder, app_digests=(app_digest(),), clock=SystemClock(), digits=digits)
    server = SandboxServer(settings)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def register_demo_user(client: "IaaClient") -> str:
    """Register the demo user as an organisation would; the activation code."""
    request = RegisterRequest(
        user_id=DEMO_USER,
        activation_type=ActivationType.OFFLINE_MDL,
        client_ip="127.0.0.1",
        relationship_ref=DEMO_USER,
        session_id=new_session_id(),
    )
    answer = client.register(request)
    if answer.registration_id is None or answer.activation_password is None:
        raise ValueError("the sandbox gave no registration")
    return format_activation_code(answer.registration_id, answer.activation_password)
