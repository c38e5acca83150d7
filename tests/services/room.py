"""One computer, and tenants in the same process: what the focused tests of the services begin with."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from services.held import CHEAP
from services.inprocess import Network
from support.biometrics import FakeBiometrics
from support.flows import BOTH, DIGEST, PIN, ManualClock, MemoryKeystore
from support.parts import remembering

from softtoken.argon2 import argon2id
from softtoken.engine.tokens import CredentialState, ProtectionType, UserIdentifier
from softtoken.iaa import enrolment
from softtoken.iaa.client import IaaClient
from softtoken.sandbox import device_code
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    Activate,
    ActivationResult,
    CreateVault,
    CredentialInformation,
    GenerateOtp,
    GetCredentialInformation,
    Login,
    LoginResult,
    Start,
    Status,
)
from softtoken.services.home import Home
from softtoken.vault import envelope, pinwrap
from softtoken.vault.pinwrap import WrappedKey
from softtoken.vault.slots import KeyringSecret
from softtoken.vault.store import Vault, open_vault


class Room:
    """A computer with its keyring, a home, and the servers that it can reach."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.keystore = MemoryKeystore()
        self.network = Network(folder / "tenants", self.clock)
        self.reader = FakeBiometrics()
        self.home = Home(folder / "home")
        self.home.folder.mkdir(mode=0o700)
        self._made: list[MasterController] = []

    def configure(self, *, verify: bool | None, **softtoken: Any) -> None:
        """Write mc_config.json, for the controllers made from now on."""
        ssms = {} if verify is None else {"allowOfflinePinVerification": verify}
        self.home.config.write_text(json.dumps({"ssms": ssms, "softtoken": softtoken}), "utf-8")

    def controller(self, clients: Callable[[str], IaaClient] | None = None) -> MasterController:
        """The program, started."""
        clients = clients or self.network.client
        controller = MasterController(
            self.home,
            self.keystore,
            self.clock,
            clients,
            lambda: DIGEST,
            biometrics=lambda _: self.reader,
            reasons=lambda purpose, name: f"{purpose.value} {name}",
        )
        self._made.append(controller)
        controller.post(Start())
        return controller

    def unstarted(self) -> MasterController:
        """The program, not started: it could not."""
        controller = MasterController(self.home, self.keystore, self.clock, self.network.client, lambda: DIGEST)
        self._made.append(controller)
        return controller

    def activate(
        self,
        controller: MasterController,
        origin: str,
        name: str = "alice",
        pin: str | None = PIN,
        *,
        auto_login: bool = True,
        protections: frozenset[ProtectionType] | None = None,
    ) -> UserIdentifier:
        """Make the vault if there is none, and activate."""
        controller.post(CreateVault())
        protections = protections or (BOTH if pin else frozenset({ProtectionType.NO_PIN}))
        tenant, code = self.network.tenant(origin), self.network.register(origin, name)
        result: ActivationResult = controller.post(
            Activate(origin, f"{name}@{tenant}", code, protections, pin, auto_login)
        )
        assert result.status is Status.OK, result
        assert (result.login is not None and result.login.status is Status.OK) == auto_login, result
        return UserIdentifier(tenant, name)

    @contextmanager
    def vault(self) -> Iterator[Vault]:
        """The file itself, as another program on this computer would open it."""
        (vault_id, device_key), *_ = self.keystore.items.items()
        vault = open_vault(self.home.vault, KeyringSecret(device_key))
        assert vault.vault_id == vault_id
        try:
            yield vault
        finally:
            vault.close()

    def wrapped(self, user: UserIdentifier, protection: ProtectionType = ProtectionType.PIN) -> tuple[str, WrappedKey]:
        """A credential's id and its key as it is kept."""
        with self.vault() as vault:
            token = next(t for t in vault.tokens().tokens if t.account and t.account.identifier == user)
            credential = vault.credential(token.id, protection)
            assert credential is not None
            return credential.id, credential.key

    def put(
        self,
        user: UserIdentifier,
        change: Callable[[CredentialState], CredentialState],
        protection: ProtectionType = ProtectionType.PIN,
    ) -> None:
        """Change a credential's state as use would have."""
        id_, _ = self.wrapped(user, protection)
        with self.vault() as vault:
            vault.update(id_, lambda state: (change(state), None))

    def close(self) -> None:
        for controller in self._made:
            controller.close()
        self.network.close()


def log_in(
    controller: MasterController,
    user: UserIdentifier,
    pin: str | None = PIN,
    protection: ProtectionType | None = None,
) -> LoginResult:
    """Both posts of a login."""
    made = controller.post(GenerateOtp(None, pin, user, protection, for_login=True))
    assert made.otp is not None, made
    return controller.post(Login(user, made.otp.code, made.resynchronisation))


def standing(
    controller: MasterController, user: UserIdentifier, protection: ProtectionType = ProtectionType.PIN
) -> CredentialInformation:
    return controller.post(GetCredentialInformation(user, protection))


def cheapen(patch: pytest.MonkeyPatch) -> None:
    """PINs and activation codes cost little on both sides: what they cost is no part of the rules."""
    patch.setattr(pinwrap, "derive", remembering(lambda secret, salt, _: envelope.derive(secret, salt, CHEAP)))
    for module in (enrolment, device_code):
        patch.setattr(module, "argon2id", partial(argon2id, memory_kib=8192, passes=1, lanes=1))


def furnished(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Room]:
    """For a fixture."""
    cheapen(patch)
    room = Room(folder)
    yield room
    room.close()
