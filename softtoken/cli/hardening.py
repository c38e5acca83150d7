"""The command that says how the running program is protected from others of the same user."""

import click

from softtoken import hardening as process
from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.hardening import Measure, Standing
from softtoken.services.events import Status

_MEASURES = {
    Measure.NO_CORE_DUMPS: "no core dumps",
    Measure.NO_TRACING: "no tracing by other programs",
    Measure.NO_CRASH_REPORTS: "no crash reports",
    Measure.SAFE_LIBRARY_SEARCH: "libraries from safe folders only",
    Measure.PRIVATE_FILES: "new files for this user only",
}

_STANDINGS = {
    Standing.ON: "on",
    Standing.REFUSED: "off: the system refused it",
    Standing.LEFT_OUT: f"off: {process.DEBUGGABLE} is set",
    Standing.IN_SNAP: "off: it would cut a snap off from the desktop",
    Standing.NOT_YET: "off",
}


@click.command()
@command_options
def hardening(run: Context) -> None:
    """Show how this program is protected while it runs, as `softtoken` in a terminal and as a window alike."""
    document = {"status": Status.OK.value, **hardening_document()}
    run.answer.finish(document, "\n".join(hardening_words()))


def hardening_document() -> dict[str, str]:
    """The same for programs: each measure's standing."""
    return {one.measure.value.lower(): one.standing.value for one in process.report()}


def hardening_words() -> tuple[str, ...]:
    """A line for each measure that this system knows."""
    return tuple(f"{_MEASURES[one.measure]}: {_STANDINGS[one.standing]}" for one in process.report())
