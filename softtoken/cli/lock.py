"""The command that locks the windows over this data folder."""

import click

from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.services.doorbell import ring
from softtoken.services.events import Status

_PATIENCE = 10.0
"""Seconds that a window has to forget its keys and say so."""


@click.command()
@command_options
def lock(run: Context) -> None:
    """Lock every open window: its keys are forgotten, and whoever wants to go on has to unlock it.

    Needs no secret, and opens nothing. A command in another terminal opens the vault for itself and is not locked.
    """
    rung = ring(run.home, _PATIENCE)
    if rung.silent:
        run.answer.refuse(
            Status.FAILED,
            f"{rung.silent} window(s) did not say that they are locked, so they may still be open; {rung.locked} did",
        )
    text = f"Locked {rung.locked} window(s)." if rung.locked else "No window is open here, so nothing was locked."
    run.answer.finish({"status": Status.OK.value, "locked": rung.locked}, text)


COMMANDS = (lock,)
