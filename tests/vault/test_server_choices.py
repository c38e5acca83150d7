"""What a person chose about servers: a setting of its own, read by the document alone, lost without harm."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from vault.test_vault_format import Reader
from vault.vault_samples import Sample

from softtoken.clock import ClockCorrection
from softtoken.vault.store import ServerChoices, VaultOptions

CLOCK = ClockCorrection(-37, 1_800_000_000, "https://gateway.example")


def test_an_outsider_reads_them_with_the_document_alone(sample: Sample) -> None:
    with closing(sample.open()) as vault:
        assert vault.server_choices() == ServerChoices()
        vault.update_server_choices(lambda choices: replace(choices, login_data="minimal"))
        vault.update_server_choices(lambda choices: replace(choices, clock=CLOCK))
    reader = Reader(sample.path, "KEYRING", sample.keyring.device_key)
    with closing(reader.connection):
        stored = reader.setting("server_choices")
        assert stored["login_data"] == "minimal"
        assert stored["clock"] == {"seconds": -37, "measured_at": 1_800_000_000, "server": CLOCK.server}
        assert reader.setting("head")["digest"] == reader.digest(), "a choice that was put back is noticed"
    with closing(sample.open()) as vault:
        assert vault.server_choices() == ServerChoices("minimal", CLOCK)
        assert vault.options() == VaultOptions()


def test_what_changes_nothing_writes_nothing(sample: Sample) -> None:
    with closing(sample.open()) as vault:
        vault.update_server_choices(lambda choices: replace(choices, clock=CLOCK))
        before = vault.generation()
        vault.update_server_choices(lambda choices: choices)
        assert vault.generation() == before


@pytest.mark.parametrize("body", [b"", b"rubbish" * 9])
def test_a_damaged_note_counts_as_the_defaults(sample: Sample, body: bytes) -> None:
    with closing(sample.open()) as vault:
        vault.update_server_choices(lambda _: ServerChoices("none", CLOCK))
    with closing(sqlite3.connect(sample.path)) as connection:
        connection.execute("UPDATE setting SET body = ? WHERE name = 'server_choices'", (body,))
        connection.commit()
    with closing(sample.open()) as vault:
        assert vault.server_choices() == ServerChoices()
