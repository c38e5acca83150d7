"""The key by which a token's server is asked for logins to approve: kept, optional, and never shown."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from vault.vault_samples import Sample

from softtoken.vault import rows
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import TokenState, open_vault

KEY = bytes(range(32))
RELEASED = Path(__file__).parents[1] / "vaults"


def test_it_is_kept(sample: Sample) -> None:
    token = sample.managed.token
    with closing(sample.open()) as vault:
        vault.update_token(token.id, lambda state: replace(state, approval_key=KEY))
        vault.rename_token(token.id, "another", "name")
        vault.update_token(token.id, lambda state: replace(state, last_login=5))
    with closing(sample.open()) as vault:
        assert vault.token_state(token.id).approval_key == KEY


def test_a_row_without_it_has_none() -> None:
    assert rows.decode_token_state(b'{"logged_in_once": true, "pending": null}') == TokenState(logged_in_once=True)


@pytest.mark.parametrize("version", [1, 2])
def test_released_files_have_none(version: int, tmp_path: Path) -> None:
    path = tmp_path / "home" / "vault.sqlite"
    path.parent.mkdir(mode=0o700)
    path.write_bytes((RELEASED / f"format-{version}.sqlite").read_bytes())
    path.chmod(0o600)
    secret = KeyringSecret((b"k", b"K")[version - 1] * 32)
    with closing(open_vault(path, secret)) as vault:
        managed = vault.tokens().tokens[0]
        assert vault.token_state(managed.id).approval_key is None
        vault.update_token(managed.id, lambda state: replace(state, approval_key=KEY))
        assert vault.token_state(managed.id).approval_key == KEY


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY + b"\x00"])
def test_another_length_is_no_key(key: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        rows.encode_token_state(TokenState(approval_key=key))


def test_it_is_in_no_repr() -> None:
    assert "approval_key" not in repr(TokenState(approval_key=KEY))
