"""A managed token's page: how it stands, making codes with a PIN or without, and switching to another user."""

from dataclasses import replace

from softtoken.engine.tokens import ProtectionType, Token, TokenType
from softtoken.services.events import (
    CredentialInformation,
    GenerateOtp,
    GenerateOtpResult,
    GetCredentialInformation,
    OfflineLogin,
    OfflineLoginResult,
    Status,
)
from softtoken.ui.flows.asking import Asking
from softtoken.ui.flows.oath import Oath
from softtoken.ui.flows.pin_memory import PinMemory
from softtoken.ui.stage import Stage
from softtoken.ui.standing import login_required, stops_codes
from softtoken.ui.states import Failure, LoginNews, ManagedPage, News, OathPage, PinNews, ResyncNews, Task


class Codes:
    """`open` leads to the page of any token; imported ones are `oath`'s."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.pins = PinMemory()
        self.asking = Asking(stage, self.pins)
        self.oath = Oath(stage)
        stage.notices.connection_told.connect(self._connection_told)
        stage.noticed.connect(self._heard)

    def open(self, token_id: str) -> None:
        """Show a token's page. A time-based code is made at once, a counter is never spent unasked."""
        token = self._stage.session.token(token_id)
        if token is None:
            self._stage.home()
        elif token.profile.type is TokenType.MANAGED:
            self._open_managed(token)
        else:
            self.oath.open(token)

    def switch(self, token_id: str) -> None:
        """Go on with another user: whose PIN was remembered until now is forgotten."""
        token = self._stage.session.token(token_id)
        state = self._stage.state
        if token is None or token.account is None or (isinstance(state, ManagedPage) and state.token.id == token_id):
            return

        def chosen(_: OfflineLoginResult) -> None:
            """Whatever its status, the page says how the token stands."""

        self.pins.addressed(token)
        event = OfflineLogin(token.account.identifier)
        self._stage.on_token(event, Task.SWITCH, chosen, self._stage.tell, wherever=True)
        self._open_managed(token)

    def choose(self, protection: ProtectionType, data: bytes | None) -> None:
        """The seed's choice: no PIN means a code at once."""
        state = self._stage.state
        if not isinstance(state, ManagedPage) or state.making:
            return
        chosen = replace(
            state, protection=protection, ask_pin=False, otp=None, expired=False, login_soon=False, problem=None
        )
        if stops_codes(chosen.standing):
            self._stage.update(chosen)
        elif self.asking.wants_pin(state.token, protection):
            self._stage.update(replace(chosen, ask_pin=True))
        else:
            self._make(chosen, None, data)

    def enter_pin(self, pin: str, data: bytes | None) -> None:
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.ask_pin and not state.making:
            self._make(replace(state, problem=None), pin, data)

    def new_code(self, data: bytes | None) -> None:
        """Another code with the same protection; the PIN is asked for again unless it may be remembered."""
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.protection is not None:
            self.choose(state.protection, data)

    def expire(self) -> None:
        """The time of the code on the page is over."""
        match self._stage.state:
            case ManagedPage(otp=otp) as state if otp is not None:
                again = self.asking.wants_pin(state.token, state.protection) and not stops_codes(state.standing)
                self._stage.update(replace(state, otp=None, expired=True, ask_pin=again))
            case OathPage(otp=otp) as state if otp is not None:
                self._stage.update(replace(state, otp=None))
                self.oath.make()
            case _:
                pass

    def _open_managed(self, token: Token) -> None:
        only = token.protections[0] if len(token.protections) == 1 else None
        others = tuple(one for one in self._stage.session.tokens if one.account is not None and one.id != token.id)
        reachable = self._stage.notices.reachable(token.account.origin) if token.account else None
        page = ManagedPage(token, only, self.asking.wants_pin(token, only), others=others, reachable=reachable)
        self._stage.go(page)
        self._look()

    def _look(self) -> None:
        """Ask how the credentials of the page stand, one after the other."""
        state = self._stage.state
        if not isinstance(state, ManagedPage) or state.token.account is None:
            return
        user, seen = state.token.account.identifier, list[CredentialInformation]()

        def take(information: CredentialInformation) -> None:
            seen.append(information)
            if len(seen) == len(state.token.protections):
                self._stood(tuple(one for one in seen if one.status is Status.OK))

        for protection in state.token.protections:
            event = GetCredentialInformation(user, protection)
            self._stage.on_token(event, Task.MAKE_CODE, take, self._not_seen)

    def _stood(self, standings: tuple[CredentialInformation, ...]) -> None:
        state = self._stage.state
        if not isinstance(state, ManagedPage):
            return
        self._note_login(state.token, standings)
        page = replace(state, standings=standings)
        for one in standings:
            if one.protection is ProtectionType.PIN:
                page = replace(page, tries_left=one.retry_counter, delay_until=self.asking.until(one.retry_delay))
        if page.protection is not None and stops_codes(page.standing):
            page = replace(page, ask_pin=False)
        self._stage.update(page)

    def _note_login(self, token: Token, standings: tuple[CredentialInformation, ...]) -> None:
        """For the list of tokens, which is not read again when the person goes back to it."""
        usual = token.usual_protection
        session = self._stage.session
        others = tuple(one for one in session.login_required if one != token.id)
        wanted = any(one.protection is usual and login_required(one) for one in standings)
        self._stage.session = replace(session, login_required=(*others, token.id) if wanted else others)

    def _not_seen(self, failure: Failure) -> None:
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.problem is None:
            self._stage.update(replace(state, problem=failure))

    def _heard(self, news: News) -> None:
        """What was left ended meanwhile, and may have set the counter right."""
        if isinstance(news, LoginNews | ResyncNews | PinNews):
            self._look()

    def _connection_told(self, origin: str) -> None:
        state = self._stage.state
        if isinstance(state, ManagedPage) and state.token.account is not None and state.token.account.origin == origin:
            self._stage.update(replace(state, reachable=self._stage.notices.reachable(origin)))

    def _make(self, page: ManagedPage, pin: str | None, data: bytes | None) -> None:
        token = page.token
        if token.account is None:
            return
        self._stage.update(replace(page, making=True, otp=None, expired=False))
        event = GenerateOtp(data, pin, token.account.identifier, page.protection)

        def done(result: GenerateOtpResult) -> None:
            now = self._stage.state
            known = (
                replace(page, standings=now.standings, reachable=now.reachable)
                if isinstance(now, ManagedPage)
                else page
            )
            self._stage.update(self._judged(known, pin, result))
            self._look()

        def failed(failure: Failure) -> None:
            self._stage.update(replace(page, problem=failure))

        self._stage.on_token(event, Task.MAKE_CODE, done, failed)

    def _judged(self, page: ManagedPage, pin: str | None, result: GenerateOtpResult) -> ManagedPage:
        if result.otp is None:
            return self.asking.refused(page, pin, result, Task.MAKE_CODE)
        self.asking.made(page.token, pin, result)
        soon = result.status is Status.ATC_EXPIRES_SOON
        return replace(page, ask_pin=False, otp=result.otp, login_soon=soon, delay_until=None, problem=None)
