"""The command that runs the sandbox server alone."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from softtoken.cli.answers import ENVIRONMENT
from softtoken.cli.run import Run
from softtoken.cli.secrets import ask
from softtoken.clock import SystemClock
from softtoken.manifest import app_digest

if TYPE_CHECKING:
    from softtoken.sandbox.settings import SandboxSettings
    from softtoken.sandbox.tls import CertificateUnusable, Problem, Tls

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="What others call this computer; may be repeated.")
@click.option("--tls-cert", type=_FILE, metavar="PEM", help="Serve HTTPS with this certificate and its chain.")
@click.option("--tls-key", type=_FILE, metavar="PEM", help="Its key, without a passphrase (default: in the same file).")
@click.option("--self-signed", is_flag=True, help="Serve HTTPS with a certificate made here, for --host and --name.")
@click.option("--admin-password-fd", type=int, metavar="N", help="Read an administration password from descriptor N.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Keep users and counters in this folder.")
@click.option("--json", "as_json", is_flag=True, help='Print {"url": ...} once it accepts connections.')
@click.pass_obj
def sandbox(
    run_of_program: Run,
    host: str,
    port: int,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    self_signed: bool,  # noqa: FBT001 - click
    admin_password_fd: int | None,
    data: Path | None,
    as_json: bool,  # noqa: FBT001 - click
) -> None:
    """Run a server that plays an IAA tenant and verifies real codes. Ctrl+C ends it.

    Beyond this computer (--host) it wants TLS and an administration password, which it asks for.
    """
    answer = run_of_program.answer_as(as_json=as_json)
    try:
        from softtoken.sandbox.server import CannotListen, SandboxServer
        from softtoken.sandbox.settings import is_loopback
        from softtoken.sandbox.store import StoreUnusable
        from softtoken.sandbox.tls import CertificateUnusable
    except ImportError:
        text = "The sandbox's parts are not installed. Install them with: pip install 'softtoken[sandbox]'"
        answer.finish({"status": "ENVIRONMENT", "message": text}, text, ENVIRONMENT)
    folder = data or run_of_program.home.folder / "sandbox"
    try:
        _check_certificate_options(tls_cert, tls_key, self_signed=self_signed)
        if not is_loopback(host) and tls_cert is None and not self_signed:
            raise click.UsageError(
                f"--host {host}: beyond this computer the sandbox serves HTTPS only. Add --self-signed, or --tls-cert"
                " and --tls-key"
            )
        hashed = None
        if not is_loopback(host) or admin_password_fd is not None:
            hashed = _hashed_password(admin_password_fd)
        settings = _settings(folder, host, port, names, tls_cert, tls_key, hashed, self_signed=self_signed)
        server = SandboxServer(settings)
        server.start()
    except StoreUnusable as error:
        text = f"The sandbox's file {error.path} cannot be used ({error.reason}). It was left as it is. Choose --data."
        answer.finish({"status": "ENVIRONMENT", "message": text}, text, ENVIRONMENT)
    except CertificateUnusable as error:
        text = _describe(error)
        answer.finish({"status": "ENVIRONMENT", "message": text}, text, ENVIRONMENT)
    except CannotListen as error:
        text = (
            f"The sandbox cannot listen on {host}:{port}: {error.reason}. Choose another --port, or 0 for a free one."
        )
        answer.finish({"status": "ENVIRONMENT", "message": text}, text, ENVIRONMENT)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        fields, lines = _told(settings, folder, self_signed=self_signed)
        answer.say(
            {"url": server.url, **fields},
            "\n".join(
                (
                    f"Sandbox tenant at {server.url}",
                    *lines,
                    "Open it in a browser to register a user. Ctrl+C ends it.",
                )
            ),
        )
        stopped.wait()
    finally:
        server.stop()


def _check_certificate_options(tls_cert: Path | None, tls_key: Path | None, *, self_signed: bool) -> None:
    if self_signed and (tls_cert or tls_key):
        raise click.UsageError("--self-signed and --tls-cert exclude each other")
    if tls_key is not None and tls_cert is None:
        raise click.UsageError("--tls-key needs --tls-cert")


def _hashed_password(descriptor: int | None) -> str:
    """Argon2id; the password itself is not kept."""
    from softtoken.sandbox.administration import SHORTEST_PASSWORD
    from softtoken.sandbox.passwords import hash_password

    password = ask("Administration password", "--admin-password-fd", descriptor, twice=True)
    if len(password) < SHORTEST_PASSWORD:
        raise click.UsageError(f"an administration password has at least {SHORTEST_PASSWORD} characters")
    return hash_password(password)


def _settings(
    folder: Path,
    host: str,
    port: int,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    hashed: str | None,
    *,
    self_signed: bool,
) -> "SandboxSettings":
    from softtoken.sandbox.settings import NeedsNames, SandboxSettings

    clock = SystemClock()
    tls = _certificate(folder, host, names, clock.now()) if self_signed else _given(tls_cert, tls_key)
    try:
        return SandboxSettings(
            data_folder=folder,
            app_digests=(app_digest(),),
            host=host,
            port=port,
            hosts=names,
            clock=clock,
            tls=tls,
            admin_password_hash=hashed,
        )
    except NeedsNames:
        raise click.UsageError(
            f"--host {host} stands for all addresses: say with --name what others call this computer"
        ) from None


def _given(tls_cert: Path | None, tls_key: Path | None) -> "Tls | None":
    from softtoken.sandbox.tls import Tls

    return Tls(tls_cert, tls_key or tls_cert) if tls_cert is not None else None


def _certificate(folder: Path, host: str, names: tuple[str, ...], now: int) -> "Tls":
    from softtoken.sandbox.settings import is_everywhere
    from softtoken.sandbox.tls import self_signed

    own = () if is_everywhere(host) else (host,)
    try:
        return self_signed(folder, (*own, *names), now)
    except ValueError:
        raise click.UsageError("--self-signed: a --name is no host name or address") from None


def _told(settings: "SandboxSettings", folder: Path, *, self_signed: bool) -> tuple[dict[str, Any], list[str]]:
    """What the start says beyond the address."""
    from softtoken.sandbox.tls import CERTIFICATE_FILE, fingerprint

    if settings.tls is None:
        return {}, []
    digest = fingerprint(settings.tls.certificate)
    fields, lines = {"fingerprint": digest}, [f"Certificate SHA-256 {digest}"]
    if self_signed:
        path = str(folder / CERTIFICATE_FILE)
        fields["certificate"] = path
        lines.append(f"Others may trust {path}; it holds no key.")
    return fields, lines


def _describe(error: "CertificateUnusable") -> str:
    return f"{error.path}: {_PROBLEMS[error.problem]} Nothing was started."


_PROBLEMS: "dict[Problem, str]" = {
    "unreadable": "the file cannot be read.",
    "no certificate": "there is no PEM certificate in it.",
    "no matching key": "there is no PEM key of the certificate in it.",
    "encrypted key": "the key has a passphrase. Take it off, or use --self-signed.",
    "expired": "the certificate has expired.",
    "not yet valid": "the certificate is not valid yet. Is this computer's clock right?",
}
COMMANDS = (sandbox,)
