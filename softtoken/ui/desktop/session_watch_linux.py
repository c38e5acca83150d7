"""What logind and the desktop's screen saver say, over D-Bus.

logind: PrepareForSleep, with a delay inhibitor held meanwhile so that the lock comes before the sleep; the session's
Lock signal, its LockedHint and Active properties. Screen savers: ActiveChanged on the session bus, as desktops that
do not tell logind send it. Source: org.freedesktop.login1(5), the Idle Inhibition Service draft.
"""

import os
import threading
from contextlib import suppress
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType
from jeepney.fds import FileDescriptor
from jeepney.wrappers import DBusErrorResponse

from softtoken.services.events import LockReason
from softtoken.ui.desktop.bus_listener import BusListener
from softtoken.ui.desktop.session_watch import Tell

_LOGIND = "org.freedesktop.login1"
_SESSION = f"{_LOGIND}.Session"
_MANAGER = DBusAddress("/org/freedesktop/login1", _LOGIND, f"{_LOGIND}.Manager")
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SCREEN_SAVERS = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)

_NO_ANSWER = (DBusErrorResponse, TimeoutError)
"""Refused, or not within the time: the watch goes on without it. Any other failure is the bus's own, and its end."""


class LinuxWatch:
    """One thread for each of the two buses; one that is not there, or ends, is looked for again now and then."""

    def __init__(self) -> None:
        self._tell: Tell = lambda _: None
        self._mutex = threading.Lock()
        self._inhibitor: FileDescriptor | None = None
        self._session = ""
        self._sleeping = self._connected = False
        self.system = BusListener("SYSTEM", self._prepare_logind, self._heard_logind)
        self.desktop = BusListener("SESSION", self._prepare_screen_savers, self._heard_screen_saver)

    def start(self, tell: Tell, window: int) -> None:  # noqa: ARG002  other systems need the window
        self._tell = tell
        self.system.start()
        self.desktop.start()

    def locked(self) -> None:
        """The sleep that was held up may come; a new inhibitor is taken once it is over."""
        if self._sleeping:
            self._let_go()

    def stop(self) -> None:
        self._tell = lambda _: None
        self.system.stop()
        self.desktop.stop()
        self._let_go()

    def _prepare_logind(self, bus: BusListener) -> None:
        # a bus that came back knows nothing of what was asked of the one before
        self._session, self._sleeping = "", False
        bus.subscribe(_signals(_LOGIND, _MANAGER.interface, member="PrepareForSleep"))
        # logind forgets its inhibitors when it is restarted
        restarted = _signals("org.freedesktop.DBus", "org.freedesktop.DBus", member="NameOwnerChanged")
        restarted.add_arg_condition(0, _LOGIND)
        bus.subscribe(restarted)
        self._ask(bus)
        if self._connected:
            self._catch_up(bus)
        self._connected = True

    def _ask(self, bus: BusListener) -> None:
        """What a logind that was too slow, or not there, is asked again."""
        self._inhibit(bus)
        if not self._session and (session := _own_session(bus)):
            self._session = session
            bus.subscribe(_signals(_LOGIND, _SESSION, member="Lock", path=self._session))
            bus.subscribe(_signals(_LOGIND, _PROPERTIES, member="PropertiesChanged", path=self._session))

    def _catch_up(self, bus: BusListener) -> None:
        """Was it locked, or left to another user, while nothing could be heard?"""
        if self._session:
            for name, away, reason in (
                ("LockedHint", True, LockReason.SESSION_LOCKED),
                ("Active", False, LockReason.USER_SWITCH),
            ):
                with suppress(*_NO_ANSWER):
                    ((_, value),) = bus.call(
                        DBusAddress(self._session, _LOGIND, _PROPERTIES), "Get", "ss", _SESSION, name
                    )
                    if value is away:
                        self._tell(reason)

    def _heard_logind(self, bus: BusListener, message: Message) -> None:
        match _what(message), message.body:
            case (_MANAGER.interface, "PrepareForSleep"), (True,):
                self._sleeping = True
                self._tell(LockReason.SUSPEND)
            case (_MANAGER.interface, "PrepareForSleep"), (False,):
                self._sleeping = False
                self._ask(bus)
            case (_, "NameOwnerChanged"), (str(), str(), str(owner)) if owner:
                self._ask(bus)
            case _, (FileDescriptor() as late,) if message.header.message_type is MessageType.method_return:
                self._hold(late)
            case (interface, "Lock"), _ if interface == _SESSION:
                self._tell(LockReason.SESSION_LOCKED)
            case (_, "PropertiesChanged"), (str(), dict(changed), *_):
                if changed.get("LockedHint") == ("b", True):
                    self._tell(LockReason.SESSION_LOCKED)
                if changed.get("Active") == ("b", False):
                    self._tell(LockReason.USER_SWITCH)
            case _:
                pass

    def _prepare_screen_savers(self, bus: BusListener) -> None:
        for interface in _SCREEN_SAVERS:
            bus.subscribe(MatchRule(type="signal", interface=interface, member="ActiveChanged"))

    def _heard_screen_saver(self, _: BusListener, message: Message) -> None:
        interface, member = _what(message)
        if member == "ActiveChanged" and interface in _SCREEN_SAVERS and message.body == (True,):
            self._tell(LockReason.SESSION_LOCKED)

    def _inhibit(self, bus: BusListener) -> None:
        """Ask for a moment before the next sleep. Without one the lock still comes, perhaps only after waking up."""
        self._let_go()
        try:
            (descriptor,) = bus.call(
                _MANAGER, "Inhibit", "ssss", "sleep", "Soft Token", "Lock before the computer sleeps", "delay"
            )
        except _NO_ANSWER:
            return
        self._hold(descriptor)

    def _hold(self, descriptor: FileDescriptor) -> None:
        self._let_go()
        with self._mutex:
            self._inhibitor = descriptor

    def _let_go(self) -> None:
        with self._mutex:
            inhibitor, self._inhibitor = self._inhibitor, None
        if inhibitor is not None:
            inhibitor.close()


def _own_session(bus: BusListener) -> str:
    """The path of the session that this program is shown in; empty if logind does not know one."""
    ways: list[tuple[str, str, Any]] = [("GetSessionByPID", "u", os.getpid())]
    if named := os.environ.get("XDG_SESSION_ID"):
        ways.insert(0, ("GetSession", "s", named))
    for method, signature, argument in ways:
        try:
            (path,) = bus.call(_MANAGER, method, signature, argument)
        except _NO_ANSWER:
            continue
        return str(path)
    try:
        # started by the user's service manager, which belongs to no session: the one on the screen
        (user,) = bus.call(_MANAGER, "GetUser", "u", os.getuid())
        (display,) = bus.call(DBusAddress(user, _LOGIND, _PROPERTIES), "Get", "ss", f"{_LOGIND}.User", "Display")
    except _NO_ANSWER:
        return ""
    _, (_, path) = display
    return "" if path == "/" else str(path)


def _signals(sender: str, interface: str | None, *, member: str, path: str | None = None) -> MatchRule:
    return MatchRule(type="signal", sender=sender, interface=interface, member=member, path=path)


def _what(message: Message) -> tuple[str, str]:
    """Interface and member of a signal; anything else is nothing."""
    if message.header.message_type is not MessageType.signal:
        return "", ""
    fields = message.header.fields
    return fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")
