"""The commands about this computer: its name, and the settings that are not a token's."""

import click

from softtoken.cli.context import Context
from softtoken.cli.options import command_options
from softtoken.services.events import (
    GetDeviceInformation,
    GetState,
    SetAtcResynchronizationBeforeEveryLogin,
    SetDeviceName,
    Status,
)


@click.command()
@click.option("--name", metavar="NAME", help="Call this computer so; an empty name takes it away.")
@command_options
def device(run: Context, name: str | None) -> None:
    """Show this computer's id and name, or name it. The name stays here: no server is told."""
    run.open_vault()
    if name is not None:
        status = run.controller.post(SetDeviceName(name)).status
        if status is Status.INVALID_PARAMETER:
            run.answer.refuse(status, text="A device name has at most 64 printable characters. Nothing was changed.")
        if status is not Status.OK:
            run.answer.refuse(status)
    known = run.controller.post(GetDeviceInformation())
    document = {"status": known.status.value, "device_id": known.device_id, "device_name": known.device_name}
    run.answer.end(known.status, document, f"id    {known.device_id}\nname  {known.device_name or '(none)'}")


@click.command()
@click.option(
    "--resync-before-login",
    type=click.Choice(["on", "off"]),
    help="Resynchronise a token's counter before every login (on unless switched off).",
)
@command_options
def settings(run: Context, resync_before_login: str | None) -> None:
    """Show the settings, or change one."""
    run.open_vault()
    if resync_before_login is not None:
        event = SetAtcResynchronizationBeforeEveryLogin(resync_before_login == "on")
        status = run.controller.post(event).status
        if status is Status.ACCESS_DENIED:
            text = "This installation's mc_config.json decides that (softtoken.resynchroniseBeforeLogin)."
            run.answer.refuse(status, text=text + " Nothing was changed.")
        if status is not Status.OK:
            run.answer.refuse(status)
    enabled = run.controller.post(GetState()).resynchronise_every_login
    text = f"resync-before-login  {'on' if enabled else 'off'}"
    run.answer.finish({"status": Status.OK.value, "resync_before_login": enabled}, text)


COMMANDS = (device, settings)
