"""The Protocol's own parts, the system that has nothing, and which system is taken."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.flows import MemoryKeystore
from vault.biometrics.contract import KEY, refused

from softtoken.vault.biometrics.current import current_biometrics
from softtoken.vault.biometrics.none import NoBiometrics
from softtoken.vault.biometrics.protocol import BiometricProblem, Biometrics, Cancellation, Prompt


def _prompt(reason: str = "test") -> Prompt:
    return Prompt(reason, lambda _: None, Cancellation(), 1)


def test_no_biometrics_are_not_supported() -> None:
    system: Biometrics = NoBiometrics()
    assert system.problem() is BiometricProblem.NOT_SUPPORTED
    with refused(BiometricProblem.NOT_SUPPORTED):
        system.wrap(KEY, "c", _prompt())
    with refused(BiometricProblem.NOT_SUPPORTED):
        system.unwrap(b"", "c", _prompt())
    system.forget("c")


@pytest.mark.parametrize(
    ("platform", "name"),
    [("linux", "fprintd"), ("win32", "Windows Hello"), ("darwin", "Touch ID"), ("freebsd14", "")],
)
def test_the_operating_system_decides(monkeypatch: pytest.MonkeyPatch, platform: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert current_biometrics("vault", MemoryKeystore()).name == name


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_another_system_than_it_says_is_not_supported(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """As a Windows or a macOS would be that lacks the libraries."""
    if sys.platform == platform:
        pytest.skip("this is that system")
    monkeypatch.setattr(sys, "platform", platform)
    system = current_biometrics("vault", MemoryKeystore())
    assert system.problem() is BiometricProblem.NOT_SUPPORTED
    with refused(BiometricProblem.NOT_SUPPORTED):
        system.wrap(KEY, "c", _prompt())


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = """
import sys
from softtoken.vault.biometrics.current import current_biometrics
from softtoken.vault.keystore import OsKeystore
current_biometrics("vault", OsKeystore())
import softtoken.vault.biometrics.windows, softtoken.vault.biometrics.passport
import softtoken.vault.biometrics.macos, softtoken.vault.biometrics.localauthentication
assert not {"jeepney", "keyring", "httpx", "PySide6"} & set(sys.modules)
"""
    root = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": root}, timeout=30, check=True)


@pytest.mark.parametrize("reason", ["", " ", "\n"])
def test_a_prompt_says_what_it_is_for(reason: str) -> None:
    with pytest.raises(ValueError, match="what it is for"):
        _prompt(reason)


def test_cancelling_wakes_within_the_block_once_and_not_after_it() -> None:
    cancellation, woken = Cancellation(), []
    with cancellation.waking(lambda: woken.append("early")):
        pass
    with cancellation.waking(lambda: woken.append("first")), cancellation.waking(lambda: woken.append("second")):
        assert woken == []
        cancellation.cancel()
        cancellation.cancel()
    assert woken == ["first", "second"]
    assert cancellation.cancelled
    with cancellation.waking(lambda: woken.append("late")):
        assert woken == ["first", "second", "late"]


def test_cancelling_wakes_another_thread() -> None:
    cancellation, woken = Cancellation(), threading.Event()
    with cancellation.waking(woken.set):
        thread = threading.Thread(target=cancellation.cancel)
        thread.start()
        assert woken.wait(20)
        thread.join(20)
