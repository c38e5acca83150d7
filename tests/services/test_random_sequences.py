"""Random sequences of events on the real controller and real sandboxes, each step against tests/services/reference.py.

Two users in two tenants: alice's PIN is verified on the device, bob's by his server. Two programs share the vault.
Clocks move both ways, the machine is started anew, answers are lost.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from services.inprocess import Network
from services.reference import Counted, Memory, Person, Rules, ServerKey
from services.room import cheapen
from support.flows import BOTH, DIGEST, ManualClock, MemoryKeystore
from support.random_driver_machine import wait_for_the_keyring

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.iaa.errors import Unreachable
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    ChangePin,
    CreateVault,
    DeleteUser,
    EnableAtcResynchronizationDuringNextLogin,
    GenerateOtp,
    GenerateSecureSequence,
    GetCredentialInformation,
    GetResynchronizationData,
    GetState,
    Login,
    OfflineLogin,
    PrepareResynchronization,
    Reactivate,
    Restart,
    Resynchronised,
    Resynchronize,
    SetAtcResynchronizationBeforeEveryLogin,
    SignTransaction,
    Start,
    Status,
)
from softtoken.services.home import Home

NAMES = ("alice", "bob")
TENANTS = {"alice": "one", "bob": "two"}
PINS = ("284917", "730195", "640281")
USERS = {name: UserIdentifier(TENANTS[name], name) for name in NAMES} | {"nobody": UserIdentifier("one", "carol")}
PROTECTIONS = {"PIN": ProtectionType.PIN, "NO_PIN": ProtectionType.NO_PIN, None: None}

names = st.sampled_from(NAMES)
anybody = st.sampled_from([*NAMES, *NAMES, None, "nobody"])
# mostly right, or everybody is blocked before long
given_pins = st.sampled_from([*["right"] * 6, None, None, None, "wrong", ""])
protections = st.sampled_from(["PIN", "NO_PIN", None, None])
faults = st.sampled_from([None, None, None, None, None, "down", "lost"])
everyone = st.sampled_from([*NAMES, "nobody"])
old_pins = st.sampled_from(["right", "right", "right", "wrong", ""])
renewal_faults = st.sampled_from([None, None, None, "down", "lost", "lost twice"])


class Machine:
    """Both tenants with their users activated once; each example begins with a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.keystore = MemoryKeystore()
        self.network = Network(folder / "tenants", self.clock)
        verifying = self.network.add("one", allow_offline_pin_verification=True)
        masking = self.network.add("two", allow_offline_pin_verification=False)
        self.origins = {"alice": verifying, "bob": masking}
        self.home = Home(folder / "home")
        self.home.folder.mkdir(mode=0o700)
        controller = self.program()
        controller.post(CreateVault())
        for name in NAMES:
            self.activate(controller, name, PINS[0])
        controller.close()
        self.network.keep(folder / "kept tenants")
        shutil.copytree(self.home.folder, folder / "kept home")
        self._kept = dict(self.keystore.items), dict(self.keystore.evidences), self.clock.wall, self.clock.up

    def program(self) -> MasterController:
        controller = MasterController(self.home, self.keystore, self.clock, self.network.client, lambda: DIGEST)
        controller.post(Start())
        return controller

    def activate(self, controller: MasterController, name: str, pin: str) -> None:
        origin = self.origins[name]
        code, user = self.network.register(origin, name), f"{name}@{TENANTS[name]}"
        result = controller.post(Activate(origin, user, code, BOTH, pin))
        assert (result.status, result.login and result.login.status) == (Status.OK, Status.OK), result

    def begin(self) -> None:
        """As it was when both had been activated."""
        self.network.faults.clear()
        self.network.bring_back(self.folder / "kept tenants")
        wait_for_the_keyring()  # it may still be looking at the last example's file
        shutil.rmtree(self.home.folder)
        shutil.copytree(self.folder / "kept home", self.home.folder)
        items, evidences, self.clock.wall, self.clock.up = self._kept
        self.keystore.items, self.keystore.evidences = dict(items), dict(evidences)

    def close(self) -> None:
        self.network.close()


class Sequences(RuleBasedStateMachine):
    machine: Machine

    def __init__(self) -> None:
        super().__init__()
        self.machine.begin()
        clock = self.clock = self.machine.clock
        people = {
            name: Person(
                verified=name == "alice",
                pin=PINS[0],
                pin_credential=Counted(ServerKey(2), counter=2),
                plain_credential=Counted(ServerKey()),
                last_login=clock.wall,
                added=index,
            )
            for index, name in enumerate(NAMES)
        }
        self.rules_ = Rules(people, clock.up, clock.wall)
        self.programs = [self.machine.program() for _ in range(2)]
        self.memories = [Memory(), Memory()]
        self.at = 0

    def teardown(self) -> None:
        for program in self.programs:
            program.close()

    @property
    def program(self) -> MasterController:
        return self.programs[self.at]

    @property
    def memory(self) -> Memory:
        return self.memories[self.at]

    def pin_of(self, name: str | None, given: str | None) -> str | None:
        """A PIN as it would be typed for whoever it turns out to be for."""
        who = name or self.memory.current or self.memory.online
        person = self.rules_.people.get(who or "")
        right = person.pin if person else PINS[0]
        if given == "wrong":
            return next(pin for pin in PINS if pin != right)
        return right if given == "right" else given

    @rule(
        kind=st.sampled_from(["otp", "otp", "sequence", "signature"]), name=anybody, given=given_pins, asked=protections
    )
    def code(self, kind: str, name: str | None, given: str | None, asked: str | None) -> None:
        self.make(kind, name, given, asked)

    def make(self, kind: str, name: str | None, given: str | None, asked: str | None) -> None:
        pin, user, protection = self.pin_of(name, given), USERS.get(name or ""), PROTECTIONS[asked]
        answer = self.rules_.ask(self.memory, name, pin, asked)  # type: ignore[arg-type]
        match kind:
            case "otp":
                otp = self.program.post(GenerateOtp(b"data", pin, user, protection))
                atc = otp.otp.atc if otp.otp else None
                got = (otp.status, otp.retry_counter, otp.retry_delay)
            case "sequence":
                sequence = self.program.post(GenerateSecureSequence(b"data", pin, user, protection))
                got, atc = (sequence.status, sequence.retry_counter, sequence.retry_delay), sequence.atc
            case _:
                signed = self.program.post(SignTransaction(("12.50",), pin, user, protection))
                got, atc = (signed.status, signed.retry_counter, signed.retry_delay), signed.atc
        assert got == (answer.status, answer.tries, answer.delay)
        assert atc == answer.counter

    @rule(name=everyone, given=given_pins, asked=protections, told=st.booleans())
    def by_phone(self, name: str, given: str | None, asked: str | None, told: bool) -> None:
        pin = self.pin_of(name, given)
        answer = self.rules_.ask(self.memory, name, pin, asked, limit=None)  # type: ignore[arg-type]
        data = self.program.post(GetResynchronizationData(USERS[name], pin, PROTECTIONS[asked]))
        assert (data.status, data.retry_counter, data.retry_delay) == (answer.status, answer.tries, answer.delay)
        assert data.atc == answer.counter
        if answer.counter is not None:
            self.rules_.people[name].of(asked or "PIN").told = answer.counter  # type: ignore[arg-type]
        if data.otp is None or not told or answer.counter is None:
            return
        person = self.rules_.people[name]
        result = self.machine.network.by_phone(self.machine.origins[name], name, data.otp, data.atc)
        if person.locked:
            assert result == "LOCKED_USER"
            return
        accepted = answer.right and person.of(asked or "PIN").server.accepts(answer.counter, 1000)  # type: ignore[arg-type]
        person.judged(right=accepted)
        assert result == ("OK" if accepted else "WRONG_OTP")

    @rule(name=names, asked=protections)
    def login_as_usual(self, name: str, asked: str | None) -> None:
        self.log_in(name, None if asked == "NO_PIN" else "right", asked, None)

    @rule(name=everyone, given=given_pins, asked=protections, fault=faults)
    def login(self, name: str, given: str | None, asked: str | None, fault: str | None) -> None:
        self.log_in(name, given, asked, fault)

    def log_in(self, name: str, given: str | None, asked: str | None, fault: str | None) -> None:
        pin, memory, rules = self.pin_of(name, given), self.memory, self.rules_
        resynchronises = memory.resynchronise_next or rules.before_every_login
        counted = rules.people[name].of(asked or "PIN") if name in rules.people else None  # type: ignore[arg-type]
        take, limit = (1, counted.login_limit if counted else None) if not resynchronises else (3, None)
        answer = rules.ask(memory, name, pin, asked, take=take, offline=False, limit=limit)  # type: ignore[arg-type]
        made = self.program.post(GenerateOtp(None, pin, USERS[name], PROTECTIONS[asked], for_login=True))
        assert (made.status, made.retry_counter, made.retry_delay) == (answer.status, answer.tries, answer.delay)
        if made.otp is None or answer.counter is None:
            assert answer.counter is None
            return
        assert made.otp.atc == answer.counter + take - 1
        assert (made.resynchronisation is not None) == resynchronises
        person, credential = rules.people[name], rules.people[name].of(asked or "PIN")  # type: ignore[arg-type]
        if fault:
            self.machine.network.faults.append(("sync-authenticator$" if resynchronises else "/login$", fault))
        event = Login(USERS[name], made.otp.code, made.resynchronisation)
        second = answer.counter + 1
        if fault:
            with pytest.raises(Unreachable):
                self.program.post(event)
            if fault == "lost" and resynchronises:
                rules.synchronise(person, credential, second, right=answer.right)
            elif fault == "lost":
                rules.log_in(person, credential, answer.counter, right=answer.right)
            return
        status, outcome = "OK", Resynchronised.NOT_ASKED
        if resynchronises:
            status = rules.synchronise(person, credential, second, right=answer.right)
            outcome = Resynchronised.DONE if status == "OK" else Resynchronised.REFUSED
            if status == "OK":
                credential.confirm(second)
        if status == "OK":
            status = rules.log_in(person, credential, made.otp.atc, right=answer.right)
        if status == "OK":
            rules.logged_in(memory, name, credential, made.otp.atc, resynchronised=resynchronises)
        result = self.program.post(event)
        assert (result.status, result.resynchronised) == (status, outcome)

    @rule(name=everyone, given=given_pins, asked=protections, fault=faults)
    def resynchronise(self, name: str, given: str | None, asked: str | None, fault: str | None) -> None:
        self.synchronise(name, given, asked, fault)

    def synchronise(self, name: str, given: str | None, asked: str | None, fault: str | None) -> None:
        pin, rules = self.pin_of(name, given), self.rules_
        answer = rules.ask(self.memory, name, pin, asked, take=2, offline=False, limit=None)  # type: ignore[arg-type]
        made = self.program.post(PrepareResynchronization(USERS[name], pin, PROTECTIONS[asked]))
        assert (made.status, made.retry_counter, made.retry_delay) == (answer.status, answer.tries, answer.delay)
        if made.codes is None or answer.counter is None:
            assert answer.counter is None
            return
        second = answer.counter + 1
        assert made.codes.atc == second
        person, credential = rules.people[name], rules.people[name].of(asked or "PIN")  # type: ignore[arg-type]
        event = Resynchronize(USERS[name], made.codes)
        if fault:
            self.machine.network.faults.append(("sync-authenticator$", fault))
            with pytest.raises(Unreachable):
                self.program.post(event)
            if fault == "lost":
                rules.synchronise(person, credential, second, right=answer.right)
            return
        status = rules.synchronise(person, credential, second, right=answer.right)
        if status == "OK":
            credential.confirm(second)
        assert self.program.post(event).status == status

    @rule(name=anybody, given=given_pins)
    def offline_login(self, name: str | None, given: str | None) -> None:
        rules, memory = self.rules_, self.memory
        who = name or rules.latest() or "nobody"
        pin = self.pin_of(who, given)
        masked = who in rules.people and rules.people[who].present and not rules.people[who].verified
        result = self.program.post(OfflineLogin(USERS.get(name or ""), pin))
        answer = rules.ask(memory, who, None if masked and pin else pin, None, take=0, limit=None)
        status = answer.status
        tries, delay = answer.tries, answer.delay
        if pin is None and status in {"OK", "INVALID_STATE"}:
            status, tries, delay = "OK", None, None
        elif masked and pin:
            assert status == "INVALID_STATE"  # nothing but the PIN is in the way, and only the server could judge it
            status = "NOT_SUPPORTED"
        assert (result.status, result.retry_counter, result.retry_delay) == (status, tries, delay)
        assert result.user_identifier == (USERS[who] if status == "OK" else None)

    @rule(name=everyone, old=old_pins, new=st.sampled_from([*PINS, "123456"]), fault=renewal_faults)
    def change_pin(self, name: str, old: str, new: str, fault: str | None) -> None:
        self.change(name, old, new, fault)

    def change(self, name: str, old: str, new: str, fault: str | None) -> None:
        rules, pin = self.rules_, self.pin_of(name, old)
        assert pin is not None
        person = rules.people.get(name)
        event = ChangePin(USERS[name], pin, new)
        if person is None or not person.present:
            assert self.program.post(event).status == "INVALID_USER_ID"
            return
        if new in {"123456", pin}:
            result = self.program.post(event)
            assert (result.status, result.fault) == (
                "INVALID_NEW_PIN_FORMAT",
                "UNCHANGED" if new == pin else "TOO_SIMPLE",
            )
            return
        take = 0 if person.verified else 1
        answer = rules.ask(self.memory, name, pin, None, take=take, offline=False, limit=None, address=False)
        if person.verified or answer.status != "OK":
            result = self.program.post(event)
            assert (result.status, result.retry_counter, result.retry_delay) == (
                answer.status,
                answer.tries,
                answer.delay,
            )
            if result.status == "OK":
                person.pin, person.version = new, person.version + 1
                self.memory.drop_pin(name)
            return
        assert answer.counter is not None
        if fault:
            self.machine.network.faults += [("renew-key$", fault.split()[0])] * (2 if fault == "lost twice" else 1)
        sent = {None: 1, "down": 0}.get(fault, 2)
        status = rules.renew(person, answer.counter, right=answer.right, times=sent)
        if fault in {"down", "lost twice"}:
            with pytest.raises(Unreachable):
                self.program.post(event)
            return
        result = self.program.post(event)
        assert (result.status, result.retry_counter, result.retry_delay) == (status, None, None)
        if status == "OK":
            person.pin, person.version = new, person.version + 1
            person.pin_credential = Counted(ServerKey(2), counter=2)

    @precondition(lambda self: self.free_of_locks())
    @rule(name=names, pin=st.sampled_from(PINS))
    def activate_anew(self, name: str, pin: str) -> None:
        """Reactivate who is here, activate who is not."""
        origin, user = self.machine.origins[name], USERS[name]
        person = self.rules_.people[name]
        if person.locked:
            return
        if person.present:
            code = self.machine.network.register(origin, name)
            result = self.program.post(Reactivate(user, code, pin))
            assert (result.status, result.login and result.login.status) == (Status.OK, Status.OK), result
        else:
            self.machine.activate(self.program, name, pin)
        self.rules_.activated(self.memory, name, pin)

    def free_of_locks(self) -> bool:
        return not all(person.locked for person in self.rules_.people.values())

    @rule(name=st.sampled_from([*NAMES, "nobody", "everybody"]), seldom=st.integers(0, 2))
    def delete(self, name: str, seldom: int) -> None:
        if seldom == 0:
            self.remove(name)

    def remove(self, name: str) -> None:
        there = [each for each in NAMES if self.rules_.people[each].present]
        doomed = there if name == "everybody" else [each for each in there if each == name]
        if self.memory.online is not None and name in {self.memory.online, "everybody"}:
            status, doomed = "INVALID_STATE", []
        else:
            status = "OK" if doomed or name == "everybody" else "INVALID_USER_ID"
        user = UserIdentifier("", "") if name == "everybody" else USERS[name]
        result = self.program.post(DeleteUser(user))
        assert result.status == status
        for each in doomed:
            self.rules_.people[each].present = False
            self.memory.forget(each)

    @rule()
    def restart(self) -> None:
        self.program.post(Restart())
        self.memory.end()

    @rule()
    def turn_to_the_other_program(self) -> None:
        self.other_program()

    def other_program(self) -> None:
        self.at = 1 - self.at

    @rule()
    def close_and_open(self) -> None:
        self.program.close()
        self.programs[self.at], self.memories[self.at] = self.machine.program(), Memory()

    @rule(up=st.integers(5, 200), wrong=st.sampled_from([0, 0, 4]))
    def start_the_machine_anew(self, up: int, wrong: int) -> None:
        """In the middle of a delay, too."""
        for _ in range(wrong):
            self.make("otp", "alice", "wrong", None)
        for program in self.programs:
            program.close()
        self.clock.up = self.rules_.uptime = up
        self.programs = [self.machine.program() for _ in range(2)]
        self.memories = [Memory(), Memory()]
        self.make("otp", "alice", "right", None)

    @rule()
    def resynchronise_next_login(self) -> None:
        assert self.program.post(EnableAtcResynchronizationDuringNextLogin()).status == "OK"
        self.memory.resynchronise_next = True

    @rule(enabled=st.booleans())
    def set_resynchronisation(self, enabled: bool) -> None:
        assert self.program.post(SetAtcResynchronizationBeforeEveryLogin(enabled)).status == "OK"
        self.rules_.before_every_login = enabled

    @rule(seconds=st.integers(1, 150))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds)
        self.rules_.uptime += seconds
        self.rules_.now += seconds

    @rule(seconds=st.integers(-100_000, 100_000))
    def clock_is_set(self, seconds: int) -> None:
        self.clock.wall += seconds
        self.rules_.now += seconds

    @rule(name=names)
    def unlocked_at_the_server(self, name: str) -> None:
        self.machine.network.unlock(self.machine.origins[name], name)
        self.rules_.people[name].wrong_at_server = 0

    @rule(name=names, times=st.integers(2, 12), given=st.sampled_from(["right", "right", "wrong"]))
    def many_codes(self, name: str, times: int, given: str) -> None:
        """So that limits are met."""
        for _ in range(times):
            self.make("otp", name, given, "PIN")

    @rule(then=st.sampled_from(["login", "PIN", "by hand"]))
    def the_server_locks_bob(self, then: str) -> None:
        for _ in range(3):
            self.log_in("bob", "wrong", None, None)
        match then:
            case "login":
                self.log_in("bob", "right", None, None)
            case "PIN":
                self.change("bob", "right", PINS[2], None)
            case _:
                self.synchronise("bob", "right", None, None)

    @rule(name=st.sampled_from(["alice", "alice", "bob"]), kind=st.sampled_from(["otp", "sequence"]))
    def first_with_the_pin_and_then_without(self, name: str, kind: str) -> None:
        self.make(kind, name, "right", None)
        self.make(kind, None, None, None)

    @rule(new=st.sampled_from(PINS), what=st.sampled_from(["PIN", "wrong PIN", "delete", "code"]))
    def the_other_program_meanwhile(self, new: str, what: str) -> None:
        """One remembers alice's PIN, the other does something, and the first goes on."""
        self.make("otp", "alice", "right", None)
        self.other_program()
        match what:
            case "PIN":
                self.change("alice", "right", new, None)
            case "wrong PIN":
                self.make("otp", "alice", "wrong", None)
            case "delete":
                self.remove("alice")
            case _:
                self.make("otp", "alice", "right", None)
        self.other_program()
        self.make("otp", None, None, None)

    @invariant()
    def everything_is_as_the_rules_say(self) -> None:
        rules, memory = self.rules_, self.memory
        state = self.program.post(GetState())
        current = memory.current or memory.online
        assert state.current_user == (USERS[current] if current else None)
        assert state.logged_in == (USERS[memory.online] if memory.online else None)
        assert state.resynchronise_next_login == memory.resynchronise_next
        assert state.resynchronise_every_login == rules.before_every_login
        there = any(person.present for person in rules.people.values())
        assert state.sdk_state == (
            "LOGGED_IN" if memory.online else "LOGIN_REQUIRED" if there else "ACTIVATION_REQUIRED"
        )
        cached = self.program._session.get().cached_pin
        assert (cached.user.user_id if cached else None) == (memory.cached[0] if memory.cached else None)
        for name, person in rules.people.items():
            for asked in ("PIN", "NO_PIN"):
                known = self.program.post(GetCredentialInformation(USERS[name], PROTECTIONS[asked]))
                if not person.present:
                    assert known.status == "INVALID_USER_ID"
                    continue
                credential = person.of(asked)
                counts = asked == "PIN" and person.verified
                assert (known.counter, known.used) == (credential.counter, credential.used), (name, asked)
                assert known.retry_counter == (5 - credential.failed if counts else None)
                assert known.retry_delay == (credential.delay_left(rules.uptime) if counts else None)
                assert known.logged_in_once == person.logged_in_once


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    patch = pytest.MonkeyPatch()
    cheapen(patch)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        made = Machine(Path(folder))
        yield made
        made.close()
    patch.undo()


STEPS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def test_random_sequences(machine: Machine) -> None:
    Sequences.machine = machine
    run_state_machine_as_test(Sequences, settings=STEPS)
