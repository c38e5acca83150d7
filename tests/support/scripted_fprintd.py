"""A service that speaks as fprintd does and says what it is told to: an honest one with a fault, or an impostor.

Run as a program (bus, user id) it becomes that user first and then says yes to everything.
"""

import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# before the program becomes a user who may not read the packages
import jeepney.auth
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, prep_socket

NAME = "net.reactivated.Fprint"
FIRST, SECOND = f"/{NAME.replace('.', '/')}/Device/0", f"/{NAME.replace('.', '/')}/Device/1"
Status = tuple[str, bool]


@dataclass
class Script:
    """reports: what each VerifyStart leads to, in order. early: reported before VerifyStart is answered.

    elsewhere: reported for the other reader. chatter: signals with other names, each of which says match. errors: by
    method, the last part of an error's name. silent: methods that are never answered. calls: what was asked, in order.
    """

    reports: Sequence[Sequence[Status]] = ((("verify-match", True),),)
    early: Sequence[Status] = ()
    elsewhere: Sequence[Status] = ()
    fingers: dict[str, list[str]] = field(default_factory=lambda: {FIRST: ["left-thumb"], SECOND: []})
    chatter: Sequence[str] = ()
    scan_type: str = "press"
    errors: dict[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    calls: list[tuple[str, str]] = field(default_factory=list)


class ScriptedFprintd:
    """Serves in `run` until `stop`."""

    def __init__(self, socket: str, script: Script) -> None:
        self._bus_path = socket
        self._script = script
        self._bus = DBusConnection(prep_socket(socket))
        self._verifications = iter(script.reports)
        reply = self._bus.send_and_get_reply(message_bus.RequestName(NAME))
        assert reply.body == (1,), reply.body

    def run(self) -> None:
        while True:
            message = self._bus.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            member = message.header.fields[HeaderFields.member]
            if member == "Stop":
                break
            self._answer(member, message)
        self._bus.close()

    def stop(self) -> None:
        """From another thread."""
        client = DBusConnection(prep_socket(self._bus_path))
        client.send(new_method_call(DBusAddress("/", self._bus.unique_name, f"{NAME}.Device"), "Stop"))
        client.send_and_get_reply(message_bus.GetId())
        client.close()

    def _answer(self, member: str, message: Message) -> None:
        script = self._script
        path = message.header.fields[HeaderFields.path]
        script.calls.append((member, path))
        if member in script.silent:
            return
        if member in script.errors:
            self._bus.send(new_error(message, f"{NAME}.Error.{script.errors[member]}"))
            return
        match member:
            case "GetDevices":
                self._return(message, "ao", list(script.fingers))
            case "ListEnrolledFingers":
                self._return(message, "as", script.fingers[path])
            case "Get":
                value = script.scan_type if message.body[1] == "scan-type" else "A reader"
                self._return(message, "v", ("s", value))
            case "VerifyStart":
                self._report(path, script.early)
                self._return(message)
                self._report(SECOND, script.elsewhere)
                for other in script.chatter:
                    self._report(path, [("verify-match", True)], other)
                self._report(path, next(self._verifications))
            case _:
                self._return(message)

    def _return(self, message: Message, signature: str | None = None, *body: Any) -> None:
        self._bus.send(new_method_return(message, signature, body))

    def _report(self, path: str, statuses: Sequence[Status], signal: str = "VerifyStatus") -> None:
        for status, done in statuses:
            emitter = DBusAddress(path, interface=f"{NAME}.Device")
            self._bus.send(new_signal(emitter, signal, "sb", (status, done)))


class ServingThread:
    """A scripted service beside the test."""

    def __init__(self, socket: str, script: Script) -> None:
        self._service = ScriptedFprintd(socket, script)
        self._thread = threading.Thread(target=self._service.run, name="scripted fprintd")
        self._thread.start()

    def stop(self) -> None:
        self._service.stop()
        self._thread.join(20)


def main() -> None:
    socket, user = sys.argv[1], int(sys.argv[2])
    assert jeepney.auth
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    service = ScriptedFprintd(socket, Script(reports=[[("verify-match", True)]] * 100))
    print("serving", flush=True)
    service.run()


if __name__ == "__main__":
    main()
