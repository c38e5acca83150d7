"""The window's end of `softtoken lock`: a socket for this user alone, on which one word can be said."""

import os
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from softtoken.services.doorbell import LOCKED, RING, own_door, sweep
from softtoken.services.home import Home, HomeUnusable


class Doorbell(QObject):
    """home: the data folder, if there is one that can be meant. Signals: rung: somebody wants the window locked."""

    rung = Signal()

    def __init__(self, home: Callable[[], Home], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._waiting: list[QLocalSocket] = []
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._open_door)

    def open(self) -> bool:
        """Begin to listen. False: there is no data folder yet, or no socket can be made in it."""
        if self._server.isListening():
            return True
        try:
            home = self._home()
        except HomeUnusable:
            return False
        door = own_door(home, os.getpid())
        if door is None:
            return False
        sweep(home)
        return self._server.listen(door)

    def answer(self) -> None:
        """The keys are gone: tell who is waiting to hear it."""
        waiting, self._waiting = self._waiting, []
        for visitor in waiting:
            visitor.write(LOCKED)
            visitor.flush()
            visitor.disconnectFromServer()

    def close(self) -> None:
        """Nobody can ring any more; the socket is removed."""
        self._server.close()
        waiting, self._waiting = self._waiting, []
        for visitor in waiting:
            visitor.abort()

    def _open_door(self) -> None:
        while (visitor := self._server.nextPendingConnection()) is not None:
            visitor.disconnected.connect(lambda visitor=visitor: self._leave(visitor))
            visitor.readyRead.connect(lambda visitor=visitor: self._listen(visitor))
            self._listen(visitor)

    def _leave(self, visitor: QLocalSocket) -> None:
        self._waiting = [one for one in self._waiting if one is not visitor]
        visitor.deleteLater()

    def _listen(self, visitor: QLocalSocket) -> None:
        if visitor in self._waiting or not visitor.bytesAvailable():
            return
        said = bytes(visitor.peek(len(RING) + 1).data())
        if said == RING:
            self._waiting.append(visitor)
            self.rung.emit()
        elif not RING.startswith(said):  # nothing else is accepted
            visitor.abort()
