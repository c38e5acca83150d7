"""The decision table of the offline functions: every cell, with what is to come of it (docs/offline.md).

tests/vectors/decision_table.csv is the table, written by hand from the reference in its order of checks: of the rules
that fit a cell the first one holds, `*` is anything, and `why` says why. tests/services/cells.py has the cells.

Columns of the outcome. code: right, wrong (well-formed, of another key) or none. tries (retry counter): same as before,
less (one fewer), all, a number, or none. delay (seconds): left of the one that runs, a number, or none. atc: counters
taken. cache: same as before, none, or the PIN of who is addressed. current: same as before, or who was named, which
drops somebody else's cached PIN.
"""

import csv
import hashlib
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from services.cells import ALICE, BOB, Cell, Remembered, biometric_cells, every_cell
from services.held import DIGITS, Held, hold, make_vault
from support.biometrics import FakeBiometrics
from support.parts import remembering

from softtoken.engine.atc import ATC_END, AtcState
from softtoken.engine.managed import (
    managed_otp,
    resynchronisation_code,
    secure_sequence,
    sequence_message,
    signature_code,
)
from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState, ProtectionType, UserIdentifier
from softtoken.secret import Secret
from softtoken.services.biometric_prompts import BiometricPrompts
from softtoken.services.config import McConfig, Ssms
from softtoken.services.events import (
    BiometricProblem,
    GenerateOtp,
    GenerateSecureSequence,
    GetResynchronizationData,
    SignTransaction,
)
from softtoken.services.otp import MAX_OPTIONAL_DATA, OtpService
from softtoken.services.session import CachedPin, Session, SessionCell
from softtoken.services.timing import CodeClock
from softtoken.services.unlocking import Unlocking
from softtoken.vault import pinwrap
from softtoken.vault.envelope import derive
from softtoken.vault.store import TokenState, Vault

TABLE = Path(__file__).parents[1] / "vectors" / "decision_table.csv"
CONDITIONS = (
    "kind", "backend", "allow", "server", "effective", "key", "addressed", "credential", "pin", "finger", "data",
    "standing", "session",
)  # fmt: skip
DIGEST = hashlib.sha512(b"a release").digest()
NOW, UPTIME = 1_800_000_015, 100_000
PINS = {ALICE: "284917", BOB: "730195"}
DATA = {"fine": b"pay 12.50", "long": bytes(MAX_OPTIONAL_DATA + 1)}
FIELDS = {"fine": ("12.50", "EUR"), "long": ("x" * MAX_OPTIONAL_DATA, "x")}
ALLOW = {"true": True, "false": False, "undefined": None}
BOTH = (ProtectionType.NO_PIN, ProtectionType.PIN)
HAS = {"both": BOTH, "PIN": BOTH[1:], "NO_PIN": BOTH[:1], "all": tuple(ProtectionType)}
PROBLEMS = {
    "yes": None,
    "other": BiometricProblem.NO_MATCH,
    "cancelled": BiometricProblem.CANCELLED,
    "nobody": BiometricProblem.TIMED_OUT,
    "missing": BiometricProblem.NO_READER,
    "changed": BiometricProblem.CHANGED,
}
LEFT = 77
"""Seconds that are left of the delay that runs."""

FAILED = {"tried": 1, "thrice": 3, "last": 4, "blocked": 5, "delayed": 4}
USED = {"warn": (15, 15), "limit": (20, 20), "end": (ATC_END, 3)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table."""

    name: str
    conditions: dict[str, frozenset[str]]
    status: str
    code: str
    tries: str
    delay: str
    atc: int
    cache: str
    current: str


def read_rules() -> list[Rule]:
    rules = []
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["why"], row
            conditions = {name: frozenset(row[name].split("|")) for name in CONDITIONS if row[name] != "*"}
            status, code, tries, delay = (row[name] for name in ("status", "code", "tries", "delay"))
            atc, cached, current = int(row["atc"]), row["cache"], row["current"]
            rules.append(Rule(row["rule"], conditions, status, code, tries, delay, atc, cached, current))
    return rules


class Table:
    """The rules, and how many cells each of them decided."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self.cells = Counter[str]()
        self._found: dict[tuple[str, ...], Rule] = {}

    def rule(self, cell: Cell) -> Rule:
        """The first that fits."""
        facts = cell.conditions
        seen = tuple(facts.values())
        if seen not in self._found:
            fitting = (
                rule for rule in self.rules if all(facts[name] in rule.conditions[name] for name in rule.conditions)
            )
            self._found[seen] = next(fitting)
        rule = self._found[seen]
        self.cells[rule.name] += 1
        return rule


@cache
def stored(standing: str) -> CredentialState:
    """What a credential of that standing looks like on the disk."""
    parts = standing.split("+")
    failed = next((FAILED[part] for part in parts if part in FAILED), 0)
    counter, used = next((USED[part] for part in ("end", "limit", "warn") if part in parts), (3, 3))
    if {"limit", "end"} <= set(parts):
        used = 20
    tries = RetryState(failed, 120, UPTIME + LEFT - 120) if "delayed" in parts else RetryState(failed)
    return CredentialState(counter, AtcState(used), tries)


class World:
    """Vaults of every kind, brought into the standing of a cell; and the service that is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._stages: dict[tuple[str, str, str, frozenset[str]], Stage] = {}
        self.session = SessionCell()
        self.reader = FakeBiometrics()
        prompts = BiometricPrompts(lambda _: self.reader, lambda _, name: name, lambda _: None)
        unlocking = Unlocking(self.session, _StandingClock(), lambda: lambda: None, prompts)
        self.service = OtpService(self.session, CodeClock(_StandingClock(), lambda: 0), lambda: DIGEST, unlocking)

    def stage(self, cell: Cell) -> "Stage":
        """A vault with those who are activated, the one in question standing as the cell says."""
        everybody = {ALICE} if cell.remembered.alone else {ALICE, BOB}
        present = frozenset(everybody - {cell.who} if cell.standing == "unknown" else everybody)
        key = (cell.key, cell.server, cell.has, present)
        if key not in self._stages:
            vault = make_vault(self._folder / f"{next(self._numbers)}.sqlite")
            self._stages[key] = Stage(vault, {name: self._hold(vault, name, cell) for name in sorted(present)})
        self._stages[key].stand(cell)
        return self._stages[key]

    def _hold(self, vault: Vault, name: str, cell: Cell) -> Held:
        has = HAS[cell.has if name == ALICE else "both"]
        sealed, allows = cell.key == "sealed", cell.server == "true"
        self.reader.answers.clear()  # of the cell before, if nobody was asked
        return hold(vault, name, PINS[name], has, sealed=sealed, server_allows=allows, biometrics=self.reader)

    def untouched(self) -> bool:
        """Is everything as it was put?"""
        return all(not stage.changes() for stage in self._stages.values())

    def close(self) -> None:
        for stage in self._stages.values():
            stage.vault.close()


class Stage:
    """One vault, and how its users stand."""

    def __init__(self, vault: Vault, held: dict[str, Held]) -> None:
        self.vault = vault
        self.held = held
        self._stands: dict[str, str] = {}
        self._states: dict[str, CredentialState] = {}
        self._generation = -1

    def stand(self, cell: Cell) -> None:
        """Whom the cell is about stands as it says, everybody else well."""
        for name, held in self.held.items():
            standing = cell.standing if name == cell.who else "good"
            if self._stands.get(name) != standing:
                self._stands[name] = standing
                for id_, _ in held.credentials.values():
                    self._put(id_, stored(standing))
                self.vault.update_token(held.token.id, _logged_in(once=not standing.startswith("new")))
                self._generation = self.vault.generation()

    def changes(self) -> dict[str, CredentialState]:
        """The new state of each credential that changed since; which is then put back."""
        if self.vault.generation() == self._generation:  # nothing at all was written
            return {}
        states = {id_: self.vault.state(id_) for id_ in self._states}
        changed = {id_: state for id_, state in states.items() if state != self._states[id_]}
        for id_ in changed:
            self._put(id_, self._states[id_])
        self._generation = self.vault.generation()
        return changed

    def _put(self, id_: str, state: CredentialState) -> None:
        self._states[id_] = state
        self.vault.update(id_, lambda _: (state, None))


def _logged_in(*, once: bool) -> Callable[[TokenState], TokenState]:
    return lambda state: replace(state, logged_in_once=once)


class _StandingClock:
    def now(self) -> int:
        return NOW

    def uptime(self) -> int:
        return UPTIME


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a cell, in the table's words."""

    status: str
    code: str
    tries: int | None
    delay: int | None
    atc: int
    failed: int | None
    cached: str | None
    current: str | None


def run(world: World, cell: Cell) -> Outcome:
    """Post the cell's event in the cell's state."""
    stage, remembered = world.stage(cell), cell.remembered
    world.reader.answers = [PROBLEMS[cell.finger]]
    world.session.change(world.session.epoch, lambda _: session_of(remembered, stage))
    config = McConfig(astServerBackend=cell.backend, ssms=Ssms(ALLOW[cell.allow]))  # type: ignore[arg-type]
    status, made, counter, delay = ask(world.service, stage.vault, config, cell)
    # what is refused before any token is looked at is looked at together: the next cell would find its trace
    early = cell.backend != "ssms" or cell.allow == "undefined" or cell.pin == "empty" or cell.data == "long"
    changed, session = {} if early else stage.changes(), world.session.get()

    code, atc, failed = "none", 0, None
    held = stage.held.get(cell.who or "")
    credential = held.credentials.get(ProtectionType(cell.wanted)) if held else None
    if credential is not None:
        before = stored(cell.standing)
        after = changed.pop(credential[0], before)
        atc, failed = after.counter - before.counter, after.tries.failed
        assert after.atc.used - before.atc.used == atc, cell
        if made is not None:
            code = "right" if made == expected_code(cell, credential[1], before.counter) else "wrong"
    assert not changed, (cell, "a credential changed that nothing was asked of")
    assert made is None or len(made) == (35 if cell.kind == "sequence" else DIGITS), cell
    cached = session.cached_pin
    assert cached is None or cached.pin.decode() == PINS[cached.user.user_id], (
        cell,
        "one user's cache holds another's PIN",
    )
    assert session.logged_in == user_of(remembered.online), cell
    current = session.current
    return Outcome(
        status,
        code if made is not None else "none",
        counter,
        delay,
        atc,
        failed,
        cached.user.user_id if cached else None,
        current.user_id if current else None,
    )


def expected(cell: Cell, rule: Rule) -> Outcome:
    """What the rule says of this cell, in numbers and names."""
    failed_before = stored(cell.standing).tries.failed
    held = cell.who is not None and cell.standing != "unknown" and cell.conditions["credential"] != "absent"
    tries = {"none": None, "same": 5 - failed_before, "less": 4 - failed_before, "all": 5, "0": 0}[rule.tries]
    # an outcome that took something settles the tries; any other leaves them on the disk as they were
    failed = failed_before
    if rule.atc:
        failed = 0
    elif rule.tries == "less" or rule.name in {"sealed: last wrong", "biometric: last other"}:
        failed = failed_before + 1
    named = rule.current == "named" and cell.user == "named"
    cached = cell.remembered.cached
    if rule.cache == "addressed":
        cached = cell.who
    elif (rule.cache == "none" and cached == cell.who) or (named and cached == BOB):
        cached = None
    return Outcome(
        rule.status,
        rule.code,
        tries,
        {"none": None, "left": LEFT, "0": 0, "60": 60}[rule.delay],
        rule.atc,
        failed if held else None,
        cached,
        ALICE if named else cell.remembered.current,
    )


def ask(
    service: OtpService, vault: Vault, config: McConfig, cell: Cell
) -> tuple[str, str | bytes | None, int | None, int | None]:
    """Status, what was made, retry counter, retry delay."""
    user = user_of(ALICE) if cell.user == "named" else None
    about = cell.who or ALICE
    other = BOB if about == ALICE else ALICE  # a wrong PIN that is somebody's
    pin = {"right": PINS[about], "wrong": PINS[other], "empty": "", "none": None}[cell.pin]
    protection = None if cell.asked == "unsaid" else ProtectionType(cell.asked)
    match cell.kind:
        case "otp":
            otp = service.generate(vault, config, GenerateOtp(DATA[cell.data], pin, user, protection))
            made = otp.otp.code if otp.otp else None
            return otp.status, made, otp.retry_counter, otp.retry_delay
        case "sequence":
            wanted = GenerateSecureSequence(DATA[cell.data], pin, user, protection)
            sequence = service.generate_sequence(vault, config, wanted)
            return sequence.status, sequence.secure_sequence, sequence.retry_counter, sequence.retry_delay
        case "signature":
            signed = service.sign(vault, config, SignTransaction(FIELDS[cell.data], pin, user, protection))
            return signed.status, signed.signature, signed.retry_counter, signed.retry_delay
        case _:
            assert user is not None
            told = service.resynchronisation_data(vault, config, GetResynchronizationData(user, pin, protection))
            return told.status, told.otp, told.retry_counter, told.retry_delay


def expected_code(cell: Cell, key: bytes, counter: int) -> str | bytes:
    match cell.kind:
        case "otp":
            return managed_otp(key, counter, DATA["fine"], DIGEST, NOW, DIGITS).code
        case "sequence":
            return sequence_message(counter, secure_sequence(key, counter, DATA["fine"], DIGEST))
        case "signature":
            return signature_code(key, counter, FIELDS["fine"], DIGEST)
        case _:
            return resynchronisation_code(key, counter, DIGEST)


def user_of(name: str | None) -> UserIdentifier | None:
    return None if name is None else UserIdentifier("sandbox", name)


def session_of(remembered: Remembered, stage: Stage) -> Session:
    cached = user_of(remembered.cached)
    salt = stage.held[cached.user_id].salt if cached and cached.user_id in stage.held else b""
    return Session(
        user_of(remembered.current),
        user_of(remembered.online),
        CachedPin(cached, Secret(PINS[cached.user_id].encode()), salt) if cached else None,
    )


MAKES = list(itertools.product(("both", "PIN", "NO_PIN"), ("sealed", "masked"), ("true", "false")))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    # the key of a PIN is derived once: cells differ in what is done with it
    patch = pytest.MonkeyPatch()
    patch.setattr(pinwrap, "derive", remembering(derive))
    # in memory where there is such a folder: thousands of durable writes wait for a disk
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        made = World(Path(folder))
        yield made
        made.close()
    patch.undo()


def test_every_cell(world: World) -> None:
    """Every cell has its rule, no rule is without cells, and the product does what the rule says."""
    table, reasons, differences = Table(read_rules()), Counter[str](), []
    makes = (every_cell(*make) for make in MAKES)
    for cell in itertools.chain(itertools.chain.from_iterable(makes), biometric_cells()):
        reason = cell.impossible
        if reason is not None:
            reasons[reason] += 1
            continue
        rule = table.rule(cell)
        got, wanted = run(world, cell), expected(cell, rule)
        if got != wanted:
            differences.append(f"{rule.name}: {cell}\n    got      {got}\n    expected {wanted}")
            if len(differences) == 12:
                break  # enough to see what is wrong
    assert world.untouched()
    assert not differences, "differences:\n" + "\n".join(differences)
    assert set(table.cells) == {rule.name for rule in table.rules}
    assert len(reasons) == 7
    assert table.cells.total() > 250_000


def test_the_seeds_ambiguity_about_data_alone(world: World) -> None:
    """Seed: GenerateOtp(data) "can be used if allow... and a GenerateOtp was previously triggered with a user
    identifier and PIN, or the user is logged in online".

    Read as "allow and (previously or online)": whoever is online with allow=false gives the PIN each time, since the
    same page says so of false; and whoever is online with allow=true needs no GenerateOtp before, if the login's PIN
    was provided here. A code that was typed for the login was no PIN.
    """
    table = Table(read_rules())
    inputs = ("otp", "unnamed", "none", "PIN", "fine", "ssms")
    for allow, key, session, status in (
        ("true", "sealed", "cached", "OK"),
        ("true", "sealed", "online+cached", "OK"),
        ("true", "sealed", "online", "INVALID_STATE"),
        ("true", "sealed", "current", "INVALID_STATE"),
        ("false", "masked", "online", "INVALID_STATE"),
        ("false", "masked", "current", "INVALID_STATE"),
        ("false", "sealed", "online", "INVALID_STATE"),
    ):
        cell = Cell(*inputs, allow, "true", key, "both", session, "good")
        assert cell.impossible is None
        assert run(world, cell) == expected(cell, table.rule(cell))
        assert run(world, cell).status == status
