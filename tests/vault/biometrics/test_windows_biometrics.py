"""Windows Hello: the contract with a Windows that is played, and the calls that the real one would get."""

import ctypes
import secrets
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from vault.biometrics.contract import KEY, Answer, BiometricsContract, Subject, refused

from softtoken.vault.biometrics import passport
from softtoken.vault.biometrics.passport import Passport
from softtoken.vault.biometrics.protocol import Binding, BiometricHint, BiometricProblem
from softtoken.vault.biometrics.windows import StatusError, WindowsBiometrics
from softtoken.vault.envelope import seal, unseal
from softtoken.vault.errors import Tampered

_CANCELLED, _NO_KEY, _BAD_DATA, _LOCKED_OUT = 0x80090036, 0x8009000D, 0x80090005, 0x80280921


class PlayedHello:
    """Keys by name, and a window that stands until somebody answers."""

    def __init__(self) -> None:
        self.answer = Answer.YES
        self.keys: dict[str, bytes] = {}
        self.reasons: list[str] = []
        self.fault: Exception | None = None
        self.set_up = True
        self.dismissed = threading.Event()

    def available(self) -> bool:
        self._fail()
        return self.set_up

    def create(self, name: str, reason: str) -> None:
        self._ask(reason)
        self.keys[name] = secrets.token_bytes(32)

    def encrypt(self, name: str, secret: bytes) -> bytes:
        return seal(self._key(name), secret, b"")

    def decrypt(self, name: str, ciphertext: bytes, reason: str) -> bytes:
        key = self._key(name)
        self._ask(reason)
        try:
            return unseal(key, ciphertext, b"")
        except Tampered:
            raise StatusError(_BAD_DATA) from None

    def delete(self, name: str) -> None:
        self._fail()
        self.keys.pop(name, None)

    def _key(self, name: str) -> bytes:
        if name not in self.keys:
            raise StatusError(_NO_KEY)
        return self.keys[name]

    def _ask(self, reason: str) -> None:
        self._fail()
        self.reasons.append(reason)
        match self.answer:
            case Answer.YES:
                pass
            case Answer.NO:
                raise StatusError(_LOCKED_OUT)
            case Answer.STOP | Answer.NOBODY:
                # Hello's window cannot be taken away from outside
                self.dismissed.wait(20)
                raise StatusError(_CANCELLED)

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


class WindowsSubject(Subject):
    refusal = BiometricProblem.LOCKED_OUT  # Hello asks again and again by itself, until it is cancelled or locked

    def __init__(self) -> None:
        super().__init__()
        self.hello = PlayedHello()
        self.system = WindowsBiometrics(self.hello)
        self.biometrics = self.system

    def expect(self, answer: Answer) -> None:
        self.hello.answer = answer
        self.hello.dismissed.clear()

    def lose_the_key(self) -> None:
        self.hello.keys.clear()

    def settle(self) -> None:
        super().settle()
        self.hello.dismissed.set()
        assert self.system._aside._asking.acquire(timeout=20)
        self.system._aside._asking.release()


@pytest.fixture
def subject() -> Iterator[WindowsSubject]:
    made = WindowsSubject()
    yield made
    made.settle()


class TestWindowsBiometrics(BiometricsContract):
    @pytest.fixture
    def subject(self, subject: WindowsSubject) -> Subject:
        return subject


def test_the_key_is_bound_and_the_window_says_what_for(subject: WindowsSubject) -> None:
    assert (subject.biometrics.name, subject.biometrics.binding) == ("Windows Hello", Binding.HARDWARE)
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
    assert subject.hello.reasons == ["Show the code for alice"] * 2
    assert subject.hints == [BiometricHint.SYSTEM_PROMPT] * 2


def test_while_a_window_that_we_gave_up_still_stands_it_is_busy(subject: WindowsSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    with refused(BiometricProblem.TIMED_OUT):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.NOBODY))
    subject.hello.answer = Answer.YES
    with refused(BiometricProblem.BUSY):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))


def test_forgetting_takes_the_key_out_of_hello(subject: WindowsSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.biometrics.wrap(KEY, "d", subject.prompt(Answer.YES))
    subject.biometrics.forget("c")
    assert list(subject.hello.keys) == ["d"]
    with refused(BiometricProblem.CHANGED):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (StatusError(_CANCELLED), BiometricProblem.CANCELLED),
        (StatusError(0x800704C7), BiometricProblem.CANCELLED),
        (StatusError(0x80090016), BiometricProblem.CHANGED),
        (StatusError(0x80090030), BiometricProblem.NOT_ENROLLED),
        (StatusError(0x80280803), BiometricProblem.LOCKED_OUT),
        (StatusError(0x80098044), BiometricProblem.READER_FAILED),
        (OSError("no such library"), BiometricProblem.NOT_SUPPORTED),
    ],
)
def test_each_refusal_of_windows_has_its_name(
    subject: WindowsSubject, fault: Exception, problem: BiometricProblem
) -> None:
    subject.hello.fault = fault
    with refused(problem):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    with refused(problem):
        subject.biometrics.forget("c")


def test_a_windows_without_hello_says_so(subject: WindowsSubject) -> None:
    subject.hello.set_up = False
    assert subject.biometrics.problem() is BiometricProblem.NOT_ENROLLED
    subject.hello.fault = StatusError(0x80090029)
    assert subject.biometrics.problem() is BiometricProblem.NOT_ENROLLED
    subject.hello.fault = OSError("cryptngc.dll")
    assert subject.biometrics.problem() is BiometricProblem.NOT_SUPPORTED


class PlayedNcrypt:
    """ncrypt.dll as `Passport` sees it: handles are numbers, what a pointer points to is written."""

    def __init__(self) -> None:
        self.open: list[int] = []
        self.stored: dict[str, dict[str, Any]] = {}
        self.properties: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.asked: list[str] = []
        self._names: dict[int, str] = {}
        self._next = 100

    def NCryptOpenStorageProvider(self, out: Any, name: Any, flags: int) -> int:  # noqa: N802
        assert name.value == "Microsoft Passport Key Storage Provider"
        return self._give(out, "")

    def NCryptCreatePersistedKey(  # noqa: N802
        self, provider: Any, out: Any, algorithm: Any, name: Any, spec: int, flags: int
    ) -> int:
        assert (algorithm.value, spec, flags) == ("RSA", 0, 0x80)
        self.properties = {}
        return self._give(out, name.value)

    def NCryptSetProperty(self, key: Any, name: Any, value: Any, size: int, flags: int) -> int:  # noqa: N802
        if name.value in self.unknown:
            return _signed(0x80090029)
        found = getattr(value, "_obj", value)
        assert size == ctypes.sizeof(found)
        self.properties[name.value] = found.value
        return 0

    def NCryptFinalizeKey(self, key: Any, flags: int) -> int:  # noqa: N802
        self.asked.append("create")
        self.stored[self._names[key.value]] = dict(self.properties)
        return 0

    def NCryptOpenKey(self, provider: Any, out: Any, name: Any, spec: int, flags: int) -> int:  # noqa: N802
        if name.value not in self.stored:
            return _signed(_NO_KEY)
        self.properties = {}
        return self._give(out, name.value)

    def NCryptGetProperty(  # noqa: N802
        self, key: Any, name: Any, out: Any, size: int, written: Any, flags: int
    ) -> int:
        kept = self.stored[self._names[key.value]]
        if name.value not in kept:
            return _signed(0x80090029)
        out._obj.value = kept[name.value]
        return 0

    def NCryptEncrypt(self, key: Any, data: bytes, *rest: Any) -> int:  # noqa: N802
        return self._transform(data, *rest)

    def NCryptDecrypt(self, key: Any, data: bytes, *rest: Any) -> int:  # noqa: N802
        assert self.properties["PinCacheIsGestureRequired"] == 1
        self.asked.append(self.properties["Use Context"])
        return self._transform(data, *rest)

    def NCryptDeleteKey(self, key: Any, flags: int) -> int:  # noqa: N802
        del self.stored[self._names[key.value]]
        self.open.remove(key.value)
        return 0

    def NCryptFreeObject(self, handle: Any) -> int:  # noqa: N802
        self.open.remove(handle.value)
        return 0

    def _give(self, out: Any, name: str) -> int:
        self._next += 1
        out._obj.value = self._next
        self._names[self._next] = name
        self.open.append(self._next)
        return 0

    def _transform(self, data: bytes, size: int, padding: None, out: Any, room: int, written: Any, flags: int) -> int:
        assert (size, flags, padding) == (len(data), 2, None)
        turned = data[::-1]
        assert len(turned) <= room
        ctypes.memmove(out, turned, len(turned))
        written._obj.value = len(turned)
        return 0


def _signed(status: int) -> int:
    return ctypes.c_int32(status).value


@pytest.fixture
def ncrypt(monkeypatch: pytest.MonkeyPatch) -> PlayedNcrypt:
    played = PlayedNcrypt()
    monkeypatch.setattr(passport, "_library", {"ncrypt": played}.__getitem__)
    monkeypatch.setattr(passport, "_user", lambda: "S-1-5-21")
    monkeypatch.setattr(passport, "_own_window", lambda: ctypes.c_void_p(7))
    return played


def test_a_key_is_made_to_always_ask_and_its_handles_are_given_back(ncrypt: PlayedNcrypt) -> None:
    hello = Passport()
    hello.create("abc", "Show a code")
    (name,) = ncrypt.stored
    assert name == "S-1-5-21//SoftToken//abc"
    kept = ncrypt.stored[name]
    assert (kept["Length"], kept["Key Usage"], kept["NgcCacheType"]) == (2048, 1, 1)
    assert (kept["Use Context"], kept["HWND Handle"]) == ("Show a code", 7)
    ciphertext = hello.encrypt("abc", b"secret")
    assert ncrypt.asked == ["create"]
    assert hello.decrypt("abc", ciphertext, "Show a code") == b"secret"
    assert ncrypt.asked == ["create", "Show a code"]
    hello.delete("abc")
    hello.delete("abc")
    assert (ncrypt.stored, ncrypt.open) == ({}, [])


def test_the_older_name_of_the_property_is_tried(ncrypt: PlayedNcrypt) -> None:
    ncrypt.unknown = {"NgcCacheType"}
    Passport().create("abc", "Show a code")
    assert Passport().decrypt("abc", b"x", "Show a code") == b"x"
    ncrypt.unknown |= {"NgcCacheTypeProperty"}
    with pytest.raises(StatusError):
        Passport().create("abc", "Show a code")
    assert ncrypt.open == []


@pytest.mark.parametrize(("name", "value"), [("Key Usage", 9), ("NgcCacheType", 0)])
def test_a_key_that_could_be_another_ones_is_none(ncrypt: PlayedNcrypt, name: str, value: int) -> None:
    hello = Passport()
    hello.create("abc", "Show a code")
    ncrypt.stored["S-1-5-21//SoftToken//abc"][name] = value
    for use in (partial(hello.encrypt, "abc", b"x"), partial(hello.decrypt, "abc", b"x", "Show a code")):
        with pytest.raises(StatusError) as caught:
            use()
        assert caught.value.status == _NO_KEY
    assert ncrypt.asked == ["create"]
    assert ncrypt.open == []


def test_a_missing_key_is_told_as_windows_tells_it(ncrypt: PlayedNcrypt) -> None:
    with pytest.raises(StatusError) as caught:
        Passport().decrypt("abc", b"x", "Show a code")
    assert caught.value.status == _NO_KEY
    assert ncrypt.open == []
