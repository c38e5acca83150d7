"""The login example of the IAA seed, between this client and the sandbox, with exactly the documented fields."""

import json
from collections.abc import Callable

import httpx
import pytest
from support.flows import BOTH, PIN, ManualClock, Tenant, identifier

from softtoken.iaa import IaaClient
from softtoken.iaa.errors import AuthenticationFailed
from softtoken.iaa.fingerprint import BrowserCddc, fingerprint_hash
from softtoken.iaa.messages import LoginRequest
from softtoken.services.controller import MasterController
from softtoken.services.events import Activate, CreateVault, GenerateOtp

RAW = (
    '{browser:{"userAgent":Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/65.0.3325.181 Safari/537.36},support:{"ajax":true,"boxModel":undefined,"changeBubbles":undefined,'
    '"checkClone":true,"checkOn":true,"cors":true,"cssFloat":undefined,"hrefNormalized":undefined,'
    '"htmlSerialize":undefined,"leadingWhitespace":undefined,"noCloneChecked":true,"noCloneEvent":undefined,'
    '"opacity":undefined,"optDisabled":undefined,"style":undefined,"submitBubbles":undefined,'
    '"tbody":undefined},computer:{"screenWidth":2560,"screenHeight":1440,"OS":"Microsoft Windows",'
    '"platform":"Win32"},additional:{}}'
)
HASH = "e96dadc9651f5fe8f071110eb174fe8e7a17a9d7a96b3b1980c13e5b4af3a4d7"

USER = "iaa_user"


def seed_body(otp: str) -> dict[str, object]:
    """The seed's request body, word for word but for the code."""
    return {
        "objectType": "AdaptiveLoginInput",
        "cddc": {"browserCDDC": {"fingerprintRaw": RAW, "fingerprintHash": HASH}},
        "relationshipRef": USER,
        "sessionID": "4ED23EA44F23",
        "clientIP": "192.168.0.1",
        "credentials": {"authenticator": {"OTP": otp}},
    }


@pytest.fixture
def live_code(make_controller: Callable[..., MasterController], tenant: Tenant) -> Callable[[], str]:
    controller = make_controller()
    controller.post(CreateVault())
    token = controller.post(Activate(tenant.url, USER, tenant.register(USER), BOTH, PIN)).token
    assert token is not None

    def make() -> str:
        made = controller.post(GenerateOtp(None, PIN, identifier(token)))
        assert made.otp is not None
        return made.otp.code

    return make


@pytest.fixture
def tenant(make_tenant: Callable[..., Tenant], clock: ManualClock) -> Tenant:
    """Six digits, as the seed's code has."""
    return make_tenant(clock)


def is_refused(attempt: Callable[[], bool], clock: ManualClock) -> bool:
    """714346 is a right code once in some thousand: a server that takes it twice would take it at any time."""
    if attempt():
        return True
    clock.move(300)
    return attempt()


def test_the_hash_of_the_seeds_fingerprint() -> None:
    assert fingerprint_hash(RAW) == HASH


def test_a_live_code_in_the_seeds_body_is_accepted(
    tenant: Tenant, clock: ManualClock, live_code: Callable[[], str]
) -> None:
    url = f"{tenant.url}/v1/users/{USER}@sandbox/login"

    def attempt() -> bool:
        answer = httpx.post(url, json=seed_body("714346"))
        return answer.status_code == 409 and answer.json()["message"] == "Authentication failed"

    assert is_refused(attempt, clock)
    accepted = httpx.post(url, json=seed_body(live_code()))
    assert accepted.status_code == 200
    assert accepted.json() == {"riskResponseCode": 0, "sessionStatus": "accepted"}


def test_the_client_sends_the_seeds_body_and_reads_its_answer(
    tenant: Tenant, clock: ManualClock, live_code: Callable[[], str]
) -> None:
    sent: list[dict[str, object]] = []

    class Recorder(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(json.loads(request.content))
            return super().handle_request(request)

    def request(otp: str) -> LoginRequest:
        return LoginRequest(
            otp=otp,
            relationship_ref=USER,
            session_id="4ED23EA44F23",
            client_ip="192.168.0.1",
            cddc=BrowserCddc(RAW, HASH),
        )

    with IaaClient(tenant.url, transport=Recorder()) as client:

        def attempt() -> bool:
            try:
                client.login(f"{USER}@sandbox", request("714346"))
            except AuthenticationFailed:
                return True
            return False

        assert is_refused(attempt, clock)
        code = live_code()
        answer = client.login(f"{USER}@sandbox", request(code))
    assert sent[-2:] == [seed_body("714346"), seed_body(code)]
    assert (answer.risk_response_code, answer.session_status) == (0, "accepted")
