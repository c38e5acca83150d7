"""The command that shows and changes the settings which the window has, too."""

from typing import Any

import click

from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.cli.setting_values import SETTINGS, Known, Setting
from softtoken.services.events import GetSystemLog, Status

_KEYS = "\n".join(f"    {one.key:<20} {one.takes}" for one in SETTINGS)


@click.command(
    help=f"""Show the settings, or one of them; with VALUE change it.

    A window that is open goes by a change once it is unlocked or started again. What mc_config.json decides is said
    to be so, and cannot be changed here.

    \b
{_KEYS}
    """
)
@click.argument("key", required=False, type=click.Choice([one.key for one in SETTINGS]), metavar="[KEY]")
@click.argument("value", required=False)
@command_options
def settings(run: Context, key: str | None, value: str | None) -> None:
    """Show the settings, or change one."""
    chosen = next((one for one in SETTINGS if one.key == key), None)
    event = None
    if chosen is not None and value is not None:
        event = chosen.parse(value)  # before anybody is asked for a passphrase
    run.open_vault()
    if chosen is not None and event is not None:
        _change(run, chosen, run.controller.post(event).status)
    known = {one: one.read(run.controller) for one in SETTINGS}
    shown = known if chosen is None else {chosen: known[chosen]}
    run.answer.finish(_document(known), "\n".join(_line(one, told) for one, told in shown.items()))


def _change(run: Context, setting: Setting, status: Status) -> None:
    if status is Status.ACCESS_DENIED:
        text = f"This installation's mc_config.json decides that ({setting.decided_by}). Nothing was changed."
        run.answer.refuse(status, text=text)
    if status is Status.INVALID_PARAMETER:
        run.answer.refuse(status, text=f"{setting.key} takes {setting.takes}. Nothing was changed.")
    if status is not Status.OK:
        run.answer.refuse(status)
    if setting.key == "system-log":
        told = run.controller.post(GetSystemLog())
        if told.enabled and told.problem:
            run.answer.aside(f"The log did not take the first entry ({told.problem}); all of them are kept here, too.")


def _document(known: dict[Setting, Known]) -> dict[str, Any]:
    return {
        "status": Status.OK.value,
        **{one.key.replace("-", "_"): told.value for one, told in known.items()},
        "decided_by_configuration": [one.key.replace("-", "_") for one, told in known.items() if told.decided],
    }


def _line(setting: Setting, told: Known) -> str:
    notes = [f"mc_config.json decides: {setting.decided_by}"] if told.decided else []
    if told.note:
        notes.append(told.note)
    return f"{setting.key:<20} {setting.show(told.value)}" + (f"   ({'; '.join(notes)})" if notes else "")


COMMANDS = (settings,)
