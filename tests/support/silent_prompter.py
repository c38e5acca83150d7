"""A desktop whose keyring prompt nobody answers: takes the prompter's name on the bus, and replies to nothing.

Prints `ready` once it has the name, and `asked` when a prompt was wanted.
"""

from jeepney import MessageType
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.gnome.keyring.SystemPrompter"


def main() -> None:
    with open_dbus_connection(bus="SESSION") as connection:
        connection.send_and_get_reply(message_bus.RequestName(NAME))
        print("ready", flush=True)
        while True:
            message = connection.receive()
            if message.header.message_type is MessageType.method_call:
                print("asked", flush=True)


if __name__ == "__main__":
    main()
