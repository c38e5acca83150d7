"""Logins that their first answer does not finish: going on, waiting, and what every code, status and sentence means."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.inprocess import Network
from services.room import Room, log_in, standing
from support.flows import PIN, WRONG_PIN, ManualClock

from softtoken.engine.tokens import ProtectionType, UserIdentifier
from softtoken.formats.shown_text import shows_all
from softtoken.iaa.client import IaaClient
from softtoken.iaa.errors import Unreachable
from softtoken.iaa.messages import LoginAnswer, RiskCode, SessionStatus
from softtoken.services.controller import MasterController
from softtoken.services.events import (
    LIFE,
    AwaitLogin,
    Cancellation,
    CodeAnswer,
    ContinueLogin,
    DeleteUser,
    EnableAtcResynchronizationDuringNextLogin,
    GenerateOtp,
    GetState,
    Login,
    LoginReason,
    LoginResult,
    LoginStep,
    LoginWithTypedCode,
    PasswordAnswer,
    PendingLogin,
    Restart,
    Resynchronised,
    ServerConnection,
    SetAtcResynchronizationBeforeEveryLogin,
    Status,
)
from softtoken.services.handles import format_handle, parse_handle
from softtoken.services.verdicts import judge

ORIGIN = "https://one.example"
LOGIN = "/v1/users/alice@one/login"
SESSION = "/v1/sessions/77"
ACCEPTED = {"riskResponseCode": 0, "sessionStatus": "accepted"}
DOWN = httpx.ConnectError("refused")
LOST = httpx.ReadError("lost")


class Passing(Cancellation):
    """Waits by moving the clock. events: what happens before a question, by its number."""

    def __init__(self, clock: ManualClock, events: dict[int, Any] | None = None) -> None:
        super().__init__()
        self.clock, self.events, self.waits = clock, events or {}, 0

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        self.clock.move(int(seconds))
        if (event := self.events.get(self.waits)) is not None:
            event()
        return super().wait(0)


@pytest.fixture
def controller(room: Room) -> MasterController:
    return room.controller()


@pytest.fixture
def alice(room: Room, controller: MasterController, origin: str) -> UserIdentifier:
    user = room.activate(controller, origin)
    room.network.requests.clear()
    return user


def script(network: Network, origin: str, *rules: int | tuple[int, str], user: str = "alice") -> None:
    """What the risk engine says to the user's next logins."""
    told = [
        {"riskResponseCode": rule} if isinstance(rule, int) else {"riskResponseCode": rule[0], "sessionStatus": rule[1]}
        for rule in rules
    ]
    url = f"{origin}/softtoken/v1/rules/{user}@{network.tenant(origin)}"
    assert network.send("PUT", url, {"rules": told}).is_success


def decide(network: Network, origin: str, request_id: str | None, status: str) -> None:
    answer = network.send("PUT", f"{origin}/softtoken/v1/sessions/{request_id}", {"sessionStatus": status})
    assert answer.is_success, answer.text


def pending(result: LoginResult) -> PendingLogin:
    assert result.pending is not None, result
    return result.pending


def answer(
    controller: MasterController,
    user: UserIdentifier,
    login: PendingLogin,
    pin: str | None = PIN,
    protection: ProtectionType = ProtectionType.PIN,
) -> LoginResult:
    """A code over the challenge, and the second call."""
    data = None if login.challenge is None else login.challenge.encode()
    made = controller.post(GenerateOtp(data, pin, user, protection, for_login=True))
    assert made.otp is not None, made
    return controller.post(ContinueLogin(login, CodeAnswer(made.otp.code, made.resynchronisation)))


class Scripted(httpx.BaseTransport):
    """The tenant's part in a login, word for word. What is said last is said again; a number answers without a body."""

    def __init__(self, room: Room) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.clock = room.clock
        self.controller = room.controller(lambda origin: IaaClient(origin, transport=self, sleep=lambda _: None))

    def say(self, path: str, *answers: Any) -> None:
        self.answers[path] = list(answers)

    def login(self, code: int | None, *, until: int = LIFE, **changes: Any) -> PendingLogin:
        """A pending one of somebody without a token."""
        step = LoginStep.TOKEN_CODE
        login = PendingLogin(ORIGIN, "alice@one", None, "4ed2", "77", code, step, until=self.clock.uptime() + until)
        return replace(login, **changes)

    def begin(self) -> LoginResult:
        return self.controller.post(LoginWithTypedCode(ORIGIN, "alice@one", "714346"))

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for where, body in self.sent if where == path]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, content = request.url.path, request.read()
        self.sent.append((path, json.loads(content) if content else {}))
        answers = self.answers[path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        headers = {"log-correlation-id": "corr-7"}
        return httpx.Response(status, json=body, headers=headers, request=request)


@pytest.fixture
def scripted(room: Room) -> Scripted:
    return Scripted(room)


class TestACodeOfTheToken:
    @pytest.mark.parametrize(
        ("code", "first", "second"),
        [
            (5, ProtectionType.NO_PIN, ProtectionType.PIN),
            (10, ProtectionType.NO_PIN, ProtectionType.PIN),
            (10, ProtectionType.PIN, ProtectionType.NO_PIN),
        ],
    )
    def test_the_step_up_completes_the_login(
        self,
        room: Room,
        origin: str,
        controller: MasterController,
        alice: UserIdentifier,
        code: int,
        first: ProtectionType,
        second: ProtectionType,
    ) -> None:
        script(room.network, origin, (code, "pending"))
        controller.post(Restart())
        begun = log_in(controller, alice, PIN if first is ProtectionType.PIN else None, first)
        login = pending(begun)
        assert (begun.status, begun.session_status, login.step) == (Status.NEGATIVE, "pending", LoginStep.TOKEN_CODE)
        assert second in login.protections
        assert (login.challenge is not None) == (code == 10)
        assert login.left(room.clock.uptime()) == LIFE
        assert controller.post(GetState()).logged_in is None
        ended = answer(controller, alice, login, PIN if second is ProtectionType.PIN else None, second)
        assert (ended.status, ended.pending) == (Status.OK, None)
        assert controller.post(GetState()).logged_in == alice
        assert standing(controller, alice, second).used == 0

    def test_a_code_over_a_challenge_confirms_its_counter(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        for _ in range(3):
            controller.post(GenerateOtp(None, PIN, alice))
        script(room.network, origin, 10)
        login = pending(controller.post(Login(alice)))
        assert standing(controller, alice).used == 3
        assert answer(controller, alice, login).status is Status.OK
        assert standing(controller, alice).used == 0

    @pytest.mark.parametrize("code", [0, 4, 5])
    def test_risk_first(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier, code: int
    ) -> None:
        """The risk is asked for before a code is made; without a rule the sandbox wants one that has a PIN."""
        script(room.network, origin, code)
        counter = standing(controller, alice).counter
        begun = controller.post(Login(alice))
        login = pending(begun)
        assert (login.risk_response_code, login.step) == (code or 5, LoginStep.TOKEN_CODE)
        assert standing(controller, alice).counter == counter
        assert answer(controller, alice, login).status is Status.OK

    def test_the_wish_for_a_resynchronisation_ends_when_the_last_step_succeeds(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        controller.post(EnableAtcResynchronizationDuringNextLogin())
        script(room.network, origin, 21)
        begun = log_in(controller, alice)
        assert (begun.status, begun.resynchronised) == (Status.NEGATIVE, Resynchronised.DONE)
        assert standing(controller, alice).used <= 1
        assert controller.post(GetState()).resynchronise_next_login
        decide(room.network, origin, begun.request_id, "accepted")
        ended = controller.post(AwaitLogin(pending(begun), Passing(room.clock)))
        assert (ended.status, ended.resynchronised) == (Status.OK, Resynchronised.DONE)
        assert not controller.post(GetState()).resynchronise_next_login

    def test_a_wrong_pin_that_only_the_server_can_see(self, room: Room) -> None:
        origin = room.network.add("two", allow_offline_pin_verification=False)
        controller = room.controller()
        alice = room.activate(controller, origin)
        script(room.network, origin, 5)
        controller.post(SetAtcResynchronizationBeforeEveryLogin(False))
        login = pending(controller.post(Login(alice)))
        wrong = answer(controller, alice, login, WRONG_PIN)
        assert (wrong.status, wrong.pending) == (Status.WRONG_CREDENTIALS, login)
        assert wrong.log_correlation_id
        assert answer(controller, alice, login).status is Status.OK

    def test_a_wrong_pin_is_seen_by_the_resynchronisation_and_the_step_is_not_sent(self, room: Room) -> None:
        origin = room.network.add("two", allow_offline_pin_verification=False)
        controller = room.controller()
        alice = room.activate(controller, origin)
        script(room.network, origin, 5)
        login = pending(controller.post(Login(alice)))
        room.network.requests.clear()
        wrong = answer(controller, alice, login, WRONG_PIN)
        assert (wrong.status, wrong.resynchronised) == (Status.WRONG_CREDENTIALS, Resynchronised.REFUSED)
        assert wrong.pending == login
        assert not any(path.endswith("/login") for path in room.network.requests)
        assert answer(controller, alice, login).status is Status.OK

    def test_a_wrong_code_as_a_status_in_a_200(self, room: Room) -> None:
        origin = room.network.add("two", wrong_otp_mode="status_failed")
        controller = room.controller()
        alice = room.activate(controller, origin)
        script(room.network, origin, 5)
        login = pending(controller.post(Login(alice)))
        wrong = controller.post(ContinueLogin(login, CodeAnswer("00000000")))
        assert (wrong.status, wrong.session_status, wrong.pending) == (Status.WRONG_CREDENTIALS, "failed", login)

    def test_three_wrong_steps_lock_the_user(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        script(room.network, origin, 5)
        login = pending(controller.post(Login(alice)))
        for _ in range(3):
            assert controller.post(ContinueLogin(login, CodeAnswer("00000000"))).status is Status.WRONG_CREDENTIALS
        locked = controller.post(ContinueLogin(login, CodeAnswer("00000000")))
        assert (locked.status, locked.reason, locked.pending) == (Status.LOCKED_USER, LoginReason.LOCKED, None)

    def test_a_second_challenge_after_the_first(self, scripted: "Scripted") -> None:
        scripted.say(LOGIN, {"riskResponseCode": 22, "sessionStatus": "pending"})
        result = scripted.controller.post(ContinueLogin(scripted.login(5), CodeAnswer("12345678")))
        assert pending(result).step is LoginStep.APPROVAL
        assert pending(result).request_id == "77"

    def test_too_late(self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier) -> None:
        script(room.network, origin, 5)
        login = pending(controller.post(Login(alice)))
        room.clock.move(LIFE)
        late = answer(controller, alice, login)
        assert (late.status, late.reason) == (Status.USER_CONFIRMATION_TIMEOUT, LoginReason.REQUEST_OVER)
        assert late.pending is None
        assert log_in(controller, alice).status is Status.OK


class TestOtherSteps:
    @pytest.mark.parametrize(
        ("code", "step"),
        [
            (2, LoginStep.PASSWORD),
            *[(code, LoginStep.SENT_CODE) for code in (3, 8, 13)],
            *[(code, LoginStep.TOKEN_CODE) for code in (4, 5, 10)],
            *[(code, LoginStep.APPROVAL) for code in (None, 0, 6, 7, 11, 21, 22, 23, 24)],
            *[(code, LoginStep.UNSUPPORTED) for code in (14, 25, 9, 4711, -3)],
        ],
    )
    def test_every_risk_code_has_its_step(self, scripted: Scripted, code: int | None, step: LoginStep) -> None:
        said = {"sessionStatus": "pending", "requestID": "77", "oddity": [1]}
        scripted.say(LOGIN, said if code is None else {**said, "riskResponseCode": code})
        result = scripted.begin()
        login = pending(result)
        assert (result.status, result.risk_response_code) == (Status.NEGATIVE, code)
        assert (login.step, login.risk_response_code, login.request_id) == (step, code, "77")
        assert login.session_id == scripted.bodies(LOGIN)[0]["sessionID"]

    def test_what_has_no_request_cannot_be_waited_for(self, scripted: Scripted) -> None:
        scripted.say(LOGIN, {"sessionStatus": "pending", "riskResponseCode": 21})
        assert pending(scripted.begin()).step is LoginStep.UNSUPPORTED

    @pytest.mark.parametrize("code", [3, 21])
    @pytest.mark.parametrize("odd", [".", ".."])
    def test_an_id_that_is_no_part_of_an_address_is_none(self, scripted: Scripted, code: int, odd: str) -> None:
        scripted.say(LOGIN, {"sessionStatus": "pending", "riskResponseCode": code, "requestID": odd})
        begun = scripted.begin()
        login = pending(begun)
        assert (begun.request_id, login.request_id) == (None, None)
        assert login.step is (LoginStep.SENT_CODE if code == 3 else LoginStep.UNSUPPORTED)
        scripted.say(LOGIN, (409, {"message": "Authentication failed"}))
        assert scripted.controller.post(ContinueLogin(login, CodeAnswer("111111"))).status is Status.WRONG_CREDENTIALS
        assert scripted.controller.post(AwaitLogin(login)).status is Status.INVALID_PARAMETER

    def test_an_empty_challenge_is_none(self, scripted: Scripted) -> None:
        scripted.say(LOGIN, {"riskResponseCode": 5, "sessionStatus": "pending", "requestID": "77", "challenge": ""})
        login = pending(scripted.begin())
        assert login.challenge is None
        scripted.say(LOGIN, ACCEPTED)
        assert scripted.controller.post(ContinueLogin(login, CodeAnswer("714347"))).status is Status.OK
        assert scripted.bodies(LOGIN)[1]["credentials"] == {"authenticator": {"OTP": "714347"}}

    @pytest.mark.parametrize("code", [1, 5, 21, 4711])
    def test_decline_overrules_pending_and_nothing_else_does(self, scripted: Scripted, code: int) -> None:
        scripted.say(LOGIN, {"sessionStatus": "pending", "riskResponseCode": code, "requestID": "77"})
        result = scripted.begin()
        assert (result.status is Status.ACCESS_DENIED) == (code == 1)
        assert (result.pending is None) == (code == 1)

    @pytest.mark.parametrize("word", ["accepted", "failed", "timeout", "unknown"])
    def test_decline_overrules_every_status(self, scripted: Scripted, word: str) -> None:
        scripted.say(LOGIN, {"sessionStatus": word, "riskResponseCode": 1})
        assert scripted.begin().status is Status.ACCESS_DENIED

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("accepted", Status.OK),
            ("refused", Status.ACCESS_DENIED),
            ("timeout", Status.USER_CONFIRMATION_TIMEOUT),
            ("failed", Status.WRONG_CREDENTIALS),
            ("failure", Status.WRONG_CREDENTIALS),
            ("unknown", Status.FAILED),
            ("quarantined", Status.FAILED),
        ],
    )
    def test_every_session_status(self, scripted: Scripted, word: str, status: Status) -> None:
        scripted.say(LOGIN, {"sessionStatus": word, "riskResponseCode": 4711})
        result = scripted.begin()
        assert (result.status, result.session_status, result.risk_response_code) == (status, word, 4711)
        assert result.pending is None

    def test_the_static_password(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        register = {
            "objectType": "AdaptiveRegisterUserInput", "userID": "alice", "relationshipRef": "alice",
            "sessionID": "4ed2", "staticPassword": "Test1234",
        }  # fmt: skip
        assert room.network.send("POST", f"{origin}/v1/users/register", register).is_success
        script(room.network, origin, 2)
        controller.post(Restart())
        login = pending(log_in(controller, alice))
        assert login.step is LoginStep.PASSWORD
        wrong = controller.post(ContinueLogin(login, PasswordAnswer("Test12345")))
        assert (wrong.status, wrong.pending) == (Status.WRONG_CREDENTIALS, login)
        assert controller.post(ContinueLogin(login, PasswordAnswer("Test1234"))).status is Status.OK
        assert controller.post(GetState()).logged_in == alice

    def test_the_second_call_carries_session_request_and_challenge(self, scripted: Scripted) -> None:
        scripted.say(LOGIN, {"riskResponseCode": 10, "sessionStatus": "pending", "requestID": "77", "challenge": "31"})
        login = pending(scripted.begin())
        scripted.say(LOGIN, ACCEPTED)
        assert scripted.controller.post(ContinueLogin(login, CodeAnswer("714347"))).status is Status.OK
        first, second = scripted.bodies(LOGIN)
        assert (first["sessionID"], "requestID" in first) == (second["sessionID"], False)
        assert (second["requestID"], second["relationshipRef"]) == ("77", "alice")
        assert second["credentials"] == {"authenticator": {"OTP": "714347", "challenge": "31"}}

    def test_the_risk_alone_is_asked_for_without_credentials_and_at_once(self, scripted: Scripted) -> None:
        scripted.say(LOGIN, {"riskResponseCode": 5, "sessionStatus": "pending", "requestID": "77"})
        assert scripted.controller.post(LoginWithTypedCode(ORIGIN, "alice@one")).status is Status.NEGATIVE
        (body,) = scripted.bodies(LOGIN)
        assert "credentials" not in body
        assert (body["timeout"], body["orchestrationDelivery"]) == (0, ["pushNotification"])

    @pytest.mark.parametrize("given", [CodeAnswer(""), PasswordAnswer(""), CodeAnswer("1" * 256)])
    def test_what_does_not_fit_is_not_sent(self, scripted: Scripted, given: CodeAnswer | PasswordAnswer) -> None:
        login = scripted.login(5)
        result = scripted.controller.post(ContinueLogin(login, given))
        assert (result.status, result.pending) == (Status.INVALID_PARAMETER, login)
        assert not scripted.sent

    def test_a_closed_vault_and_a_token_that_is_gone(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        script(room.network, origin, 5)
        login = pending(controller.post(Login(alice)))
        room.network.requests.clear()
        closed = MasterController(room.home, room.keystore, room.clock, room.network.client)
        for event in (ContinueLogin(login, CodeAnswer("00000000")), AwaitLogin(login)):
            assert closed.post(event).status is Status.INVALID_STATE
        controller.post(Restart())
        controller.post(DeleteUser(alice))
        for event in (ContinueLogin(login, CodeAnswer("00000000")), AwaitLogin(login)):
            gone = controller.post(event)
            assert (gone.status, gone.reason) == (Status.INVALID_USER_ID, LoginReason.TOKEN_GONE)
        assert not room.network.requests


@pytest.mark.parametrize(
    "changes", [{"origin": "https://evil.example"}, {"user": "mallory@one"}, {"user_identifier": None}]
)
def test_a_tokens_code_goes_to_its_own_server_only(
    room: Room, origin: str, controller: MasterController, alice: UserIdentifier, changes: dict[str, Any]
) -> None:
    """Whatever a text says that somebody else may have written."""
    script(room.network, origin, 5)
    login = replace(pending(controller.post(Login(alice))), **changes)
    room.network.requests.clear()
    if login.user_identifier is None:  # then it is nobody's code, and no resynchronisation codes go with it
        made = controller.post(GenerateOtp(None, PIN, alice, for_login=True))
        assert made.otp is not None
        controller.post(ContinueLogin(login, CodeAnswer("00000000", made.resynchronisation)))
        assert not any("sync" in path for path in room.network.requests)
        return
    for event in (ContinueLogin(login, CodeAnswer("00000000")), AwaitLogin(login)):
        assert controller.post(event).status is Status.INVALID_PARAMETER
    assert not room.network.requests


@pytest.mark.parametrize(
    ("sentence", "status", "reason"),
    [
        ("Authentication failed", Status.WRONG_CREDENTIALS, None),
        ("User is disabled", Status.LOCKED_USER, LoginReason.DISABLED),
        ("User is disabled.", Status.LOCKED_USER, LoginReason.DISABLED),
        ("USER IS LOCKED", Status.LOCKED_USER, LoginReason.LOCKED),
        ("Invalid Request ID", Status.USER_CONFIRMATION_TIMEOUT, LoginReason.REQUEST_OVER),
        ("Request ID is invalid", Status.USER_CONFIRMATION_TIMEOUT, LoginReason.REQUEST_OVER),
        ("Timed out", Status.USER_CONFIRMATION_TIMEOUT, LoginReason.TIMED_OUT),
        ("User refused", Status.ACCESS_DENIED, LoginReason.DECLINED_BY_USER),
        ("Registration ceremony was not started", Status.FAILED, LoginReason.SECURITY_KEY),
        ("UAF 1.1: unknown error", Status.FAILED, LoginReason.SECURITY_KEY),
        (
            "Message not sent. Gateway exited with error and reported: invalid_destination.",
            Status.FAILED,
            LoginReason.BAD_DESTINATION,
        ),
        ("Gateway exited with error", Status.FAILED, LoginReason.NO_MESSAGE),
        (
            "Failed to send push notification. No applicable digipass found. Instance should have both a PNID and ...",
            Status.FAILED,
            LoginReason.NO_DEVICE,
        ),
        ("Something that no page has", Status.FAILED, LoginReason.CONFLICT),
    ],
)
def test_every_sentence_of_a_409(scripted: Scripted, sentence: str, status: Status, reason: LoginReason | None) -> None:
    scripted.say(LOGIN, (409, {"error": "Conflict", "message": sentence}))
    result = scripted.begin()
    assert (result.status, result.reason, result.detail) == (status, reason, sentence)
    assert result.log_correlation_id == "corr-7"
    scripted.say(SESSION, (409, {"error": "Conflict", "message": sentence}))
    waited = scripted.controller.post(AwaitLogin(scripted.login(21), Passing(scripted.clock)))
    assert (waited.status, waited.reason, waited.detail) == (status, reason, sentence)


@settings(max_examples=200, deadline=None)
@given(
    code=st.none() | st.integers(-(2**31), 2**31 - 1) | st.sampled_from(RiskCode),
    word=st.none() | st.text(max_size=20) | st.sampled_from(SessionStatus),
    request_id=st.none() | st.text(max_size=20),
    challenge=st.none() | st.text(max_size=20),
)
def test_whatever_is_answered_has_a_meaning(
    code: int | None, word: str | None, request_id: str | None, challenge: str | None
) -> None:
    """Pending has something to go on with, and nothing else has; what came is kept."""
    login = PendingLogin(ORIGIN, "alice@one", None, "4ed2", None, None, LoginStep.TOKEN_CODE)
    answer = LoginAnswer(
        session_status=word,
        risk_response_code=code,
        request_id=request_id,
        request_message=None,
        challenge=challenge,
        event_id=None,
        fido_authentication_request=None,
        uaf_status_code=None,
    )
    result = judge(answer, login, 99)
    assert (result.risk_response_code, result.session_status) == (code, word)
    assert (result.status is Status.NEGATIVE) == (result.pending is not None) == (word == "pending" and code != 1)
    assert (result.status is Status.OK) == (word == "accepted")
    if result.pending is not None:
        assert (result.pending.challenge, result.pending.until) == (challenge or None, 99)
        if shows_all(challenge or ""):
            assert parse_handle(format_handle(result.pending), 99 - LIFE) == result.pending


class TestALostAnswer:
    @pytest.mark.parametrize("fault", [LOST, httpx.ReadTimeout("slow")])
    def test_the_session_knows_what_became_of_it(self, scripted: Scripted, fault: Exception) -> None:
        scripted.say(LOGIN, fault)
        scripted.say(SESSION, {"sessionStatus": "accepted"})
        result = scripted.controller.post(ContinueLogin(scripted.login(5), CodeAnswer("714347")))
        assert (result.status, result.session_status) == (Status.OK, "accepted")
        assert len(scripted.bodies(LOGIN)) == 1

    @pytest.mark.parametrize("session", [{"sessionStatus": "pending"}, LOST, (500, {}), (404, {})])
    def test_or_it_is_told_and_nothing_is_sent_twice(self, scripted: Scripted, session: Any) -> None:
        scripted.say(LOGIN, LOST)
        scripted.say(SESSION, session)
        with pytest.raises(Unreachable) as caught:
            scripted.controller.post(ContinueLogin(scripted.login(5), CodeAnswer("714347")))
        assert caught.value.sent
        assert len(scripted.bodies(LOGIN)) == 1

    def test_what_was_not_sent_is_not_looked_for(self, scripted: Scripted) -> None:
        scripted.say(LOGIN, DOWN)
        with pytest.raises(Unreachable) as caught:
            scripted.controller.post(ContinueLogin(scripted.login(5), CodeAnswer("714347")))
        assert not caught.value.sent
        assert [path for path, _ in scripted.sent] == [LOGIN]


class TestWaiting:
    @pytest.mark.parametrize(
        ("decided", "status"),
        [
            ("accepted", Status.OK),
            ("refused", Status.ACCESS_DENIED),
            ("failed", Status.WRONG_CREDENTIALS),
        ],
    )
    def test_until_somebody_decides(
        self,
        room: Room,
        origin: str,
        controller: MasterController,
        alice: UserIdentifier,
        decided: str,
        status: Status,
    ) -> None:
        script(room.network, origin, 22)
        controller.post(Restart())
        begun = log_in(controller, alice)
        waiting = Passing(room.clock, {3: lambda: decide(room.network, origin, begun.request_id, decided)})
        ended = controller.post(AwaitLogin(pending(begun), waiting))
        assert (ended.status, ended.session_status, ended.risk_response_code) == (status, decided, 22)
        assert waiting.waits == 3
        assert controller.post(GetState()).logged_in == (alice if status is Status.OK else None)

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("failure", Status.WRONG_CREDENTIALS),
            ("timeout", Status.USER_CONFIRMATION_TIMEOUT),
            ("unknown", Status.FAILED),
            ("quarantined", Status.FAILED),
        ],
    )
    def test_other_words_of_a_session(self, scripted: Scripted, word: str, status: Status) -> None:
        scripted.say(SESSION, {"sessionStatus": "pending"}, {"sessionStatus": word, "oddity": {}})
        ended = scripted.controller.post(AwaitLogin(scripted.login(21), Passing(scripted.clock)))
        assert (ended.status, ended.session_status, len(scripted.sent)) == (status, word, 2)

    def test_its_time_is_over(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        script(room.network, origin, 22)
        waiting = Passing(room.clock)
        ended = controller.post(AwaitLogin(pending(log_in(controller, alice)), waiting))
        assert (ended.status, ended.session_status) == (Status.USER_CONFIRMATION_TIMEOUT, "timeout")
        assert waiting.waits == LIFE

    def test_a_server_that_keeps_it_longer_is_not_asked_for_ever(self, scripted: Scripted) -> None:
        scripted.say(SESSION, {"sessionStatus": "pending"})
        ended = scripted.controller.post(AwaitLogin(scripted.login(21), Passing(scripted.clock)))
        assert (ended.status, ended.session_status) == (Status.USER_CONFIRMATION_TIMEOUT, "pending")
        assert len(scripted.sent) == LIFE + 1

    def test_cancelled_from_elsewhere(self, scripted: Scripted) -> None:
        scripted.say(SESSION, {"sessionStatus": "pending"})
        waiting, login = Passing(scripted.clock), scripted.login(21)
        waiting.events[2] = waiting.cancel
        ended = scripted.controller.post(AwaitLogin(login, waiting))
        assert (ended.status, ended.pending) == (Status.USER_CANCEL, login)
        assert len(scripted.sent) == 2

    @pytest.mark.parametrize("fault", [DOWN, LOST, (503, {}), {"sessionStatus": 7}])
    def test_a_server_that_is_gone_for_a_while_is_asked_on_and_it_is_told(self, scripted: Scripted, fault: Any) -> None:
        told: list[str] = []
        scripted.controller.subscribe(
            lambda n: told.append(n.connection_state) if isinstance(n, ServerConnection) else None
        )
        scripted.say(SESSION, *[fault] * 7, {"sessionStatus": "accepted"})
        ended = scripted.controller.post(AwaitLogin(scripted.login(21), Passing(scripted.clock)))
        assert ended.status is Status.OK
        assert told[-1] == "REACHABLE"
        assert ("NOT_REACHABLE" in told) == isinstance(fault, Exception)

    def test_gone_until_the_end(self, scripted: Scripted) -> None:
        scripted.say(SESSION, DOWN)
        waiting = Passing(scripted.clock)
        with pytest.raises(Unreachable):
            scripted.controller.post(AwaitLogin(scripted.login(21), waiting))
        assert waiting.waits == LIFE

    def test_a_request_that_the_server_does_not_know(self, scripted: Scripted) -> None:
        scripted.say(SESSION, (404, {"error": "Not Found", "message": "Request not found"}))
        ended = scripted.controller.post(AwaitLogin(scripted.login(21), Passing(scripted.clock)))
        assert (ended.status, ended.session_status) == (Status.FAILED, "unknown")

    def test_one_without_an_id_cannot_be_asked_for(self, scripted: Scripted) -> None:
        login = scripted.login(21, request_id=None)
        assert scripted.controller.post(AwaitLogin(login)).status is Status.INVALID_PARAMETER

    def test_after_a_log_out_it_logs_nobody_in(
        self, room: Room, origin: str, controller: MasterController, alice: UserIdentifier
    ) -> None:
        script(room.network, origin, 22)
        begun = log_in(controller, alice)

        def both() -> None:
            controller.post(Restart())
            decide(room.network, origin, begun.request_id, "accepted")

        controller.post(AwaitLogin(pending(begun), Passing(room.clock, {1: both})))
        assert controller.post(GetState()).logged_in is None


def test_nothing_secret_is_in_what_is_printed(scripted: Scripted) -> None:
    login = scripted.login(10, challenge="5551234")
    shown = repr(
        (
            ContinueLogin(login, CodeAnswer("714346")),
            ContinueLogin(login, PasswordAnswer("Test1234")),
            AwaitLogin(login),
        )
    )
    for secret in ("714346", "Test1234", "5551234", "4ed2"):
        assert secret not in shown
