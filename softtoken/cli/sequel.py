"""The story's second half: the counter out of step and back, proofs for machines, and a changed PIN."""

from base64 import b64encode

from softtoken.cli.proofs import base64url
from softtoken.cli.resync import spelt
from softtoken.cli.teller import Teller
from softtoken.demo import DEMO_USER
from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    ChangePin,
    GenerateOtp,
    GenerateSecureSequence,
    GetResynchronizationData,
    Login,
    PrepareResynchronization,
    Resynchronize,
    SignTransaction,
    Status,
)

_NEW_PIN = "739154"
_NO_PIN = ProtectionType.NO_PIN
_MANY = 100
"""More codes than any sensible policy lets a device make without its server."""


class Sequel:
    """Goes on with an activated user whose PIN is known."""

    def __init__(
        self, controller: MasterController, teller: Teller, user: UserIdentifier, pin: str, *, verify_offline: bool
    ) -> None:
        self._controller = controller
        self._teller = teller
        self._user = user
        self._pin = pin
        self._mode = verify_offline

    def tell(self) -> None:
        self._drift()
        self._resynchronise()
        self._help_desk()
        self._sequence()
        self._signature()
        self._change_pin()

    def _drift(self) -> None:
        """Codes that nobody types in: the server cannot know of them, so the device stops in time."""
        made = warned = 0
        last = Status.OK
        while last in {Status.OK, Status.ATC_EXPIRES_SOON} and made < _MANY:
            last = self._controller.post(GenerateOtp(None, None, self._user, _NO_PIN)).status
            made += last in {Status.OK, Status.ATC_EXPIRES_SOON}
            warned += last is Status.ATC_EXPIRES_SOON
        text = f"{made} codes unused, the last {warned} with a warning, then {last.value}"
        self._teller.step("drift", text, good=last is Status.LOGIN_REQUIRED and warned > 0, server=False)

    def _resynchronise(self) -> None:
        post, step = self._controller.post, self._teller.step
        prepared = post(PrepareResynchronization(self._user, None, _NO_PIN))
        if prepared.codes is None:
            step("resync", prepared.status.value, good=False, server=False)
            return
        agreed = post(Resynchronize(self._user, prepared.codes))
        step("resync", f"{agreed.status.value}: two consecutive codes", good=agreed.status is Status.OK)
        made = post(GenerateOtp(None, None, self._user, _NO_PIN))
        if made.otp is None:
            step("in step", made.status.value, good=False, server=False)
            return
        accepted = post(Login(self._user, made.otp.code)).status
        step("in step", f"a code again, and a login with it: {accepted.value}", good=accepted is Status.OK)

    def _help_desk(self) -> None:
        data = self._controller.post(GetResynchronizationData(self._user, None, _NO_PIN))
        if data.otp is None or data.atc is None:
            self._teller.step("resync data", data.status.value, good=False, server=False)
            return
        told = self._teller.ask_sandbox(_path("resynchronise"), {"code": data.otp, "atc": data.atc})
        text = f"code {spelt(data.otp, 4)}, counter {data.atc}, entered by the help desk: {told}"
        self._teller.step("resync data", text, good=told == "OK", code=data.otp, atc=data.atc)

    def _sequence(self) -> None:
        data = b"a door that opens once"
        made = self._controller.post(GenerateSecureSequence(data, None, self._user, _NO_PIN))
        if made.secure_sequence is None:
            self._teller.step("sequence", made.status.value, good=False, server=False)
            return
        shown = base64url(made.secure_sequence)
        body = {"secureSequence": shown, "optionalData": b64encode(data).decode()}
        told = self._teller.ask_sandbox(_path("verify"), body)
        self._teller.step("sequence", f"{shown}: {told}", good=told == "OK", secure_sequence=shown)

    def _signature(self) -> None:
        """A signature holds for the fields that were signed, and for no others."""
        fields, forged = ["EUR 100.00", "AT61 1904 3002 3457 3201"], ["EUR 900.00", "AT61 1904 3002 3457 3201"]
        made = self._controller.post(SignTransaction(tuple(fields), None, self._user, _NO_PIN))
        if made.signature is None:
            self._teller.step("signature", made.status.value, good=False, server=False)
            return
        told = self._teller.ask_sandbox(_path("verify"), {"signature": made.signature, "dataFields": forged})
        self._teller.step("forged", f"the same for another amount: {told}", good=told == "WRONG_OTP")
        told = self._teller.ask_sandbox(_path("verify"), {"signature": made.signature, "dataFields": fields})
        text = f"{made.signature} for {fields[0]}: {told}"
        self._teller.step("signature", text, good=told == "OK", signature=made.signature)

    def _change_pin(self) -> None:
        post, step = self._controller.post, self._teller.step
        changed = post(ChangePin(self._user, self._pin, _NEW_PIN)).status
        how = (
            "here, no server asked"
            if self._mode
            else "proved to the server, which sent a fresh key and knows its codes"
        )
        step("change PIN", f"{changed.value}, {how}", good=changed is Status.OK, server=not self._mode)
        made = post(GenerateOtp(None, _NEW_PIN, self._user, ProtectionType.PIN))
        if made.otp is None:
            step("new PIN", made.status.value, good=False, server=False)
            return
        accepted = post(Login(self._user, made.otp.code)).status
        step("new PIN", f"login: {accepted.value}", good=accepted is Status.OK)
        made = post(GenerateOtp(None, self._pin, self._user, ProtectionType.PIN))
        if made.otp is None:
            step("old PIN", made.status.value, good=self._mode and made.status is Status.INVALID_PIN, server=False)
            return
        refused = post(Login(self._user, made.otp.code)).status
        good = not self._mode and refused is Status.WRONG_CREDENTIALS
        step("old PIN", f"a code that the server refuses: {refused.value}", good=good)


def _path(action: str) -> str:
    return f"users/{DEMO_USER}@sandbox/{action}"
