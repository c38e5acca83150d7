"""A D-Bus connection on a thread of its own that listens until it is stopped."""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

PATIENCE = 5.0
"""Seconds that a service has for an answer."""

PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds until a bus that ended, or is not there, is looked for again; the last of them for as long as it takes."""


class BusListener:
    """prepare: subscribes and asks, once connected. heard: is given every signal. Both run on the thread.

    A bus that is not there, or ends, is looked for again, and prepared anew; nobody is told.
    """

    def __init__(
        self, bus: str, prepare: Callable[["BusListener"], None], heard: Callable[["BusListener", Message], None]
    ) -> None:
        self._bus = bus
        self._prepare = prepare
        self._heard = heard
        self._mutex = threading.Lock()
        self._connection: DBusConnection | None = None
        self._kept: deque[Message] = deque()
        self._stopped = threading.Event()
        # a daemon, since a bus that hangs must not hold up the end of the program
        self._thread = threading.Thread(target=self._listen, name=f"{bus.lower()} bus", daemon=True)
        self.ready = threading.Event()
        """Set once `prepare` is through for the first time, or there is nothing to hear for now."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """End the connection and the thread."""
        with self._mutex:
            self._stopped.set()
            if self._connection is not None:
                with contextlib.suppress(OSError):  # ended by itself
                    self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(patience)

    def subscribe(self, rule: MatchRule) -> None:
        """Hear these signals. Raises OSError, DBusErrorResponse."""
        self.call(message_bus, "AddMatch", "s", rule.serialise())

    def call(self, whom: DBusAddress, method: str, signature: str | None = None, *arguments: Any) -> tuple[Any, ...]:
        """A method's answer. Raises OSError (TimeoutError among them), DBusErrorResponse."""
        connection = self._connection
        if connection is None:
            raise ConnectionError
        serial, ended = next(connection.outgoing_serial), time.monotonic() + PATIENCE
        connection.send(new_method_call(whom, method, signature, arguments), serial=serial)
        while True:
            message = connection.receive(timeout=max(0.0, ended - time.monotonic()))
            if message.header.fields.get(HeaderFields.reply_serial) == serial:
                answer: tuple[Any, ...] = unwrap_msg(message)
                return answer
            self._kept.append(message)  # a signal that came in between is heard afterwards

    def _listen(self) -> None:
        tries = 0
        while True:
            tries = 0 if self._hear() else tries + 1
            self.ready.set()
            # not at once: a bus that is being restarted takes a moment, and one that is not there takes for ever
            if self._stopped.wait(PAUSES[min(tries, len(PAUSES) - 1)]):
                return

    def _hear(self) -> bool:
        """Until the bus ends. Was there anything to hear?"""
        prepared = False
        try:
            connection = open_dbus_connection(self._bus, enable_fds=True)
            with self._mutex:
                if self._stopped.is_set():
                    connection.close()
                    return False
                self._connection = connection
            self._prepare(self)
            prepared = True
            self.ready.set()
            while True:
                self._heard(self, self._kept.popleft() if self._kept else connection.receive())
        except Exception:  # noqa: BLE001  no bus, a bus that ended, or one that talks nonsense: nothing to hear
            return prepared
        finally:
            self._kept.clear()
            with self._mutex:
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
