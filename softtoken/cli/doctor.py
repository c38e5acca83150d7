"""The command that looks for what is wrong, and says what to do about it."""

from typing import Any

import click

from softtoken.cli.backups import copy_row, copy_words
from softtoken.cli.context import Context
from softtoken.cli.faults import file_words, untrusted_words
from softtoken.cli.hardening import hardening_document, hardening_words
from softtoken.cli.options import command_options
from softtoken.cli.sentences import KEYRING_SENTENCES, keeps_nothing_words
from softtoken.services.events import CheckHealth, Health, RoundTrip, VaultCondition

_VAULT = {
    VaultCondition.ABSENT: "nothing is stored yet",
    VaultCondition.OPEN: "whole",
    VaultCondition.NEEDS_PASSPHRASE: "whole",
    VaultCondition.NEEDS_RECOVERY: "whole",
    VaultCondition.UNREADABLE: "cannot be read",
}


@click.command()
@command_options
def doctor(run: Context) -> None:
    """Look at folder, vault, keyring, copies and mc_config.json, and say what is wrong. Changes nothing.

    A key is given to the keyring, read back and deleted again. Exit status 1 if something needs attention.
    """
    health = run.controller.post(CheckHealth())
    advice = _advice(health)
    lines = [
        _line("folder", health.data_folder),
        _line("vault", _VAULT[health.vault] + (f" ({health.vault_fault})" if health.vault_fault else "")),
        _line("opens with", ", ".join(slot.lower() for slot in health.slots) or "not known"),
        _line("keyring", health.keyring_now or "none"),
        _line("key given to", health.keyring_recorded or "not known, or to none"),
        _line("round trip", _round_trip(health)),
        _line("mc_config.json", health.configuration or "cannot be used"),
        *(_line("process", words) for words in hardening_words()),
        *(_line(f"copy {copy.number}", copy_words(copy)) for copy in health.copies),
        *(_line("set aside", name) for name in health.set_aside),
        "",
        *(advice or ["Nothing needs attention."]),
    ]
    run.answer.finish(_document(health, advice), "\n".join(lines), 1 if advice else 0)


def _advice(health: Health) -> list[str]:
    """What needs attention, and what to do about it."""
    found = []
    if health.untrusted is not None:
        found.append(untrusted_words(health.untrusted))
    elif health.vault is VaultCondition.UNREADABLE and health.vault_fault != "VaultTooNew":
        if any(copy.whole for copy in health.copies):
            found.append("Put the newest copy in the place of the vault: softtoken restore --copy")
        else:
            found.append("There is no copy of the vault. Put one of your own back, or begin anew: softtoken reset")
    elif health.vault is VaultCondition.UNREADABLE:
        found.append("A newer version of Soft Token wrote the vault. Update the program.")
    if health.obstacle is not None:
        found.append(f"The folder takes no writing: {file_words(health.obstacle)}.")
    if health.configuration_fault is not None:
        found.append(
            f"mc_config.json cannot be used, so nothing starts. Correct or remove it: {health.configuration_fault}"
        )
    other = health.keyring_now not in {None, health.keyring_recorded} and health.keyring_recorded is not None
    if other:
        found.append(
            f"The vault's key was given to {health.keyring_recorded}, and this session uses {health.keyring_now}. "
            "Start that one instead, or give this one a key with the recovery code: softtoken recover"
        )
    if health.round_trip is RoundTrip.BAD:
        found.append(
            f"{KEYRING_SENTENCES[health.keyring_problem]} Unlock or start it; a vault can also be opened with its "
            "recovery code (softtoken recover), and a new one be made with a passphrase."
        )
    if health.round_trip is RoundTrip.READ_ONLY:
        found.append(keeps_nothing_words(health.keyring_problem))
    if any(not copy.whole for copy in health.copies):
        found.append("A copy is damaged, perhaps because the disk is failing. Others are not affected by it.")
    if health.set_aside:
        found.append("Damaged files were kept. Once everything works, delete them: they hold the same keys.")
    return found


def _round_trip(health: Health) -> str:
    match health.round_trip:
        case RoundTrip.GOOD:
            return "a key was kept, read back and deleted"
        case RoundTrip.BAD:
            return f"failed ({health.keyring_problem.value})"
        case RoundTrip.READ_ONLY:
            return f"read, but nothing is kept ({health.keyring_problem.value})"
        case RoundTrip.NOT_TRIED:
            return "not tried, since this vault needs no keyring"


def _line(name: str, value: str) -> str:
    return f"{name:<14} {value}"


def _document(health: Health, advice: list[str]) -> dict[str, Any]:
    return {
        "status": health.status.value,
        "healthy": not advice,
        "advice": advice,
        "data_folder": health.data_folder,
        "vault": health.vault.value,
        "vault_fault": health.vault_fault,
        "obstacle": health.obstacle,
        "slots": [slot.lower() for slot in health.slots],
        "keyring": health.keyring_now,
        "keyring_recorded": health.keyring_recorded,
        "round_trip": health.round_trip.value,
        "keyring_problem": health.keyring_problem.value,
        "configuration": health.configuration,
        "configuration_fault": health.configuration_fault,
        "hardening": hardening_document(),
        "copies": [copy_row(copy) for copy in health.copies],
        "set_aside": list(health.set_aside),
    }


COMMANDS = (doctor,)
