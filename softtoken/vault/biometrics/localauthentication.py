"""macOS's LocalAuthentication by ctypes and the Objective-C runtime (objc/runtime.h, LAContext.h, Block_private.h).

Not verified on hardware.
"""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_OBJC = "/usr/lib/libobjc.A.dylib"
_SYSTEM = "/usr/lib/libSystem.B.dylib"
_FRAMEWORK = "/System/Library/Frameworks/LocalAuthentication.framework/LocalAuthentication"
_WITH_BIOMETRICS = 1  # LAPolicyDeviceOwnerAuthenticationWithBiometrics: no password instead of a finger
_GLOBAL_WITH_SIGNATURE = 1 << 28 | 1 << 30
_REPLY = b"v@?B@"  # void (^)(BOOL, NSError *)
_UNKNOWN = 0

_ID = ctypes.c_void_p


class LocalAuthentication:
    """Loads the framework at the first question."""

    def context(self) -> "LocalContext":
        return LocalContext(_Runtime())


class LocalContext:
    """One LAContext. Its reply comes on a thread of the system's."""

    def __init__(self, runtime: "_Runtime") -> None:
        self._runtime = runtime
        self._context: int | None = None
        with runtime.pool():
            self._context = runtime.send(runtime.class_("LAContext"), "new")
            # without a title there is no button that asks for the password instead
            runtime.send(self._context, "setLocalizedFallbackTitle:", runtime.text(""))

    def fault(self) -> int | None:
        with self._runtime.pool():
            error = _ID()
            can = self._runtime.send(
                self._context,
                "canEvaluatePolicy:error:",
                ctypes.c_long(_WITH_BIOMETRICS),
                ctypes.byref(error),
                result=ctypes.c_bool,
            )
            return None if can else self._runtime.code(error.value)

    def domain_state(self) -> bytes:
        with self._runtime.pool():
            data = self._runtime.send(self._context, "evaluatedPolicyDomainState")
            if not data:
                return b""
            size = self._runtime.send(data, "length", result=ctypes.c_ulong)
            return ctypes.string_at(self._runtime.send(data, "bytes"), size)

    def ask(self, reason: str) -> int | None:
        answered = threading.Event()
        fault: int | None = _UNKNOWN

        def reply(_block: int, success: bool, error: int | None) -> None:  # noqa: FBT001 - the block's own signature
            nonlocal fault
            try:
                fault = None if success else self._runtime.code(error)
            finally:
                # whatever failed here, the answer is then no
                answered.set()

        # kept until the answer is there: the system calls into it
        block = self._runtime.block(reply)
        with self._runtime.pool():
            self._runtime.send(
                self._context,
                "evaluatePolicy:localizedReason:reply:",
                ctypes.c_long(_WITH_BIOMETRICS),
                self._runtime.text(reason),
                ctypes.byref(block.literal),
                result=None,
            )
        answered.wait()
        return fault

    def dismiss(self) -> None:
        with self._runtime.pool():
            self._runtime.send(self._context, "invalidate", result=None)

    def __del__(self) -> None:
        # a message to nil is fine
        with self._runtime.pool():
            self._runtime.send(self._context, "release", result=None)


class _Descriptor(ctypes.Structure):
    _fields_ = (("reserved", ctypes.c_ulong), ("size", ctypes.c_ulong), ("signature", ctypes.c_char_p))


class _Literal(ctypes.Structure):
    _fields_ = (
        ("isa", _ID),
        ("flags", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("invoke", _ID),
        ("descriptor", ctypes.POINTER(_Descriptor)),
    )


class _Block:
    """A block of the kind that is never copied, and what it points to."""

    def __init__(self, isa: int, invoke: Any) -> None:
        self._invoke = invoke
        self._descriptor = _Descriptor(0, ctypes.sizeof(_Literal), _REPLY)
        function = ctypes.cast(invoke, _ID)
        self.literal = _Literal(isa, _GLOBAL_WITH_SIGNATURE, 0, function, ctypes.pointer(self._descriptor))


class _Runtime:
    """Messages to Objective-C objects. A missing library is an OSError."""

    def __init__(self) -> None:
        self._objc = ctypes.CDLL(_OBJC)
        self._system = ctypes.CDLL(_SYSTEM)
        ctypes.CDLL(_FRAMEWORK)
        for name in ("objc_getClass", "sel_registerName", "objc_autoreleasePoolPush"):
            getattr(self._objc, name).restype = _ID

    def class_(self, name: str) -> int:
        found: int | None = self._objc.objc_getClass(name.encode())
        if not found:
            raise OSError(f"no class {name}")
        return found

    def send(self, target: int | None, selector: str, *arguments: Any, result: Any = _ID) -> Any:
        """One message, with a prototype of its own: on Apple silicon objc_msgSend must not be called as variadic."""
        kinds = [_ID if isinstance(argument, int) else _kind(argument) for argument in arguments]
        address = ctypes.cast(self._objc.objc_msgSend, _ID).value or 0
        call = ctypes.CFUNCTYPE(result, _ID, _ID, *kinds)(address)
        return call(target, self._objc.sel_registerName(selector.encode()), *arguments)

    def text(self, words: str) -> int:
        """An NSString of the current pool."""
        made: int = self.send(self.class_("NSString"), "stringWithUTF8String:", ctypes.c_char_p(words.encode()))
        return made

    def code(self, error: int | None) -> int:
        """Of an NSError; 0, which no LAError is, where there is none."""
        number: int = self.send(error, "code", result=ctypes.c_long) if error else _UNKNOWN
        return number

    @property
    def isa(self) -> int:
        """Of a block that is never copied."""
        return ctypes.addressof(ctypes.c_void_p.in_dll(self._system, "_NSConcreteGlobalBlock"))

    def block(self, reply: Any) -> _Block:
        return _Block(self.isa, ctypes.CFUNCTYPE(None, _ID, ctypes.c_bool, _ID)(reply))

    @contextmanager
    def pool(self) -> Iterator[None]:
        """What is made within is let go at the end."""
        pool = self._objc.objc_autoreleasePoolPush()
        try:
            yield
        finally:
            self._objc.objc_autoreleasePoolPop(_ID(pool))


def _kind(argument: Any) -> Any:
    """The type of a ctypes value; what byref gives is a pointer."""
    return type(argument) if isinstance(argument, ctypes.c_long | ctypes.c_char_p) else _ID
