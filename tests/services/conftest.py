"""A real sandbox, real vaults and real HTTP for the tests of the services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from services.room import Room, furnished
from support.parts import clock, keystore, make_controller, make_tenant, tenant

__all__ = ["clock", "keystore", "make_controller", "make_tenant", "tenant"]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    yield from furnished(tmp_path, monkeypatch)


@pytest.fixture
def origin(room: Room) -> str:
    return room.network.add("one")
