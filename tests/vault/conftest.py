"""A small vault with one token of each kind, and the secrets that open it."""

from pathlib import Path

import pytest
from vault.vault_samples import Entry, Sample, hotp_entry, managed_entry, masked_entry

from softtoken.vault.slots import KeyringSecret, new_device_key, new_recovery_secret
from softtoken.vault.store import create_vault, new_id


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    path = tmp_path / "home" / "vault.sqlite"
    made = Sample(
        path,
        new_id(),
        KeyringSecret(new_device_key()),
        new_recovery_secret(),
        managed_entry(),
        hotp_entry(),
        masked_entry(),
    )
    vault = create_vault(path, made.vault_id, [made.keyring, made.recovery])
    for entry in made.entries:
        vault.add_token(entry.token, entry.credentials, entry.state)
    vault.close()
    return made


@pytest.fixture
def entry() -> Entry:
    """A token that is in no vault yet."""
    return hotp_entry()
