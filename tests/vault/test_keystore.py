"""One contract for every keystore, fake or real; and what each problem of a real keyring is called."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from vault.keystore_session import SessionKeystore, session

from softtoken.engine.distrust import Seen
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import MOST_SEEN, Evidence
from softtoken.vault.keystore import Keystore, OsKeystore, TimeLimitedKeystore
from softtoken.vault.oskeystore import problem_of
from softtoken.vault.slots import new_device_key
from softtoken.vault.store import new_id

linux = pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is a thing of Linux desktops")


class MemoryKeystore:
    """Keeps keys as long as it lives."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._evidences: dict[str, Evidence] = {}
        self._biometrics: dict[str, bytes] = {}

    def provider(self) -> str | None:
        return "memory"

    def read(self, vault_id: str) -> bytes | None:
        return self._keys.get(vault_id)

    def write(self, vault_id: str, device_key: bytes) -> None:
        self._keys[vault_id] = device_key

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return self._evidences.get(vault_id)

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        kept = self._evidences.get(vault_id)
        if kept is None or evidence.generation > kept.generation:
            self._evidences[vault_id] = evidence

    def read_biometric(self, vault_id: str) -> bytes | None:
        return self._biometrics.get(vault_id)

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        self._biometrics[vault_id] = secret

    def delete(self, vault_id: str) -> None:
        self._keys.pop(vault_id, None)
        self._evidences.pop(vault_id, None)
        self._biometrics.pop(vault_id, None)


class KeystoreContract:
    """What the product may count on. Subclasses give the `keystore` fixture."""

    def test_it_has_a_name(self, keystore: Keystore) -> None:
        assert keystore.provider()

    def test_what_was_written_is_read(self, keystore: Keystore) -> None:
        vault_id, key = new_id(), new_device_key()
        keystore.write(vault_id, key)
        assert keystore.read(vault_id) == key
        assert keystore.read(vault_id) == key

    @pytest.mark.parametrize("key", [bytes(32), b"\xff" * 32, b"\n" * 32, bytes(range(32))])
    def test_every_byte_survives(self, keystore: Keystore, key: bytes) -> None:
        vault_id = new_id()
        keystore.write(vault_id, key)
        assert keystore.read(vault_id) == key

    def test_an_unknown_vault_has_none(self, keystore: Keystore) -> None:
        assert keystore.read(new_id()) is None

    def test_vaults_do_not_mix(self, keystore: Keystore) -> None:
        keys = {new_id(): new_device_key() for _ in range(3)}
        for vault_id, key in keys.items():
            keystore.write(vault_id, key)
        first, *others = keys
        keystore.delete(first)
        assert keystore.read(first) is None
        assert all(keystore.read(vault_id) == keys[vault_id] for vault_id in others)

    def test_a_second_write_replaces_the_first(self, keystore: Keystore) -> None:
        vault_id, key = new_id(), new_device_key()
        keystore.write(vault_id, new_device_key())
        keystore.write(vault_id, key)
        assert keystore.read(vault_id) == key
        keystore.delete(vault_id)
        assert keystore.read(vault_id) is None

    def test_a_evidence_is_read_and_never_an_older_one(self, keystore: Keystore) -> None:
        vault_id, other = new_id(), new_id()
        assert keystore.read_evidence(vault_id) is None
        told = [Evidence(generation, {new_id(): Seen(generation % 65535, 3, 1)}) for generation in (0, 7, 3, 7)]
        last = Evidence(10**18 - 1, {new_id(): Seen(65535, 20, 5), new_id(): Seen(0, 0, 0)})
        seen = []
        for evidence in (*told, last, Evidence(8)):
            keystore.write_evidence(vault_id, evidence)
            seen.append(keystore.read_evidence(vault_id))
        assert seen == [told[0], told[1], told[1], told[1], last, last]
        assert keystore.read_evidence(other) is None

    def test_a_full_evidence_fits(self, keystore: Keystore) -> None:
        vault_id = new_id()
        full = Evidence(10**18 - 1, {new_id(): Seen(65535, 65535, 99) for _ in range(MOST_SEEN)})
        assert len(full.line()) <= 1280
        keystore.write_evidence(vault_id, full)
        assert keystore.read_evidence(vault_id) == full

    def test_key_and_evidence_are_apart_and_go_together(self, keystore: Keystore) -> None:
        vault_id, key = new_id(), new_device_key()
        keystore.write_evidence(vault_id, Evidence(5))
        assert keystore.read(vault_id) is None
        keystore.write(vault_id, key)
        assert (keystore.read(vault_id), keystore.read_evidence(vault_id)) == (key, Evidence(5))
        keystore.delete(vault_id)
        assert (keystore.read(vault_id), keystore.read_evidence(vault_id)) == (None, None)
        keystore.write_evidence(vault_id, Evidence(2))
        keystore.delete(vault_id)
        assert keystore.read_evidence(vault_id) is None

    def test_the_biometric_secret_is_apart_and_goes_with_the_others(self, keystore: Keystore) -> None:
        vault_id, key, first, second = new_id(), new_device_key(), new_device_key(), new_device_key()
        keystore.write(vault_id, key)
        keystore.write_evidence(vault_id, Evidence(5))
        assert keystore.read_biometric(vault_id) is None
        keystore.write_biometric(vault_id, first)
        assert keystore.read_biometric(vault_id) == first
        keystore.write_biometric(vault_id, second)
        assert keystore.read_biometric(vault_id) == second
        assert (keystore.read(vault_id), keystore.read_evidence(vault_id)) == (key, Evidence(5))
        assert keystore.read_biometric(new_id()) is None
        keystore.delete(vault_id)
        assert keystore.read_biometric(vault_id) is None
        keystore.write_biometric(vault_id, first)
        keystore.delete(vault_id)
        assert keystore.read_biometric(vault_id) is None

    def test_deleting_what_is_not_there_is_fine(self, keystore: Keystore) -> None:
        keystore.delete(new_id())


class TestMemoryKeystore(KeystoreContract):
    @pytest.fixture
    def keystore(self) -> Keystore:
        return MemoryKeystore()


class TestTimeLimitedKeystore(KeystoreContract):
    @pytest.fixture
    def keystore(self) -> Keystore:
        return TimeLimitedKeystore(MemoryKeystore(), 30)


@pytest.fixture(scope="module")
def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionKeystore]:
    with session(tmp_path_factory.mktemp("keyring")) as store:
        yield store


@linux
class TestSecretService(KeystoreContract):
    """The real thing: gnome-keyring on a private bus, without a display."""

    @pytest.fixture
    def keystore(self, secret_service: SessionKeystore) -> SessionKeystore:
        return secret_service

    def test_it_is_the_secret_service(self, keystore: SessionKeystore) -> None:
        assert keystore.provider() == "Secret Service (GNOME Keyring)"

    def test_the_secret_is_one_ascii_line(self, keystore: SessionKeystore) -> None:
        vault_id = new_id()
        keystore.write(vault_id, bytes(32))
        assert keystore.ask("line", vault_id) == "st1:" + "A" * 43 + "="

    @pytest.mark.parametrize("line", ["", "st1:", "st1:AAAA", "st2:" + "A" * 43 + "=", "A" * 43 + "=", "st1:\u00e4"])
    def test_an_item_that_is_no_key_is_a_fault_and_not_none(self, keystore: SessionKeystore, line: str) -> None:
        vault_id = new_id()
        keystore.ask("plant", vault_id, line)
        with pytest.raises(KeystoreError) as caught:
            keystore.read(vault_id)
        assert caught.value.problem is KeystoreProblem.FAILED

    def test_the_evidence_is_one_ascii_line_of_its_own(self, keystore: SessionKeystore) -> None:
        vault_id = new_id()
        keystore.write_evidence(vault_id, Evidence(42, {"a" * 32: Seen(7, 2, 1)}))
        assert keystore.ask("line", f"{vault_id}.generation") == f"stg2:42:{'a' * 32}-7-2-1"
        assert keystore.ask("line", vault_id) is None

    @pytest.mark.parametrize("line", ["", "42", "stg1:", "stg2:4:"])
    def test_an_item_that_is_no_evidence_counts_as_none_and_is_mended(
        self, keystore: SessionKeystore, line: str
    ) -> None:
        vault_id = new_id()
        keystore.ask("plant", f"{vault_id}.generation", line)
        assert keystore.read_evidence(vault_id) is None
        keystore.write_evidence(vault_id, Evidence(3))
        assert keystore.read_evidence(vault_id) == Evidence(3)

    def test_the_biometric_secret_is_one_ascii_line_of_its_own(self, keystore: SessionKeystore) -> None:
        vault_id = new_id()
        keystore.write_biometric(vault_id, bytes(32))
        assert keystore.ask("line", f"{vault_id}.biometric") == "stb1:" + "A" * 43 + "="
        assert keystore.ask("line", vault_id) is None

    @pytest.mark.parametrize("line", ["", "stb1:", "stb1:AAAA", "st1:" + "A" * 43 + "=", "stb1:\u00e4"])
    def test_a_damaged_biometric_secret_counts_as_none_and_is_mended(
        self, keystore: SessionKeystore, line: str
    ) -> None:
        vault_id = new_id()
        keystore.ask("plant", f"{vault_id}.biometric", line)
        assert keystore.read_biometric(vault_id) is None
        keystore.write_biometric(vault_id, bytes(32))
        assert keystore.read_biometric(vault_id) == bytes(32)


def _problem(store: Keystore) -> tuple[KeystoreProblem, ...]:
    calls = (
        partial(store.read, "00"),
        partial(store.write, "00", bytes(32)),
        partial(store.read_evidence, "00"),
        partial(store.write_evidence, "00", Evidence(1)),
        partial(store.read_biometric, "00"),
        partial(store.write_biometric, "00", bytes(32)),
        partial(store.delete, "00"),
    )
    problems = []
    for call in calls:
        with pytest.raises(KeystoreError) as caught:
            call()
        problems.append(caught.value.problem)
    return tuple(problems)


@linux
def test_a_key_outlives_the_session_and_a_locked_keyring_says_so(tmp_path: Path) -> None:
    key = new_device_key()
    with session(tmp_path, password="first") as store:
        store.write("00", key)
    with session(tmp_path, password="first") as store:
        assert store.read("00") == key
    with session(tmp_path, password="second") as store:
        assert store.provider() == "Secret Service (GNOME Keyring)"
        assert _problem(store) == (KeystoreProblem.LOCKED,) * 7


@linux
@pytest.mark.parametrize("bus", ["none", "bare"])
def test_without_a_keyring_it_is_missing(tmp_path: Path, bus: str) -> None:
    with session(tmp_path, bus=bus) as store:
        assert store.provider() is None
        assert _problem(store) == (KeystoreProblem.MISSING,) * 7


@linux
@pytest.mark.parametrize(
    "back_end",
    ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "planted.Keyring", "no.such.Thing", "x", ""],
)
def test_another_back_end_from_the_environment_is_as_good_as_none(tmp_path: Path, back_end: str) -> None:
    """With a real keyring at hand: what the environment names is neither used nor imported, nor passed over."""
    marker = tmp_path / "imported"
    (tmp_path / "planted.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    root = str(Path(__file__).parents[2])
    extra = {"PYTHON_KEYRING_BACKEND": back_end, "PYTHONPATH": os.pathsep.join([root, str(tmp_path)])}
    with session(tmp_path / "home", **extra) as store:
        assert store.provider() is None
        assert _problem(store) == (KeystoreProblem.MISSING,) * 7
    assert not marker.exists()


@linux
def test_a_keyring_that_the_user_switched_off_is_missing(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir(parents=True)
    config.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    with session(tmp_path) as store:
        assert store.provider() is None
        assert _problem(store) == (KeystoreProblem.MISSING,) * 7


@linux
def test_the_chainer_is_resolved(tmp_path: Path) -> None:
    with session(tmp_path, PYTHON_KEYRING_BACKEND="keyring.backends.chainer.ChainerBackend") as store:
        assert store.provider() == "Secret Service (GNOME Keyring)"
        store.write("00", bytes(32))
        assert store.read("00") == bytes(32)


def test_the_refusing_keyring_of_the_test_run_is_missing() -> None:
    assert OsKeystore().provider() is None
    assert _problem(OsKeystore()) == (KeystoreProblem.MISSING,) * 7


class _Prompt:
    """A keystore that waits for a person who may come late."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.done = threading.Event()

    def provider(self) -> str | None:
        return "prompt"

    def read(self, vault_id: str) -> bytes | None:
        self.answered.wait()
        self.done.set()
        return bytes(32)

    def write(self, vault_id: str, device_key: bytes) -> None:
        raise KeystoreError(KeystoreProblem.LOCKED)

    def read_evidence(self, vault_id: str) -> Evidence | None:
        return None

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        raise KeystoreError(KeystoreProblem.LOCKED)

    def read_biometric(self, vault_id: str) -> bytes | None:
        return None

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        raise KeystoreError(KeystoreProblem.LOCKED)

    def delete(self, vault_id: str) -> None:
        raise TimeoutError("its own")


def test_a_call_that_nobody_answers_is_given_up() -> None:
    prompt = _Prompt()
    store = TimeLimitedKeystore(prompt, 0.02)
    with pytest.raises(KeystoreError) as caught:
        store.read("00")
    assert caught.value.problem is KeystoreProblem.NO_ANSWER
    prompt.answered.set()
    assert prompt.done.wait(10)
    assert TimeLimitedKeystore(prompt, 30).read("00") == bytes(32)


def test_what_the_keystore_raises_comes_through_the_limit() -> None:
    store = TimeLimitedKeystore(_Prompt(), 30)
    with pytest.raises(KeystoreError) as caught:
        store.write("00", bytes(32))
    assert caught.value.problem is KeystoreProblem.LOCKED
    with pytest.raises(TimeoutError, match="its own"):
        store.delete("00")


def test_a_call_under_way_does_not_hold_up_the_end_of_the_program() -> None:
    program = """
import threading
from softtoken.vault.errors import KeystoreError
from softtoken.vault.keystore import TimeLimitedKeystore
class Silent:
    def read(self, vault_id):
        threading.Event().wait()
try:
    TimeLimitedKeystore(Silent(), 0.01).read("00")
except KeystoreError as error:
    print(error.problem)
"""
    root = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ended.stdout == "NO_ANSWER\n"
    assert ended.stderr == ""


def test_keyring_is_imported_on_first_use_only() -> None:
    program = """
import sys
from softtoken.vault.keystore import OsKeystore
import softtoken.vault.store
OsKeystore()
assert not {"keyring", "secretstorage", "httpx", "PySide6"} & set(sys.modules)
"""
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": root}, timeout=30, check=True)


def _cancelled_on_windows() -> OSError:
    error = OSError("The operation was canceled by the user.")
    error.winerror = 1223  # type: ignore[attr-defined,unused-ignore]
    return error


def test_what_keyring_raises_has_a_name() -> None:
    from keyring.errors import InitError, KeyringError, KeyringLocked, NoKeyringError, PasswordSetError
    from secretstorage.exceptions import (
        LockedException,
        PromptDismissedException,
        SecretServiceNotAvailableException,
    )

    gone = InitError("no collection")
    gone.__cause__ = SecretServiceNotAvailableException("gone")
    expected: list[tuple[BaseException, KeystoreProblem]] = [
        (NoKeyringError("none"), KeystoreProblem.MISSING),
        (SecretServiceNotAvailableException("gone"), KeystoreProblem.MISSING),
        (gone, KeystoreProblem.MISSING),
        (InitError("no collection"), KeystoreProblem.LOCKED),
        (KeyringLocked("locked"), KeystoreProblem.LOCKED),
        (LockedException("locked"), KeystoreProblem.LOCKED),
        (PromptDismissedException("dismissed"), KeystoreProblem.LOCKED),
        (PasswordSetError("Cancelled by user"), KeystoreProblem.LOCKED),
        (_cancelled_on_windows(), KeystoreProblem.LOCKED),
        (PasswordSetError("Can't store"), KeystoreProblem.FAILED),
        (KeyringError("other"), KeystoreProblem.FAILED),
        (OSError("pipe"), KeystoreProblem.FAILED),
    ]
    assert [problem_of(error) for error, _ in expected] == [problem for _, problem in expected]
