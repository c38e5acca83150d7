"""Touch ID: the contract with a LocalAuthentication that is played, and the block that the real one would call."""

import ctypes
import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from support.flows import MemoryKeystore
from vault.biometrics.contract import KEY, Answer, BiometricsContract, Subject, refused

from softtoken.vault.biometrics.localauthentication import LocalAuthentication, _Block, _Literal, _Runtime
from softtoken.vault.biometrics.macos import MacBiometrics
from softtoken.vault.biometrics.protocol import Binding, BiometricHint, BiometricProblem
from softtoken.vault.store import new_id


class PlayedContext:
    def __init__(self, mac: "PlayedAuthentication") -> None:
        self._mac = mac
        self._dismissed = threading.Event()

    def fault(self) -> int | None:
        return self._mac.unusable

    def domain_state(self) -> bytes:
        return self._mac.enrolled

    def ask(self, reason: str) -> int | None:
        self._mac.reasons.append(reason)
        match self._mac.answer:
            case Answer.YES:
                self._mac.meanwhile()
                return None
            case Answer.NO:
                return self._mac.refusal
            case Answer.STOP | Answer.NOBODY:
                self._dismissed.wait(20)
                return -9

    def dismiss(self) -> None:
        self._dismissed.set()


class PlayedAuthentication:
    def __init__(self) -> None:
        self.answer = Answer.YES
        self.refusal = -1
        self.enrolled = b"one finger"
        self.unusable: int | None = None
        self.missing = False
        self.reasons: list[str] = []

    def meanwhile(self) -> None:
        """While the question stands there."""

    def context(self) -> PlayedContext:
        if self.missing:
            raise OSError("no such library")
        return PlayedContext(self)


class MacSubject(Subject):
    refusal = BiometricProblem.NO_MATCH

    def __init__(self) -> None:
        super().__init__()
        self.mac = PlayedAuthentication()
        self.keystore = MemoryKeystore()
        self.system = MacBiometrics(new_id(), self.keystore, self.mac)
        self.biometrics = self.system

    def expect(self, answer: Answer) -> None:
        self.mac.answer = answer

    def lose_the_key(self) -> None:
        self.keystore.biometrics.clear()

    def settle(self) -> None:
        super().settle()
        assert self.system._aside._asking.acquire(timeout=20)
        self.system._aside._asking.release()


@pytest.fixture
def subject() -> Iterator[MacSubject]:
    made = MacSubject()
    yield made
    made.settle()


class TestMacBiometrics(BiometricsContract):
    @pytest.fixture
    def subject(self, subject: MacSubject) -> Subject:
        return subject


def test_it_only_asks_and_the_window_says_what_for(subject: MacSubject) -> None:
    assert (subject.biometrics.name, subject.biometrics.binding) == ("Touch ID", Binding.PROMPT)
    subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    assert subject.mac.reasons == ["Show the code for alice"]
    assert subject.hints == [BiometricHint.SYSTEM_PROMPT]


def test_another_set_of_fingers_is_changed_before_anybody_is_asked(subject: MacSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.mac.enrolled = b"two fingers"
    subject.mac.reasons.clear()
    with refused(BiometricProblem.CHANGED):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
    assert subject.mac.reasons == []


def test_a_finger_that_is_added_while_the_question_stands_there_opens_nothing(subject: MacSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))

    def enrol() -> None:
        subject.mac.enrolled = b"two fingers"

    subject.mac.meanwhile = enrol  # type: ignore[method-assign]
    with refused(BiometricProblem.CHANGED):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (-1, BiometricProblem.NO_MATCH),
        (-2, BiometricProblem.CANCELLED),
        (-3, BiometricProblem.CANCELLED),
        (-4, BiometricProblem.CANCELLED),
        (-5, BiometricProblem.NOT_ENROLLED),
        (-6, BiometricProblem.NO_READER),
        (-7, BiometricProblem.NOT_ENROLLED),
        (-8, BiometricProblem.LOCKED_OUT),
        (-10, BiometricProblem.READER_FAILED),
        (-13, BiometricProblem.NO_READER),
        (-1004, BiometricProblem.DENIED),
        (0, BiometricProblem.READER_FAILED),
    ],
)
def test_each_refusal_of_macos_has_its_name(subject: MacSubject, fault: int, problem: BiometricProblem) -> None:
    subject.mac.refusal = fault
    with refused(problem):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.NO))
    assert subject.keystore.biometrics == {}
    subject.mac.unusable = fault
    assert subject.biometrics.problem() is problem
    with refused(problem):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))


def test_where_the_system_does_not_tell_what_is_enrolled_nothing_is_made_or_opened(subject: MacSubject) -> None:
    blob = subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))
    subject.mac.enrolled = b""
    with refused(BiometricProblem.READER_FAILED):
        subject.biometrics.unwrap(blob, "c", subject.prompt(Answer.YES))
    with refused(BiometricProblem.READER_FAILED):
        subject.biometrics.wrap(KEY, "c", subject.prompt(Answer.YES))


def test_a_system_without_the_framework_says_so(subject: MacSubject) -> None:
    subject.mac.missing = True
    assert subject.biometrics.problem() is BiometricProblem.NOT_SUPPORTED


def test_the_block_is_called_as_the_system_calls_it() -> None:
    """Through the pointer in its literal, with the literal first."""
    heard: list[Any] = []
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_bool, ctypes.c_void_p)
    block = _Block(0, signature(lambda *arguments: heard.append(arguments)))
    literal = ctypes.cast(ctypes.byref(block.literal), ctypes.POINTER(_Literal)).contents
    address = ctypes.addressof(block.literal)
    signature(literal.invoke)(address, True, None)
    signature(literal.invoke)(address, False, 5)
    assert heard == [(address, True, None), (address, False, 5)]
    assert literal.descriptor.contents.size == ctypes.sizeof(_Literal) == 32
    # global, so that it is never copied; with a signature
    assert literal.flags == 0x50000000


class PlayedObjc:
    """libobjc with an LAContext: one C function that takes every message, as objc_msgSend is."""

    CONTEXT, DATA, ERROR = 1001, 1002, 1003

    def __init__(self) -> None:
        self.said: list[str] = []
        self.pools = 0
        self.can = True
        self.state = b"\0\1state"
        self.code = -8
        self.reply: bool | None = True
        self._names: list[str] = []
        self._texts: list[str] = []
        self._buffer = ctypes.create_string_buffer(self.state)
        self._invalidated = threading.Event()
        pointer = ctypes.c_void_p
        self.objc_msgSend = ctypes.CFUNCTYPE(*[pointer] * 6)(self._message)

    def objc_getClass(self, name: bytes) -> int:  # noqa: N802
        assert name in {b"LAContext", b"NSString"}
        return 900

    def sel_registerName(self, name: bytes) -> int:  # noqa: N802
        self._names.append(name.decode())
        return len(self._names)

    def objc_autoreleasePoolPush(self) -> int:  # noqa: N802
        self.pools += 1
        return 7

    def objc_autoreleasePoolPop(self, pool: Any) -> None:  # noqa: N802
        assert pool.value == 7
        self.pools -= 1

    def _message(self, target: int, selector: int, first: int, second: int, third: int) -> int:
        name = self._names[selector - 1]
        self.said.append(name)
        match name:
            case "new":
                return self.CONTEXT
            case "stringWithUTF8String:":
                self._texts.append(ctypes.string_at(first).decode())
                return 2000 + len(self._texts) - 1
            case "setLocalizedFallbackTitle:":
                assert self._text(first) == ""
            case "canEvaluatePolicy:error:":
                assert (target, first) == (self.CONTEXT, 1)
                if not self.can:
                    ctypes.c_void_p.from_address(second).value = self.ERROR
                return int(self.can)
            case "evaluatedPolicyDomainState":
                return self.DATA if self.state else 0
            case "length":
                return len(self.state)
            case "bytes":
                return ctypes.addressof(self._buffer)
            case "code":
                assert target == self.ERROR
                return self.code & (1 << 64) - 1
            case "evaluatePolicy:localizedReason:reply:":
                assert (target, first, self._text(second)) == (self.CONTEXT, 1, "Show a code – for alice")
                threading.Thread(target=self._answer, args=(third,)).start()
            case "invalidate":
                self._invalidated.set()
        return 0

    def _text(self, number: int) -> str:
        return self._texts[number - 2000]

    def _answer(self, block: int) -> None:
        """On a thread of its own, as the system does it; a question that nobody answers until it is dismissed."""
        if self.reply is None:
            self._invalidated.wait(20)
        invoke = _Literal.from_address(block).invoke
        error = None if self.reply else self.ERROR
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_bool, ctypes.c_void_p)(invoke)(block, bool(self.reply), error)


@pytest.fixture
def objc(monkeypatch: pytest.MonkeyPatch) -> PlayedObjc:
    if sys.platform == "darwin":
        pytest.skip("the real one is there")
    played = PlayedObjc()
    isa = type("System", (), {})()
    monkeypatch.setattr(_Runtime, "__init__", lambda self: self.__dict__.update(_objc=played, _system=isa))
    monkeypatch.setattr(_Runtime, "isa", 0)
    return played


def test_a_context_is_asked_as_its_headers_say(objc: PlayedObjc) -> None:
    context = LocalAuthentication().context()
    assert context.fault() is None
    assert context.domain_state() == b"\0\1state"
    assert context.ask("Show a code – for alice") is None
    objc.reply = False
    assert context.ask("Show a code – for alice") == -8
    objc.can, objc.state = False, b""
    assert (context.fault(), context.domain_state()) == (-8, b"")
    del context
    gc.collect()
    assert objc.said[-1] == "release"
    assert objc.pools == 0


def test_a_question_that_is_dismissed_ends(objc: PlayedObjc) -> None:
    objc.reply, objc.code = None, -9
    context = LocalAuthentication().context()
    said: list[int | None] = []
    asking = threading.Thread(target=lambda: said.append(context.ask("Show a code – for alice")))
    asking.start()
    context.dismiss()
    asking.join(20)
    assert said == [-9]


def test_where_there_is_no_such_framework_it_is_an_oserror() -> None:
    if sys.platform == "darwin":
        pytest.skip("the real one is there")
    with pytest.raises(OSError, match="libobjc"):
        LocalAuthentication().context()
