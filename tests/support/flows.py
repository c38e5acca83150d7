"""Stand-ins and helpers that several folders of tests share."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx

from softtoken.clock import SystemClock
from softtoken.engine.activation_code import format_activation_code
from softtoken.engine.tokens import ProtectionType, Token, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import Activate, ActivationResult, CreateVault, Status
from softtoken.vault.errors import KeystoreError, KeystoreProblem
from softtoken.vault.evidence import Evidence, parse_evidence

DIGEST = hashlib.sha512(b"a release that both sides know").digest()
PIN = "284917"
WRONG_PIN = "284918"
BOTH = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})


class MemoryKeystore:
    """A keyring that lives as long as the test; shared by the controllers of one machine."""

    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}
        self.evidences: dict[str, Evidence] = {}
        self.biometrics: dict[str, bytes] = {}
        self.problem: KeystoreProblem | None = None
        self.keeps_nothing: KeystoreProblem | None = None  # what writing comes to while reading works
        self.name: str | None = "memory"

    @property
    def generations(self) -> dict[str, int]:
        return {vault_id: evidence.generation for vault_id, evidence in self.evidences.items()}

    def provider(self) -> str | None:
        return self.name

    def read(self, vault_id: str) -> bytes | None:
        self._check()
        return self.items.get(vault_id)

    def write(self, vault_id: str, device_key: bytes) -> None:
        self._check_writing()
        self.items[vault_id] = device_key

    def read_evidence(self, vault_id: str) -> Evidence | None:
        self._check()
        return self.evidences.get(vault_id)

    def write_evidence(self, vault_id: str, evidence: Evidence) -> None:
        self._check_writing()
        if evidence.generation > self.generations.get(vault_id, -1):
            kept = parse_evidence(evidence.line())  # as far as a real one has room
            assert kept is not None
            self.evidences[vault_id] = kept

    def read_biometric(self, vault_id: str) -> bytes | None:
        self._check()
        return self.biometrics.get(vault_id)

    def write_biometric(self, vault_id: str, secret: bytes) -> None:
        self._check_writing()
        self.biometrics[vault_id] = secret

    def delete(self, vault_id: str) -> None:
        self._check()
        self.items.pop(vault_id, None)
        self.evidences.pop(vault_id, None)
        self.biometrics.pop(vault_id, None)

    def _check(self) -> None:
        if self.problem is not None:
            raise KeystoreError(self.problem)

    def _check_writing(self) -> None:
        self._check()
        if self.keeps_nothing is not None:
            raise KeystoreError(self.keeps_nothing)


class ManualClock:
    """Stands still until it is moved; starts at the machine's time."""

    def __init__(self) -> None:
        self.wall = SystemClock().now()
        self.up = 100_000

    def now(self) -> int:
        return self.wall

    def uptime(self) -> int:
        return self.up

    def move(self, seconds: int) -> None:
        self.wall += seconds
        self.up += seconds


@dataclass
class Tenant:
    """The sandbox as a test sees it."""

    url: str
    data_folder: Path

    def register(self, user: str) -> str:
        """Register a user over HTTP and return the activation code."""
        body = {
            "objectType": "AdaptiveRegisterUserInput",
            "userID": user,
            "relationshipRef": user,
            "sessionID": "4ed23ea44f23",
            "clientIP": "127.0.0.1",
            "activationType": "offlineMDL",
        }
        answer = httpx.post(f"{self.url}/v1/users/register", json=body, timeout=10)
        assert answer.is_success, answer.text
        fields = answer.json()
        return format_activation_code(fields["registrationID"], fields["activationPassword"])

    def login(self, user: str, otp: str) -> httpx.Response:
        """A login as somebody else's client would send it."""
        body = {
            "objectType": "AdaptiveLoginInput",
            "relationshipRef": user,
            "sessionID": "4ed23ea44f23",
            "credentials": {"authenticator": {"OTP": otp}},
        }
        return httpx.post(f"{self.url}/v1/users/{user}@sandbox/login", json=body, timeout=10)


def activate(controller: MasterController, tenant: Tenant, user: str = "alice") -> tuple[ActivationResult, Token]:
    """Create the vault if there is none, register the user and activate with both protections."""
    controller.post(CreateVault())
    result = controller.post(Activate(tenant.url, user, tenant.register(user), BOTH, PIN))
    assert result.status is Status.OK, result
    assert result.token is not None
    return result, result.token


def identifier(token: Token) -> UserIdentifier:
    assert token.account is not None
    return token.account.identifier
