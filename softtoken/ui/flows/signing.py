"""What is made with a credential for somebody else: a transaction's signature, a code for the help desk."""

from dataclasses import replace

from softtoken.services.events import (
    DeviceInformation,
    GetDeviceInformation,
    GetResynchronizationData,
    GetResynchronizationDataResult,
    SignTransaction,
    SignTransactionResult,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.stage import Stage
from softtoken.ui.states import Ask, Failure, Purpose, SignPage, SupportCode, Task


class Signing:
    """Both are made here and sent nowhere."""

    def __init__(self, stage: Stage, asking: Asking) -> None:
        self._stage = stage
        self._asking = asking

    def begin(self, token_id: str) -> None:
        """Sign a transaction."""
        token = self._stage.session.token(token_id)
        if token is None or token.account is None:
            self._stage.home()
            return
        usual = token.usual_protection
        page = SignPage(token, usual, self._asking.wants_pin(token, usual))
        self._stage.go(page)
        self._asking.look(page)

    def change(self) -> None:
        """The fields were edited: what was signed before is not what stands there now."""
        state = self._stage.state
        if isinstance(state, SignPage) and state.signature is not None:
            ask = self._asking.wants_pin(state.token, state.protection)
            self._stage.update(replace(state, signature=None, login_soon=False, ask_pin=ask))

    def sign(self, data_fields: tuple[str, ...], pin: str | None) -> None:
        state = self._stage.state
        if not isinstance(state, SignPage) or state.making or state.token.account is None:
            return
        page = replace(state, signature=None, problem=None)
        self._stage.update(replace(page, making=True))
        given = pin if state.ask_pin else None

        def done(result: SignTransactionResult) -> None:
            if result.signature is None:
                self._stage.update(self._asking.refused(page, given, result, Task.SIGN))
                return
            self._asking.made(page.token, given, result)
            soon = result.status is Status.ATC_EXPIRES_SOON
            made = replace(page, ask_pin=False, signature=result.signature, login_soon=soon, delay_until=None)
            self._stage.update(made)

        def failed(failure: Failure) -> None:
            self._stage.update(replace(page, problem=failure))

        event = SignTransaction(data_fields, given, state.token.account.identifier, state.protection)
        self._stage.on_token(event, Task.SIGN, done, failed)

    def begin_support(self, token_id: str) -> None:
        """A code and its counter, to be told to the help desk."""
        token = self._stage.session.token(token_id)
        if token is None or token.account is None:
            self._stage.home()
            return
        usual = token.usual_protection
        page = Ask(token, usual, Purpose.SUPPORT, self._asking.wants_pin(token, usual))
        self._stage.go(page)
        self._asking.look(page)

    def make_support(self, pin: str | None) -> None:
        state = self._stage.state
        if not isinstance(state, Ask) or state.making or state.token.account is None:
            return
        self._stage.update(replace(state, making=True, problem=None))
        given = pin if state.ask_pin else None

        def done(result: GetResynchronizationDataResult) -> None:
            if result.otp is None or result.atc is None:
                self._stage.update(self._asking.refused(state, given, result, Task.SUPPORT_CODE))
                return
            self._asking.made(state.token, given, result)
            self._stage.go(SupportCode(state.token, result.otp, result.atc))
            self._name_device()

        def failed(failure: Failure) -> None:
            self._stage.update(replace(state, problem=failure))

        event = GetResynchronizationData(state.token.account.identifier, given, state.protection)
        self._stage.on_token(event, Task.SUPPORT_CODE, done, failed)

    def _name_device(self) -> None:
        def known(information: DeviceInformation) -> None:
            state = self._stage.state
            if isinstance(state, SupportCode):
                self._stage.update(replace(state, device_name=information.device_name))

        def unknown(_: Failure) -> None:
            """The code is good without it."""

        self._stage.on_token(GetDeviceInformation(), Task.DEVICE_NAME, known, unknown)
