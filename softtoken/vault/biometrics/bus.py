"""One connection to a D-Bus message bus, whose waits end at a deadline or when another thread says so.

Knows nothing of fingers. It believes the header field `sender` alone, which the bus itself writes: a reply counts if
it comes from whom was asked, and a signal if it comes from a name that was trusted before. What other programs
of the bus send is dropped on arrival.
"""

import itertools
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jeepney import Message

DAEMON = "org.freedesktop.DBus"
_DAEMON_PATH = "/org/freedesktop/DBus"
_AUTHENTICATION = 5.0
_CHUNK = 4096


class BusError(Exception):
    """Somebody answered with an error. name: the D-Bus name of it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class BusUnreachableError(Exception):
    """There is no bus, or the connection to it broke."""


class InterruptedWaitError(Exception):
    """`interrupt` was called, now or before."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One that was sent by a trusted name."""

    sender: str
    path: str
    interface: str
    member: str
    body: tuple[Any, ...]


class Bus:
    """For one thread, but for `interrupt`, after which every wait ends in an InterruptedWaitError.

    Deadlines are times of time.monotonic(); reaching one is a TimeoutError. Calls raise BusError,
    BusUnreachableError, InterruptedWaitError and TimeoutError.
    """

    def __init__(self, path: str, deadline: float) -> None:
        from jeepney import Parser
        from jeepney.auth import AuthenticationError
        from jeepney.io.blocking import prep_socket

        try:
            left = min(_AUTHENTICATION, max(0.01, deadline - time.monotonic()))
            self._socket: socket.socket = prep_socket(path, timeout=left)
        except (OSError, AuthenticationError) as error:
            if time.monotonic() >= deadline:
                raise TimeoutError from error
            raise BusUnreachableError from error
        self._alarm, self._rings = socket.socketpair()
        self._alone, self._with_alarm = selectors.DefaultSelector(), selectors.DefaultSelector()
        self._alone.register(self._socket, selectors.EVENT_READ)
        self._with_alarm.register(self._socket, selectors.EVENT_READ)
        self._with_alarm.register(self._alarm, selectors.EVENT_READ)
        self._parser = Parser()
        self._serials = itertools.count(1)
        self._trusted = {DAEMON}
        self._signals: deque[Signal] = deque()
        try:
            self.ask_daemon("Hello", deadline=deadline)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """The other side learns of it, too: whatever it keeps for this connection is let go."""
        for open_ in (self._alone, self._with_alarm, self._socket, self._alarm, self._rings):
            open_.close()

    def interrupt(self) -> None:
        """End the wait that is going on, and each one after it. From any thread."""
        self._rings.send(b"!")

    def trust(self, sender: str) -> None:
        """Keep the signals of this unique name from now on, and ask the bus for them."""
        self._trusted.add(sender)
        self.ask_daemon(
            "AddMatch", "s", f"type='signal',sender='{sender}'", deadline=time.monotonic() + _AUTHENTICATION
        )

    def ask_daemon(self, member: str, signature: str = "", *arguments: Any, deadline: float) -> tuple[Any, ...]:
        return self.call(DAEMON, _DAEMON_PATH, DAEMON, member, signature, *arguments, deadline=deadline)

    def call(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *arguments: Any,
        deadline: float,
        interruptible: bool = True,
    ) -> tuple[Any, ...]:
        """What the method returned. destination: a unique name, or the daemon's: it must be the reply's sender."""
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        address = DBusAddress(path, bus_name=destination, interface=interface)
        serial = next(self._serials)
        self._send(new_method_call(address, member, signature, arguments).serialise(serial))
        while True:
            message = self._receive(deadline, interruptible=interruptible)
            fields = message.header.fields
            asked = fields.get(HeaderFields.reply_serial) == serial and fields.get(HeaderFields.sender) in {
                destination,
                DAEMON,  # answers for those who are not there, or are not allowed to be asked
            }
            kind = message.header.message_type
            if asked and kind is MessageType.method_return:
                return tuple(message.body)
            if asked and kind is MessageType.error:
                raise BusError(str(fields.get(HeaderFields.error_name, "")))
            self._keep(message)

    def forget_signals(self) -> None:
        """Those that came so far."""
        self._signals.clear()

    def next_signal(self, deadline: float) -> Signal:
        """The next one of a trusted name."""
        while not self._signals:
            self._keep(self._receive(deadline))
        return self._signals.popleft()

    def _keep(self, message: "Message") -> None:
        from jeepney import HeaderFields, MessageType

        fields = message.header.fields
        sender = fields.get(HeaderFields.sender)
        if message.header.message_type is MessageType.signal and sender in self._trusted:
            path, interface, member = (
                str(fields.get(field, "")) for field in (HeaderFields.path, HeaderFields.interface, HeaderFields.member)
            )
            self._signals.append(Signal(sender, path, interface, member, tuple(message.body)))

    def _send(self, raw: bytes) -> None:
        try:
            self._socket.sendall(raw)
        except OSError as error:
            raise BusUnreachableError from error

    def _receive(self, deadline: float, *, interruptible: bool = True) -> "Message":
        selector = self._with_alarm if interruptible else self._alone
        while True:
            # looked at each time: who floods this connection must not keep it from its deadline
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if (message := self._parser.get_next_message()) is not None:
                return message
            ready = {key.fileobj for key, _ in selector.select(left)}
            if self._alarm in ready:
                # what rang is left there: an interruption is for good
                raise InterruptedWaitError
            if self._socket in ready:
                self._read()

    def _read(self) -> None:
        try:
            raw = self._socket.recv(_CHUNK)
        except OSError as error:
            raise BusUnreachableError from error
        if not raw:
            raise BusUnreachableError
        self._parser.add_data(raw)
