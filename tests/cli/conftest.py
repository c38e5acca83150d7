"""A terminal whose controller answers what a test tells it to, and the parts of a real one."""

import pytest
from cli.scripted import Terminal
from support.parts import clock, keystore, make_controller, make_tenant, tenant

__all__ = ["clock", "keystore", "make_controller", "make_tenant", "tenant", "terminal"]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    made = Terminal(monkeypatch, capsys)
    made.script()
    return made
