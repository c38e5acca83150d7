"""docs/sandbox.md: its examples for curl, in their order, do what the text around them says."""

import hashlib
import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox.tenant import Tenant

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"
BASE = "localhost:8765"
DIGEST = hashlib.sha512(b"a release").hexdigest()
OTHER_THAN_200 = {
    "/v1/users/alice@sandbox/sync-authenticator": 409,
    "/v1/users/alice@sandbox/transactions/validate": 409,
    "/softtoken/v1/sessions/0123abcd": 404,
}
"""What the text says of them; the first transaction is answered 200 all the same."""


def examples() -> list[list[str]]:
    """The arguments of each curl, without those for a server elsewhere."""
    blocks = re.findall(r"(?:^ {4}.*\n)+", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    commands = [command for block in blocks for command in re.split(r"^ {4}(?=curl )", block, flags=re.MULTILINE)]
    read = [shlex.split(command.replace("$DIGEST", DIGEST)) for command in commands if command.startswith("curl ")]
    return [arguments for arguments in read if any(BASE in argument for argument in arguments)]


def send(tenant: Tenant, arguments: list[str]) -> tuple[str, httpx.Response]:
    method, headers, body, url = "", {}, None, ""
    rest = iter(arguments[1:])
    for argument in rest:
        match argument:
            case "-s":
                pass
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                body = next(rest)
            case "-o":
                next(rest)
            case _ if argument.startswith(BASE):
                url = argument.removeprefix(BASE)
            case _:
                # what follows a command on its lines
                break
    answer = tenant.http.request(method or ("GET" if body is None else "POST"), url, headers=headers, content=body)
    return url.partition("?")[0], answer


@pytest.fixture
def tenant(make_tenant: Any) -> Tenant:
    made: Tenant = make_tenant()
    return made


def test_every_example(tenant: Tenant) -> None:
    seen = [send(tenant, arguments) for arguments in examples()]
    assert len(seen) > 30
    assert [answer.text for path, answer in seen if answer.status_code not in {200, OTHER_THAN_200.get(path)}] == []
    for path, status in OTHER_THAN_200.items():
        assert status in [answer.status_code for sent, answer in seen if sent == path]
    pending = next(answer for path, answer in seen if path.endswith("/transactions/validate")).json()
    assert (pending["riskResponseCode"], pending["sessionStatus"]) == (22, "pending")
