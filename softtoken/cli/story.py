"""The demo's story in text: one PIN mode against a real sandbox, from an activation code to a refused replay."""

import json
import secrets
from pathlib import Path

from softtoken.cli.answers import Answer
from softtoken.cli.sequel import Sequel
from softtoken.cli.teller import Teller
from softtoken.clock import SystemClock
from softtoken.demo import DEMO_USER, register_demo_user
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import Activate, CreateVault, GenerateOtp, Login, Status
from softtoken.services.home import Home
from softtoken.vault.keystore import OsKeystore

_PIN, _WRONG_PIN = "284917", "284918"


class Story:
    """One PIN mode, from nothing to a changed PIN."""

    def __init__(self, answer: Answer, url: str, place: Path, *, verify_offline: bool) -> None:
        self._url = url
        self._mode = verify_offline
        self._teller = Teller(answer, url)
        home = Home(place / "home")
        home.folder.mkdir(parents=True)
        config = {"astServerBackend": "ssms", "ssms": {"allowOfflinePinVerification": verify_offline}}
        home.config.write_text(json.dumps(config), "utf-8")
        self._controller = MasterController(home, OsKeystore(), SystemClock(), self._teller.client)

    def tell(self) -> bool:
        """True if what should be accepted was, and what should be refused was."""
        self._teller.begin(self._mode)
        try:
            user = self._begin()
            if user is not None:
                Sequel(self._controller, self._teller, user, _PIN, verify_offline=self._mode).tell()
            return self._teller.good
        finally:
            self._controller.close()

    def _begin(self) -> UserIdentifier | None:
        """Register, activate, make a code, log in, be refused; None if the rest has nothing to stand on."""
        post, step = self._controller.post, self._teller.step
        post(CreateVault(passphrase=secrets.token_urlsafe(24)))
        with self._teller.client(self._url) as client:
            code = register_demo_user(client)
        step("register", f"activation code {code}", activation_code=code)

        both = frozenset({ProtectionType.NO_PIN, ProtectionType.PIN})
        activated = post(Activate(self._url, DEMO_USER, code, both, _PIN))
        good = activated.status is Status.OK and activated.login is not None
        good = good and activated.login is not None and activated.login.status is Status.OK
        step("activate", f"{activated.status.value}, first login included", good=good)
        if activated.token is None or activated.token.account is None:
            return None
        user = activated.token.account.identifier

        made = post(GenerateOtp(None, _PIN, user, ProtectionType.PIN))
        if made.otp is None:
            step("code", made.status.value, good=False, server=False)
            return None
        shown = made.otp.code
        step("code", f"{shown}, valid for 30 seconds", server=False, code=shown)
        accepted = post(Login(user, shown))
        step("login", accepted.status.value, good=accepted.status is Status.OK)
        self._wrong_pin(user)
        replayed = post(Login(user, shown))
        step("replay", replayed.status.value, good=replayed.status is Status.WRONG_CREDENTIALS)
        return user

    def _wrong_pin(self, user: UserIdentifier) -> None:
        made = self._controller.post(GenerateOtp(None, _WRONG_PIN, user, ProtectionType.PIN))
        if self._mode:
            good = made.status is Status.INVALID_PIN and made.otp is None
            text = f"{made.status.value}, seen here; tries left {made.retry_counter}"
            self._teller.step("wrong PIN", text, good=good, server=False)
            return
        if made.otp is None:
            self._teller.step("wrong PIN", made.status.value, good=False, server=False)
            return
        refused = self._controller.post(Login(user, made.otp.code))
        text = f"a code that the server refuses: {refused.status.value}"
        self._teller.step("wrong PIN", text, good=refused.status is Status.WRONG_CREDENTIALS)
