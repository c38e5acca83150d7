"""The commands about this computer: its name, what a login tells of it, and its clock."""

import json
from typing import Any

import click

from softtoken.cli.context import Context
from softtoken.cli.hardening import hardening
from softtoken.cli.options import command_options
from softtoken.cli.server_words import correction_words
from softtoken.iaa.fingerprint import CddcExtent, CddcForm
from softtoken.services.events import (
    GetClockCorrection,
    GetDeviceInformation,
    GetLoginData,
    LoginData,
    RemoveClockCorrection,
    SetDeviceName,
    SetLoginData,
    Status,
)


@click.group(invoke_without_command=True)
@click.option("--name", metavar="NAME", help="Call this computer so; an empty name takes it away.")
@command_options
def device(run: Context, name: str | None) -> None:
    """Show this computer's id and name, or name it. The name stays here: no server is told."""
    if click.get_current_context().invoked_subcommand is not None:
        if name is not None:
            raise click.UsageError("--name goes with no further command")
        return
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


@device.command("data")
@click.option(
    "--send",
    type=click.Choice([extent.value for extent in CddcExtent]),
    help="Tell so much from now on: all of it, program and system only, or nothing.",
)
@command_options
def data(run: Context, send: str | None) -> None:
    """Show what a login tells the server of this computer (CDDC), exactly as it is sent, or reduce it.

    A window adds the sizes of the screen and of itself; a terminal has none.
    """
    run.open_vault()
    if send is not None:
        status = run.controller.post(SetLoginData(CddcExtent(send))).status
        if status is Status.ACCESS_DENIED:
            text = "This installation's mc_config.json decides that (softtoken.cddc). Nothing was changed."
            run.answer.refuse(status, text=text)
        if status is not Status.OK:
            run.answer.refuse(status)
    known = run.controller.post(GetLoginData())
    run.answer.end(known.status, _data_document(known), _data_text(known))


def _data_document(known: LoginData) -> dict[str, Any]:
    return {
        "status": known.status.value,
        "send": known.extent.value,
        "decided_by_configuration": known.decided,
        "user_agent": known.user_agent,
        "form": "mobileCDDC" if known.form is CddcForm.MOBILE else "browserCDDC",
        "cddc": json.loads("{" + known.cddc + "}").get("cddc"),
    }


def _data_text(known: LoginData) -> str:
    lines = [
        f"send        {known.extent.value}" + (" (mc_config.json decides)" if known.decided else ""),
        f"user agent  {known.user_agent} (with every request)",
    ]
    if known.cddc:
        lines += ["", "With a login, to the letter:", "", known.cddc]
    else:
        lines += ["", "A login tells nothing of this computer."]
    return "\n".join(lines)


@device.command("clock")
@click.option("--remove", is_flag=True, help="Codes go by this computer's clock again.")
@command_options
def clock(run: Context, remove: bool) -> None:  # noqa: FBT001 - click hands flags in by name
    """Show by how much codes are corrected (softtoken server test --correct-clock), or end that."""
    run.open_vault()
    if remove:
        status = run.controller.post(RemoveClockCorrection()).status
        if status is not Status.OK:
            run.answer.refuse(status)
    known = run.controller.post(GetClockCorrection())
    holds = known.correction
    document = {
        "status": known.status.value,
        "clock_correction": holds.seconds if holds else 0,
        "measured_at": holds.measured_at if holds else None,
        "server": holds.server if holds else None,
    }
    run.answer.end(known.status, document, correction_words(holds))


device.add_command(hardening)

COMMANDS = (device,)
