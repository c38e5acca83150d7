"""A real HTTP proxy on loopback that knows CONNECT, and what proxies do instead of it."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """Tunnels whatever name it is asked for to one port of this machine.

    refusal: the status line that it answers with instead. mute: it accepts connections and says nothing.
    tls: it is a TLS proxy. interception: it opens the tunnel's TLS with certificates of its own.
    trickle: seconds between the single bytes of what the server says.
    """

    target: int
    refusal: str = ""
    mute: bool = False
    tls: ssl.SSLContext | None = None
    interception: ssl.SSLContext | None = None
    trickle: float = 0
    heads: list[bytes] = field(default_factory=list)
    """What it was sent before each tunnel."""
    port: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket) -> None:
        """Answer connections, one after the other, until `stop`."""
        while not self._stopping.is_set():
            if select.select([listener], [], [], 0.02)[0]:
                with contextlib.suppress(OSError), listener.accept()[0] as client:
                    self._answer(client)

    def stop(self) -> None:
        self._stopping.set()

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(10)
        if self.tls is not None:
            client = self.tls.wrap_socket(client, server_side=True)
        with client:
            if self.mute:
                self._stopping.wait()
                return
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = client.recv(1)
                if not byte:
                    return
                head += byte
                if head == b"\x16":  # somebody begins TLS with a proxy that has none
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                    return
            self.heads.append(head)
            if self.refusal:
                client.sendall(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if self.interception is not None:
                with self.interception.wrap_socket(client, server_side=True):
                    return
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                self._tunnel(client, server)

    def _tunnel(self, client: socket.socket, server: socket.socket) -> None:
        while not self._stopping.is_set():
            pending = isinstance(client, ssl.SSLSocket) and client.pending()
            ready = [client] if pending else select.select([client, server], [], [], 0.02)[0]
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                self._pass_on(data, server if one is client else client, slowly=one is server)

    def _pass_on(self, data: bytes, to: socket.socket, *, slowly: bool) -> None:
        if not (slowly and self.trickle):
            to.sendall(data)
            return
        for start in range(len(data)):
            to.sendall(data[start : start + 1])
            if self._stopping.wait(self.trickle):
                return


@contextlib.contextmanager
def proxying(proxy: ConnectProxy) -> Iterator[ConnectProxy]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy.port = listener.getsockname()[1]
        thread = threading.Thread(target=proxy.serve, args=(listener,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stop()
            thread.join()
