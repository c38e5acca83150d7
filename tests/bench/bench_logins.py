"""Many users log in at once, against a real sandbox process over HTTP. For people:

    python tests/bench/bench_logins.py [--users 200] [--logins 10]

Each user's logins come in their order; behind each, its code is sent again and has to be refused; the last code of each
user is sent twice at the same moment. Prints figures, and fails if anything was answered otherwise than it should be.
"""

import argparse
import asyncio
import base64
import json
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx

from softtoken.clock import SystemClock
from softtoken.engine.managed import managed_otp
from softtoken.engine.tokens import ProtectionType
from softtoken.manifest import app_digest
from softtoken.sandbox.issuing import new_authenticator
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.users import add_user

DIGITS = 8
"""Of six, one of 2,000 replayed codes would be right by chance in one run of ten."""
LIMIT = 300
"""Seconds until a request counts as never answered."""
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}
REFUSED = {"error": "Conflict", "message": "Authentication failed"}


@dataclass(frozen=True, slots=True)
class Customer:
    """A user whose device was activated. digest: of the app on it; key: of its credential without a PIN."""

    name: str
    digest: bytes
    key: bytes = field(repr=False)

    def code(self, counter: int) -> str:
        """The one-time password with this counter, made now."""
        return managed_otp(self.key, counter, None, self.digest, SystemClock().now(), DIGITS).code


@dataclass
class Outcome:
    """What was answered. latencies: seconds of each right login. faults: answers that were not as they should be."""

    accepted: int = 0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """One run. seconds: from the first request to the last answer. memory: the server's, in bytes, at half-time, at
    the end, and after the codes that were sent twice at one moment.
    """

    outcome: Outcome
    seconds: float
    memory: tuple[int, int, int]
    counters: tuple[int, ...]


def measure(folder: Path, users: int, logins: int) -> Figures:
    """Seed a tenant, serve it in a process of its own, and log in. Needs Linux for the memory."""
    customers = _seed(folder, users)
    with _serving(folder) as (url, process):
        outcome = Outcome()
        half = logins // 2
        began = time.perf_counter()
        asyncio.run(_all(url, customers, range(half), outcome))
        middle = _memory(process)
        asyncio.run(_all(url, customers, range(half, logins - 1), outcome))
        end = _memory(process)
        # apart, since it takes twice the connections
        asyncio.run(_all(url, customers, range(logins - 1, logins), outcome, twice=True))
        seconds = time.perf_counter() - began
        memory = (middle, end, _memory(process))
    return Figures(outcome, seconds, memory, _counters(folder))


def check(figures: Figures, users: int, logins: int) -> list[str]:
    """What is wrong with a run, apart from how long it took and how much it needed."""
    faults = list(figures.outcome.faults)
    told = (figures.outcome.accepted, figures.outcome.refused)
    if told != (users * logins, users * logins):
        faults.append(f"{told[0]} accepted and {told[1]} refused, of {users * logins} each")
    if figures.counters != (logins,) * users:
        faults.append("a counter did not move once for each login")
    return faults


async def _all(
    url: str, customers: Sequence[Customer], counters: range, outcome: Outcome, *, twice: bool = False
) -> None:
    """All customers at once, each with an own client. twice: each code is sent twice at one moment."""
    # one context, as each would read the trust roots anew; nothing of it is used on loopback
    context = ssl.create_default_context()
    await asyncio.gather(*(_logins(url, context, customer, counters, outcome, twice=twice) for customer in customers))


async def _logins(
    url: str,
    context: ssl.SSLContext,
    customer: Customer,
    counters: range,
    outcome: Outcome,
    *,
    twice: bool,
) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=LIMIT, verify=context) as client:
        for counter in counters:
            code = customer.code(counter)
            if twice:
                both = await asyncio.gather(_login(client, customer, code), _login(client, customer, code))
                _count(outcome, customer, sorted(both, key=lambda answer: answer[0]))
                continue
            began = time.perf_counter()
            first = await _login(client, customer, code)
            outcome.latencies.append(time.perf_counter() - began)
            _count(outcome, customer, [first, await _login(client, customer, code)])


def _count(outcome: Outcome, customer: Customer, answers: Sequence[tuple[int, object]]) -> None:
    """Of two answers the first has to be an acceptance, the second a refusal."""
    for (status, body), expected in zip(answers, ((200, ACCEPTED), (409, REFUSED)), strict=True):
        if (status, body) != expected:
            outcome.faults.append(f"{customer.name}: {status} {body} instead of {expected[0]}")
        outcome.accepted += body == ACCEPTED
        outcome.refused += body == REFUSED


async def _login(client: httpx.AsyncClient, customer: Customer, code: str) -> tuple[int, object]:
    body = {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": customer.name,
        "sessionID": "4ed23ea44f23",
        "credentials": {"authenticator": {"OTP": code}},
    }
    answer = await client.post(f"/v1/users/{customer.name}@sandbox/login", json=body)
    return answer.status_code, answer.json()


def _seed(folder: Path, users: int) -> list[Customer]:
    """Straight into the tenant's file: 200 activations would take longer than what is measured."""
    digest = app_digest()
    settings = SandboxSettings(data_folder=folder, app_digests=(digest,), clock=SystemClock(), digits=DIGITS)
    customers = []
    with Store(folder).transaction() as db:
        for number in range(users):
            name, serial = f"user{number}", f"BENCH{number:05}"
            add_user(db, name, None)
            message = json.loads(new_authenticator(db, settings, name, serial, [ProtectionType.NO_PIN]))
            db.execute("UPDATE authenticators SET user_id = ?, activated = 1 WHERE serial = ?", (name, serial))
            customers.append(Customer(name, digest, base64.b64decode(message["credentials"][0]["key"])))
    return customers


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`softtoken sandbox` over this folder, and its address."""
    command = [sys.executable, "-m", "softtoken", "sandbox", "--port", "0", "--data", str(folder), "--json"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"], process
        finally:
            process.terminate()
            process.wait(30)


def _memory(process: subprocess.Popen[str]) -> int:
    """Resident bytes."""
    status = Path("/proc", str(process.pid), "status")
    lines = status.read_text("ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


def _counters(folder: Path) -> tuple[int, ...]:
    with Store(folder).transaction() as db:
        return tuple(row["counter"] for row in db.execute("SELECT counter FROM credentials"))


def _told(figures: Figures) -> str:
    latencies = sorted(figures.outcome.latencies)
    p50, p95, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    requests = figures.outcome.accepted + figures.outcome.refused
    middle, end, after = (value / 2**20 for value in figures.memory)
    return (
        f"{figures.outcome.accepted} logins accepted, {figures.outcome.refused} replays refused"
        f" in {figures.seconds:.1f} s\n"
        f"logins per second      {figures.outcome.accepted / figures.seconds:.0f}"
        f" ({requests / figures.seconds:.0f} requests)\n"
        f"latency of a login     p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms\n"
        f"memory of the server   {middle:.1f} MiB at half-time, {end:.1f} MiB at the end,"
        f" {after:.1f} MiB with twice the connections\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--logins", type=int, default=10, help="of each user")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="softtoken-bench-") as folder:
        figures = measure(Path(folder), options.users, options.logins)
    sys.stdout.write(_told(figures))
    faults = check(figures, options.users, options.logins)
    sys.stdout.writelines(f"FAULT {fault}\n" for fault in faults[:20])
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
