"""The little of macOS's AppKit that Qt has no door to, by way of the Objective-C runtime.

Not verified on hardware. Sources: Apple's "Objective-C Runtime" (objc_msgSend), NSPasteboard, NSWindow.sharingType;
nspasteboard.org for the mark.
"""

import ctypes
import ctypes.util
from collections.abc import Callable
from ctypes import c_char_p, c_long, c_ulong, c_void_p
from typing import Any, Protocol

CONCEALED = "org.nspasteboard.ConcealedType"
_SHARING_NONE, _SHARING_READ_ONLY = 0, 1


class Cocoa(Protocol):
    """What is asked of AppKit. OSError or AttributeError where there is none."""

    def conceal_pasteboard(self) -> None:
        """Mark what is on the pasteboard now as a secret."""
        ...

    def keep_from_sharing(self, view: int, hidden: bool) -> bool:  # noqa: FBT001 - a state
        """Leave the window of an NSView (Qt's winId) out of pictures of the screen, or not. False: no such window."""
        ...


Send = Callable[..., Any]
"""objc_msgSend: receiver, selector, arguments of c types; `returns`: the c type of the result."""


class AppKit:
    """Cocoa for real."""

    def __init__(self, runtime: Any | None = None, send: Send | None = None) -> None:
        """runtime, send: a test's own in place of libobjc."""
        self._runtime = runtime or _libobjc()
        self._send = send or self._message

    def conceal_pasteboard(self) -> None:
        kind = self._string(CONCEALED)
        board = self._send(self._class("NSPasteboard"), "generalPasteboard", returns=c_void_p)
        kinds = self._send(self._class("NSArray"), "arrayWithObject:", c_void_p(kind), returns=c_void_p)
        # added to what Qt put there; a new declaration would take that away
        self._send(board, "addTypes:owner:", c_void_p(kinds), c_void_p(None), returns=c_long)
        self._send(board, "setString:forType:", c_void_p(self._string("1")), c_void_p(kind), returns=ctypes.c_bool)

    def keep_from_sharing(self, view: int, hidden: bool) -> bool:  # noqa: FBT001 - as above
        window = self._send(view, "window", returns=c_void_p)
        if not window:
            return False
        self._send(window, "setSharingType:", c_ulong(_SHARING_NONE if hidden else _SHARING_READ_ONLY), returns=None)
        told = self._send(window, "sharingType", returns=c_ulong)
        return bool(told == (_SHARING_NONE if hidden else _SHARING_READ_ONLY))

    def _string(self, text: str) -> int:
        return int(
            self._send(self._class("NSString"), "stringWithUTF8String:", c_char_p(text.encode()), returns=c_void_p)
        )

    def _class(self, name: str) -> int:
        return int(self._runtime.objc_getClass(name.encode()) or 0)

    def _message(self, receiver: int, selector: str, *arguments: Any, returns: Any) -> Any:
        kinds = [type(argument) for argument in arguments]
        function = ctypes.CFUNCTYPE(returns, c_void_p, c_void_p, *kinds)(("objc_msgSend", self._runtime))
        return function(receiver, self._runtime.sel_registerName(selector.encode()), *arguments)


def _libobjc() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("objc") or "libobjc.dylib")
    for name in ("objc_getClass", "sel_registerName"):
        function = getattr(library, name)
        function.restype, function.argtypes = c_void_p, [c_char_p]
    return library
