"""Which program answers as the Secret Service of this session: several can, and each keeps items of its own."""

from contextlib import closing
from pathlib import Path

_BUS_NAME = "org.freedesktop.secrets"
_SECONDS = 2.0
# as the kernel keeps them, cut off after 15 characters
_PROGRAMS = {
    "gnome-keyring-d": "GNOME Keyring",
    "kwalletd5": "KWallet",
    "kwalletd6": "KWallet",
    "ksecretd": "KWallet",
    "keepassxc": "KeePassXC",
    "oo7-daemon": "oo7",
}


def secret_service_program() -> str | None:
    """Its name; None if nobody answers, or it cannot be told (another PID namespace). Starts nothing."""
    from jeepney import DBusErrorResponse, MessageType
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    try:
        with closing(open_dbus_connection(bus="SESSION")) as connection:
            asked = message_bus.GetConnectionUnixProcessID(_BUS_NAME)
            reply = connection.send_and_get_reply(asked, timeout=_SECONDS)
            if reply.header.message_type is not MessageType.method_return:
                return None
            command = Path(f"/proc/{reply.body[0]}/comm").read_text("utf-8").strip()
    except (OSError, KeyError, ValueError, TimeoutError, DBusErrorResponse):
        return None
    return _PROGRAMS.get(command, command if command.isprintable() and command else None)
