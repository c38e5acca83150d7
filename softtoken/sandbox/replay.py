"""Looking at a request before the application does."""

from starlette.types import Message, Receive


def again(message: Message, receive: Receive) -> Receive:
    """A `receive` that gives the message that was already taken, then whatever comes."""
    pending = [message]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
