"""The real program is locked from a terminal while it shows a code, and opened again by its passphrase alone."""

import os
from pathlib import Path

import pytest
from support.desktop import running_desktop
from support.program import PASSPHRASE, Program

LINK = "otpauth://totp/Northwind:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northwind"


@pytest.fixture
def program(own_home: Path) -> Program:
    program = Program(own_home)
    added = program.run("add", "-", stdin=LINK + "\n")
    assert added.returncode == 0, added.stderr
    return program


def test_a_window_is_locked_from_a_terminal(program: Program) -> None:
    with running_desktop(program.home) as desktop:
        desktop.type("Passphrase", PASSPHRASE)
        desktop.click("Open")
        desktop.sees("anna")
        told = program.run("lock", passphrase=None)
        assert (told.returncode, told.stdout) == (0, "Locked 1 window(s).\n")
        desktop.sees("Your tokens are locked")
        assert not any("anna" in text for text in desktop.look()["texts"])
        desktop.type("Passphrase", PASSPHRASE + "!")
        desktop.click("Open")
        desktop.sees("That did not open your tokens.")
        desktop.type("Passphrase", PASSPHRASE)
        desktop.click("Open")
        desktop.sees("anna")
        assert desktop.end() == 0
    assert [name for name in os.listdir(program.home) if name.startswith("doorbell")] == []
    # a command opens the vault for itself, with the passphrase
    assert program.run("list").returncode == 0
