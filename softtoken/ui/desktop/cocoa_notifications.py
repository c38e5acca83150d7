"""Cocoa's notification centres through the Objective-C runtime, without a binding. Not verified on hardware."""

import ctypes
import ctypes.util
from collections.abc import Callable
from typing import Any

_IMMEDIATELY = 4
"""NSNotificationSuspensionBehaviorDeliverImmediately: else nothing comes while the program is in the background."""

_Method = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class CocoaNotifications:
    """One observer object for the life of the process; its class is made at the first use."""

    def __init__(self) -> None:
        self._objc: Any = None
        self._observer: int | None = None
        self._centres: list[int] = []
        self._method: Any = None  # the runtime keeps only its address

    def observe(self, distributed: frozenset[str], workspace: frozenset[str], heard: Callable[[str], None]) -> None:
        objc = self._objc = ctypes.CDLL(ctypes.util.find_library("objc") or "/usr/lib/libobjc.dylib")
        ctypes.CDLL("/System/Library/Frameworks/AppKit.framework/AppKit")
        for name in ("objc_getClass", "sel_registerName", "objc_allocateClassPair"):
            getattr(objc, name).restype = ctypes.c_void_p

        def called(_observer: int, _selector: int, notification: int) -> None:
            text = self._send(self._send(notification, "name"), "UTF8String")
            heard(ctypes.string_at(text).decode())

        self._method = _Method(called)
        made = objc.objc_allocateClassPair(
            ctypes.c_void_p(self._class("NSObject")), f"SoftTokenObserver{id(self):x}".encode(), ctypes.c_size_t(0)
        )
        selector = ctypes.c_void_p(self._selector("heard:"))
        objc.class_addMethod(ctypes.c_void_p(made), selector, self._method, b"v@:@")
        objc.objc_registerClassPair(ctypes.c_void_p(made))
        self._observer = self._send(made, "new")
        far = self._send(self._class("NSDistributedNotificationCenter"), "defaultCenter")
        for name in distributed:
            adding = "addObserver:selector:name:object:suspensionBehavior:"
            self._send(far, adding, self._observer, selector.value, self._text(name), None, _IMMEDIATELY)
        near = self._send(self._send(self._class("NSWorkspace"), "sharedWorkspace"), "notificationCenter")
        for name in workspace:
            self._send(
                near, "addObserver:selector:name:object:", self._observer, selector.value, self._text(name), None
            )
        self._centres = [far, near]

    def forget(self) -> None:
        for centre in self._centres:
            self._send(centre, "removeObserver:", self._observer)
        self._centres = []

    def _class(self, name: str) -> int:
        return int(self._objc.objc_getClass(name.encode()))

    def _selector(self, name: str) -> int:
        return int(self._objc.sel_registerName(name.encode()))

    def _text(self, text: str) -> int:
        made = ctypes.c_char_p(text.encode())
        return self._send(self._class("NSString"), "stringWithUTF8String:", ctypes.cast(made, ctypes.c_void_p).value)

    def _send(self, receiver: int, selector: str, *arguments: int | None) -> int:
        """objc_msgSend has no prototype of its own: each call needs the one of its method."""
        kinds = [ctypes.c_void_p] * (2 + len(arguments))
        call = ctypes.cast(self._objc.objc_msgSend, ctypes.CFUNCTYPE(ctypes.c_void_p, *kinds))
        return call(receiver, self._selector(selector), *arguments) or 0
