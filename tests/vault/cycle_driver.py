"""Writes to a vault in forked children that are killed, or whose disk is full, and compares what is left with a model.

    cycle_driver.py kill|full|lie CYCLES SEED FOLDER   prints {"cycles", "killed", "refused", "in_flight": {...}}

A process of its own with one thread and everything imported, so that a cycle costs a fork. The model knows what each
operation does. After a cycle the vault is what the model says of the operations that were told to be done, with the one
under way done as a whole or not at all: so no token is lost, no counter repeats, and no charged try comes back.
`lie` kills children that say that an operation is done before they begin it, which the model has to see.
"""

import json
import os
import random
import resource
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vault.vault_samples import Entry, hotp_entry, managed_entry, masked_entry

from softtoken.engine.atc import AtcState
from softtoken.engine.pin import RetryState
from softtoken.engine.tokens import CredentialState
from softtoken.vault import auditrows
from softtoken.vault.audit import AuditNote
from softtoken.vault.copies import KEPT as KEPT_COPIES
from softtoken.vault.copies import Copies, Rotation
from softtoken.vault.errors import VaultUnwritable, WrongSecret
from softtoken.vault.pinwrap import wrap_plain
from softtoken.vault.slots import KeyringSecret, RecoverySecret
from softtoken.vault.store import Vault, create_vault, new_id, open_vault

FIRST_KEY = bytes(32)
OPERATIONS_OF_A_CHILD = 6
Model = dict[str, Any]
"""tokens: {id: [name, last_login, [[counter, used, failed, key] of each credential]]}; everyday, recovery: what opens
it; trail: a number of each entry of the audit trail that is kept."""

KEPT = 20


def main() -> None:
    how, cycles, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    vars(auditrows)["KEPT"] = KEPT  # so that old entries go, too, and reading them all costs little
    dice = random.Random(seed)
    path = folder / "vault.sqlite"
    entries = [managed_entry(), hotp_entry(), masked_entry()]
    first = RecoverySecret(bytes(16))
    vault = create_vault(path, new_id(), [KeyringSecret(FIRST_KEY), first])
    for entry in entries:
        vault.add_token(entry.token, entry.credentials, entry.state)
    vault.close()
    model = observe(path, FIRST_KEY.hex(), first.code.hex())
    seen = {"cycles": 0, "killed": 0, "refused": 0}
    in_flight: Counter[str] = Counter()
    usual = 0.01
    for _ in range(cycles):
        orders: list[list[Any]] = []
        for _ in range(OPERATIONS_OF_A_CHILD):
            orders.append(order(dice, after(model, orders)))
        after_seconds = None if how == "full" else dice.uniform(0, usual)
        limit = dice.randrange(0, path.stat().st_size * 2, 512) if how == "full" else None
        told, killed, seconds = cycle(
            partial(carry_out, path, bytes.fromhex(model["everyday"]), orders, limit, lie=how == "lie"), after_seconds
        )
        if not killed:
            usual = 0.9 * usual + 0.1 * seconds
        seen["cycles"] += 1
        seen["killed"] += killed
        seen["refused"] += told.count("F")
        model = judged(path, model, orders, told, in_flight)
        assert all(copy.whole for copy in Copies(path).find())
    json.dump(seen | {"in_flight": dict(in_flight)}, sys.stdout)


def order(dice: random.Random, model: Model) -> list[Any]:
    """One operation with its arguments. The three first tokens stay; others come and go."""
    token = dice.choice(sorted(model["tokens"]))
    place = dice.randrange(len(model["tokens"][token][2]))
    name = dice.choice(sorted(OPERATIONS))
    if name == "remove" and len(model["tokens"]) <= 3:
        name = "add"
    if name == "add" and len(model["tokens"]) >= 6:
        name = "remove"
    if name == "remove":
        token = dice.choice(sorted(set(model["tokens"]) - set(sorted(model["tokens"], key=_age(model))[:3])))
    fresh = [new_id(), new_id()] if name == "add" else []
    return [name, token, place, dice.randrange(10**6), fresh]


def _age(model: Model) -> Callable[[str], int]:
    order_of_adding = list(model["tokens"])
    return order_of_adding.index


def after(model: Model, orders: list[list[Any]]) -> Model:
    """What the model is once these are done."""
    model = deepcopy(model)
    for name, token, place, number, fresh in orders:
        OPERATIONS[name][1](model, token, place, number, fresh)
    return model


def cycle(work: Callable[[int], None], kill_after: float | None) -> tuple[str, bool, float]:
    """One child, which is given a descriptor for its marks: S at each start, D done, F refused.

    Returns the marks, whether it was killed, and its seconds.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            work(writer)
            status = 0
        finally:
            os._exit(status)  # a child must not go on as its parent
    os.close(writer)
    told, begun, killed = b"", 0.0, False
    deadline: float | None = None
    while True:
        timeout = None if deadline is None else max(0.0, deadline - time.perf_counter())
        if not select.select([reader], [], [], timeout)[0]:
            os.kill(child, signal.SIGKILL)
            deadline, killed = None, True
            continue
        chunk = os.read(reader, 4096)
        if not chunk:
            break
        if not told:
            begun = time.perf_counter()
            deadline = None if kill_after is None else begun + kill_after
        told += chunk
    os.close(reader)
    status = os.waitpid(child, 0)[1]
    assert killed or status == 0, (told, status)
    return told.decode(), killed, time.perf_counter() - begun


def fill_disk(limit: int | None) -> None:
    """No file takes more than so many bytes from now on."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def carry_out(path: Path, key: bytes, orders: list[list[Any]], limit: int | None, writer: int, *, lie: bool) -> None:
    with closing(open_vault(path, KeyringSecret(key))) as vault:
        fill_disk(limit)
        for name, token, place, number, fresh in orders:
            os.write(writer, b"SD" if lie else b"S")
            try:
                OPERATIONS[name][0](vault, token, place, number, fresh)
            except VaultUnwritable:
                os.write(writer, b"F")
                return  # what is refused may be a part of what comes next
            os.write(writer, b"" if lie else b"D")


def judged(path: Path, model: Model, orders: list[list[Any]], told: str, in_flight: Counter[str]) -> Model:
    """The vault as it is now, which must be one of the two that it may be."""
    done = told.count("D")
    without = after(model, orders[:done])
    begun = told.count("S") > done
    if not begun:
        found = observe(path, without["everyday"], without["recovery"])
        assert found == without, (orders[:done], told)
        return without
    within = after(without, orders[done : done + 1])
    in_flight[orders[done][0]] += 1
    for possible in (without, within):
        found = observe(path, possible["everyday"], possible["recovery"])
        if found == possible:
            return possible
    raise AssertionError(("neither done nor undone", orders[done], told, found, without))


def observe(path: Path, everyday: str, recovery: str) -> Model:
    """What is in the file, as a model; nothing if this key does not open it. recovery: the code that should open it."""
    try:
        vault = open_vault(path, KeyringSecret(bytes.fromhex(everyday)))
    except WrongSecret:
        return {}
    with closing(vault):
        listed = vault.tokens()
        assert not listed.damaged
        tokens = {}
        for token in listed.tokens:
            rows = []
            for protection in token.protections:
                credential = vault.credential(token.id, protection)
                assert credential is not None
                state = vault.state(credential.id)
                assert not state.resynchronise, "taken for a restored file"
                rows.append([state.counter, state.atc.used, state.tries.failed, credential.key.blob.hex()])
            tokens[token.id] = [token.name, vault.token_state(token.id).last_login, rows]
        trail = vault.audit_trail()
        assert not trail.faults, trail.faults
        opens = vault.opens_with(RecoverySecret(bytes.fromhex(recovery)))
        return {
            "tokens": tokens,
            "everyday": everyday,
            "recovery": recovery if opens else "",
            "log": vault.system_log,
            "pending": vault.recovery_pending,
            "trail": [entry.note.uptime for entry in trail.entries],
            "device": vault.options().device_name,
            "approvals": vault.server_choices().look_for_approvals,
        }


def _credential(vault: Vault, token_id: str, place: int) -> str:
    token = next(token for token in vault.tokens().tokens if token.id == token_id)
    credential = vault.credential(token_id, token.protections[place])
    assert credential is not None
    return credential.id


def _changing(change: Callable[[CredentialState], CredentialState]) -> Callable[..., None]:
    def operation(vault: Vault, token: str, place: int, *_: Any) -> None:
        vault.update(_credential(vault, token, place), lambda state: (change(state), None))

    return operation


def _take(state: CredentialState) -> CredentialState:
    return replace(state, counter=state.counter + 1, atc=AtcState(state.atc.used + 1))


def _charge(state: CredentialState) -> CredentialState:
    return replace(state, tries=RetryState(state.tries.failed + 1))


def _took(model: Model, token: str, place: int, *_: Any) -> None:
    model["tokens"][token][2][place][0] += 1
    model["tokens"][token][2][place][1] += 1


def _charged(model: Model, token: str, place: int, *_: Any) -> None:
    model["tokens"][token][2][place][2] += 1


def _right(model: Model, token: str, place: int, *_: Any) -> None:
    _took(model, token, place)
    model["tokens"][token][2][place][2] = 0


def _new_token(number: int, fresh: list[str]) -> Entry:
    entry = hotp_entry()
    token = replace(entry.token, id=fresh[0], name=f"token {number}")
    return replace(entry, token=token, credentials=(replace(entry.credentials[0], id=fresh[1]),))


def _add(vault: Vault, _token: str, _place: int, number: int, fresh: list[str]) -> None:
    entry = _new_token(number, fresh)
    vault.add_token(entry.token, entry.credentials, entry.state)


def _added(model: Model, _token: str, _place: int, number: int, fresh: list[str]) -> None:
    entry = _new_token(number, fresh)
    state, key = entry.credentials[0].state, entry.credentials[0].key
    model["tokens"][fresh[0]] = [entry.token.name, None, [[state.counter, 0, 0, key.blob.hex()]]]


def _rename(vault: Vault, token: str, _place: int, number: int, _fresh: list[str]) -> None:
    vault.rename_token(token, "issuer", f"name {number}")


def _set(place: int, value: Callable[[int], Any]) -> Callable[..., None]:
    def change(model: Model, token: str, _place: int, number: int, _fresh: list[str]) -> None:
        model["tokens"][token][place] = value(number)

    return change


def _log_in(vault: Vault, token: str, _place: int, number: int, _fresh: list[str]) -> None:
    vault.update_token(token, lambda state: replace(state, last_login=number))


def _key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _renew(vault: Vault, token: str, place: int, number: int, _fresh: list[str]) -> None:
    """A fresh key with a state of its own."""
    fresh = CredentialState(number % 60000)
    vault.replace_key(_credential(vault, token, place), wrap_plain(_key(number)), lambda _: fresh)


def _renewed(model: Model, token: str, place: int, number: int, _fresh: list[str]) -> None:
    model["tokens"][token][2][place] = [number % 60000, 0, 0, _key(number).hex()]


def _code(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _setting(name: str, value: Callable[[int], Any]) -> Callable[..., None]:
    def change(model: Model, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
        model[name] = value(number)

    return change


def _protected(model: Model, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
    model["recovery"], model["pending"] = _code(number).hex(), True


def _new_keys(vault: Vault, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
    """Both that open it, in one step."""
    vault.protect([KeyringSecret(_key(number)), RecoverySecret(_code(number))])


def _got_new_keys(model: Model, token: str, place: int, number: int, fresh: list[str]) -> None:
    _protected(model, token, place, number, fresh)
    model["everyday"] = _key(number).hex()


def _keep_copy(vault: Vault, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
    copies = Copies(vault.path)
    copies.make(vault, 1_800_000_000 + number, Rotation.DAILY)
    assert len(copies.find()) <= KEPT_COPIES


def _write_down(vault: Vault, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
    vault.append_audit([AuditNote("CODE", 1_800_000_000, uptime, "0a1b2c3d") for uptime in (number, number + 1)])


def _written_down(model: Model, _token: str, _place: int, number: int, _fresh: list[str]) -> None:
    model["trail"] = [*model["trail"], number, number + 1][-KEPT:]


OPERATIONS: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    # in the vault, and in the model
    "take a counter": (_changing(_take), _took),
    "charge a try": (_changing(_charge), _charged),
    "a right PIN": (_changing(lambda state: replace(_take(state), tries=RetryState())), _right),
    "rename": (_rename, _set(0, lambda number: f"name {number}")),
    "log in": (_log_in, _set(1, lambda number: number)),
    "add": (_add, _added),
    "remove": (lambda vault, token, *_: vault.remove_token(token), lambda model, token, *_: model["tokens"].pop(token)),
    "renew a key": (_renew, _renewed),
    "a new recovery code": (
        lambda vault, _token, _place, number, _: vault.protect([RecoverySecret(_code(number))]),
        _protected,
    ),
    "new keys for keyring and recovery": (_new_keys, _got_new_keys),
    "keep a copy": (_keep_copy, lambda *_: None),
    "tell the system's log": (
        lambda vault, _token, _place, number, _: vault.set_system_log(number % 2 == 0),
        _setting("log", lambda number: number % 2 == 0),
    ),
    "confirm the recovery code": (
        lambda vault, _token, _place, number, _: vault.set_recovery_pending(number % 2 == 0),
        _setting("pending", lambda number: number % 2 == 0),
    ),
    "name the device": (
        lambda vault, _token, _place, number, _: vault.update_options(lambda o: replace(o, device_name=f"d{number}")),
        _setting("device", lambda number: f"d{number}"),
    ),
    "choose about servers": (
        lambda vault, _token, _place, number, _: vault.update_server_choices(
            lambda choices: replace(choices, look_for_approvals=number % 2 == 0)
        ),
        _setting("approvals", lambda number: number % 2 == 0),
    ),
    "write down what happened": (_write_down, _written_down),
    "begin a run": (lambda vault, *_: vault.begin_run(vault.evidence()), lambda *_: None),
}

if __name__ == "__main__":
    main()
