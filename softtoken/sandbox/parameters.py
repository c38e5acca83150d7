"""Parameters that several operations have in their path or query."""

from typing import Annotated

from fastapi import Path, Query
from starlette.convertors import PathConvertor

from softtoken.sandbox.users import LONGEST_NAME, NAME_PATTERN


class UserConvertor(PathConvertor):
    """A user id may hold slashes, but `alice/login` is what is done with alice, whatever the method."""

    regex = (
        "(?!register$|.*/(?:login|(?:events|transactions)/validate|unregister|unlock|sync-authenticator"
        "|generate-challenge)$).*"
    )


UserPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=LONGEST_NAME,
        pattern=NAME_PATTERN,
        description="userID or userID@domain, percent-encoded",
    ),
]
SerialPath = Annotated[str, Path(min_length=1, max_length=64, description="without the suffix of an instance")]
RequestPath = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME)]
Wildcard = Annotated[str, Query(min_length=1, max_length=LONGEST_NAME, description="* stands for anything")]
Switch = Annotated[bool | None, Query()]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=100)]
