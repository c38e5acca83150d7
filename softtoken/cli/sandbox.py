"""The command that runs the sandbox server alone."""

import signal
import threading
from pathlib import Path

import click

from softtoken.cli.answers import ENVIRONMENT
from softtoken.cli.run import Run
from softtoken.clock import SystemClock
from softtoken.manifest import app_digest


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; loopback only.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Keep users and counters in this folder.")
@click.option("--json", "as_json", is_flag=True, help='Print {"url": ...} once it accepts connections.')
@click.pass_obj
def sandbox(run_of_program: Run, host: str, port: int, data: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click
    """Run a local server that plays an IAA tenant and verifies real codes. Ctrl+C ends it."""
    answer = run_of_program.answer_as(as_json=as_json)
    try:
        from softtoken.sandbox.server import CannotListen, SandboxServer
        from softtoken.sandbox.settings import NeedsTls, SandboxSettings
        from softtoken.sandbox.store import StoreUnusable
    except ImportError:
        text = "The sandbox's parts are not installed. Install them with: pip install 'softtoken[sandbox]'"
        answer.finish({"status": "ENVIRONMENT", "message": text}, text, ENVIRONMENT)
    try:
        settings = SandboxSettings(
            data_folder=data or run_of_program.home.folder / "sandbox",
            app_digests=(app_digest(),),
            host=host,
            port=port,
            clock=SystemClock(),
        )
        server = SandboxServer(settings)
        server.start()
    except NeedsTls:
        raise click.UsageError(
            f"--host {host}: the sandbox speaks plain HTTP, so it listens on loopback only"
        ) from None
    except StoreUnusable as error:
        text = f"The sandbox's file {error.path} cannot be used ({error.reason}). It was left as it is. Choose --data."
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
        answer.say(
            {"url": server.url},
            f"Sandbox tenant at {server.url}\nOpen it in a browser to register a user. Ctrl+C ends it.",
        )
        stopped.wait()
    finally:
        server.stop()


COMMANDS = (sandbox,)
