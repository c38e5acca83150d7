"""The command `demo`; the window's half of it is in app."""

import tempfile
from pathlib import Path

import click

from softtoken import __version__
from softtoken.cli.answers import REFUSED
from softtoken.cli.run import Run


@click.command()
@click.option("--headless", is_flag=True, help="Tell the whole story in text instead of opening the window.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each step.")
@click.pass_obj
def demo(run_of_program: Run, headless: bool, as_json: bool) -> None:  # noqa: FBT001 - click hands flags in by name
    """Sandbox, demo user and window in one; a home of its own, never your vault.

    With --headless, in both PIN modes: register, activate, code, login, a wrong PIN and a replay refused; the counter
    out of step and resynchronised, online and through the help desk; a secure sequence, a signature and a forged one;
    a changed PIN. Exit 0 only if all of it was accepted or refused as it should be.
    """
    if not headless:
        raise click.UsageError("the window is opened by the program itself; here only --headless")
    from softtoken.cli.story import Story  # httpx and the sandbox, which no other command pays for
    from softtoken.demo import demo_tenant

    answer = run_of_program.answer_as(as_json=as_json)
    good = True
    with tempfile.TemporaryDirectory(prefix="softtoken-demo-") as folder:
        for verify_offline in (True, False):
            place = Path(folder) / ("pin-seen-here" if verify_offline else "pin-seen-by-server")
            # eight digits: a story that tells of refused codes may not have one be right by chance
            with demo_tenant(place / "sandbox", digits=8) as url:
                good &= Story(answer, url, place, verify_offline=verify_offline).tell()
    text = "All as it should be." if good else "Something was accepted or refused that should not have been."
    answer.say({"step": "verdict", "good": good, "version": __version__}, text)
    raise click.exceptions.Exit(0 if good else REFUSED)


COMMANDS = (demo,)
