"""Whatever is sent in whatever order: no code is accepted twice, no counter goes back, no old key comes to life again.

A small model beside the server says what each operation must answer. Eight digits, so that chance accepts nothing.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.device import DIGEST, Device, unb64
from sandbox.tenant import ManualClock

from softtoken.engine.tokens import ProtectionType
from softtoken.sandbox.app_versions import register_own
from softtoken.sandbox.attempts import Attempt, OtpProof
from softtoken.sandbox.issuing import new_authenticator
from softtoken.sandbox.login import Logins
from softtoken.sandbox.refusal import Refusal
from softtoken.sandbox.relying import OtpClaim, Result, SequenceClaim, SignatureClaim, Verifications
from softtoken.sandbox.renewal import RenewalRequest, Renewals
from softtoken.sandbox.resynchronisation import Resynchronisations
from softtoken.sandbox.sessions import Sessions
from softtoken.sandbox.settings import SandboxSettings
from softtoken.sandbox.store import Store
from softtoken.sandbox.turns import Turns
from softtoken.sandbox.users import add_user, unlock
from softtoken.sandbox.verification import CodeVerifier

KINDS = ("login", "verify", "sequence", "signature", "sync", "sync otps", "phone", "renew", "replay", "unlock")
WIDE = frozenset({"sync", "sync otps", "renew"})
"""Kinds with the window of 1000; by phone there is none."""


@dataclass
class Model:
    """One credential as it must be."""

    keys: list[str]
    """Every key that it ever had, oldest first."""
    current: int = 0
    pending: int | None = None
    expected: int = 0

    def accepts(self, key: int, counter: int, window: int) -> bool:
        if key == self.current:
            return self.expected <= counter <= self.expected + window
        return key == self.pending and 0 <= counter <= window

    def spend(self, key: int, counter: int) -> None:
        if key != self.current:
            self.current, self.pending = key, None
        self.expected = counter + 1


@dataclass(frozen=True)
class Sent:
    """One operation that may be sent again. counter: the last one in it."""

    kind: str
    protection: str
    key: int
    counter: int
    parts: tuple[Any, ...] = field(repr=False)


class Bench:
    """One user with one device, and the services of one sandbox over one file."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        chosen = SandboxSettings(data_folder=folder, app_digests=(), clock=self.clock, digits=8)
        self.store, self.verifier = Store(folder), CodeVerifier(self.clock, digest_check=True)
        self.logins = Logins(chosen, self.store, self.verifier, Sessions(self.clock), Turns(None))
        self.verifications = Verifications(self.store, self.verifier)
        self.resynchronisations = Resynchronisations(self.store, self.verifier)
        self.renewals = Renewals(chosen, self.store, self.verifier)
        self.device = Device("http://127.0.0.1:1", "alice@sandbox", "00000000", "")
        self.device.digits, self.device.serial = 8, "VDS1000000"
        self.models: dict[str, Model] = {}
        self.wrong = 0
        self.accepted: set[tuple[str, int]] = set()
        self.answers: dict[tuple[Any, ...], str] = {}
        with self.store.transaction() as db:
            register_own(db, (DIGEST,))
            add_user(db, "alice", None)
            new_authenticator(db, chosen, "alice", "VDS1000000", (ProtectionType.NO_PIN, ProtectionType.PIN))
            db.execute("UPDATE authenticators SET user_id = 'alice'")
            for protection in ("NO_PIN", "PIN"):
                fixed = hashlib.sha256(protection.encode()).digest()
                db.execute("UPDATE credentials SET key = ? WHERE protection = ?", (fixed, protection))
                self.models[protection] = Model([b64encode(fixed).decode()])

    def make(self, kind: str, protection: str, key: int, counter: int) -> Sent:
        """What a device with this key would send; a pair ends with this counter."""
        device, now = self.device, self.clock.now()
        device.credentials[protection] = {"key": self.models[protection].keys[key], "counter": counter}
        before = max(0, counter - 1)
        match kind:
            case "login" | "verify":
                parts: tuple[Any, ...] = (device.otp(now, protection, counter),)
            case "sequence":
                parts = (device.sequence(None, protection, counter),)
            case "signature":
                parts = (device.signature(["a"], protection, counter),)
            case "sync":
                parts = (device.resync(protection, before), device.resync(protection, counter))
            case "sync otps":
                parts = (device.otp(now, protection, before), device.otp(now, protection, counter))
            case "phone":
                parts = (device.resync(protection, counter), counter)
            case _:
                renewal = device.renewal(protection, counter)
                parts = (renewal,)
        return Sent(kind, protection, key, counter, parts)

    def send(self, sent: Sent) -> bool:
        """Was it accepted?"""
        match sent.kind:
            case "login":
                return self._told(
                    lambda: self.logins.login(Attempt("alice", adaptive=True, proof=OtpProof(*sent.parts)))
                )
            case "verify":
                return self.verifications.verify("alice", OtpClaim(*sent.parts)).result is Result.OK
            case "sequence":
                return self.verifications.verify("alice", SequenceClaim(*sent.parts)).result is Result.OK
            case "signature":
                return self.verifications.verify("alice", SignatureClaim(sent.parts[0], ("a",))).result is Result.OK
            case "sync" | "sync otps":
                return self._told(lambda: self.resynchronisations.by_two_codes("alice", *sent.parts))
            case "phone":
                return self.resynchronisations.by_phone("alice", *sent.parts).result is Result.OK
            case _:
                return self._told(lambda: self._renew(sent))

    def _renew(self, sent: Sent) -> None:
        renewal, model = sent.parts[0], self.models[sent.protection]
        body = renewal.body
        wish = RenewalRequest(
            body["serialNumber"],
            ProtectionType(sent.protection),
            sent.counter,
            unb64(body["publicKey"]),
            unb64(body["proof"]),
        )
        message = self.renewals.renew("alice", wish, "http://127.0.0.1:1")
        key = renewal.open(message)["key"]
        if key not in model.keys:
            model.keys.append(key)

    def _told(self, call: Any) -> bool:
        try:
            call()
        except Refusal:
            return False
        return True

    def check(self, sent: Sent) -> None:
        """Send it, and compare with the model, which follows."""
        model = self.models[sent.protection]
        asked_again = sent.kind == "renew" and self.answers.get((sent.protection,)) == sent.parts[0].body["proof"]
        first = sent.counter - (1 if sent.kind.startswith("sync") else 0)
        window = 65_535 if sent.kind == "phone" else 1000 if sent.kind in WIDE else 20
        right = first >= 0 and model.accepts(sent.key, first, window)
        locked = self.wrong >= 3
        pending = model.pending is not None
        assert self.send(sent) == (not locked and (right or (asked_again and pending)))
        if locked or (asked_again and pending):
            return
        if not right:
            self.wrong += 1
            return
        self.wrong = 0
        for counter in range(first, sent.counter + 1):
            assert (model.keys[sent.key], counter) not in self.accepted
            self.accepted.add((model.keys[sent.key], counter))
        model.spend(sent.key, sent.counter)
        if sent.kind == "renew":
            model.pending = len(model.keys) - 1
            self.answers[(sent.protection,)] = sent.parts[0].body["proof"]

    def held(self) -> dict[str, tuple[str, int, str | None]]:
        with self.store.transaction() as db:
            rows = db.execute(
                "SELECT protection, credentials.key, counter, renewals.key"
                " FROM credentials LEFT JOIN renewals USING (serial, instance)"
            ).fetchall()
        return {row[0]: (b64encode(row[1]).decode(), row[2], row[3] and b64encode(row[3]).decode()) for row in rows}

    def expected(self) -> dict[str, tuple[str, int, str | None]]:
        return {
            protection: (
                model.keys[model.current],
                model.expected,
                None if model.pending is None else model.keys[model.pending],
            )
            for protection, model in self.models.items()
        }


offsets = st.one_of(st.integers(-3, 3), st.sampled_from([-21, 19, 20, 21, 22, 999, 1000, 1001, 1002]))
operations = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(["NO_PIN", "PIN"]), st.integers(0, 3), offsets, st.integers(0, 40)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(operations, min_size=1, max_size=25))
def test_no_code_twice_and_no_way_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int, int, int]]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("bench"))
    history: list[Sent] = []
    for kind, protection, age, offset, which in steps:
        if kind == "unlock":
            with bench.store.transaction() as db:
                unlock(db, "alice")
            bench.wrong = 0
            continue
        if kind == "replay":
            if history:
                bench.check(history[which % len(history)])
        else:
            model = bench.models[protection]
            # mostly the newest key; now and then one that is pending, replaced or dead
            key = max(0, len(model.keys) - 1 - age)
            base = model.expected if key == model.current else 0
            sent = bench.make(kind, protection, key, max(0, base + offset))
            history.append(sent)
            bench.check(sent)
        assert bench.held() == bench.expected()
