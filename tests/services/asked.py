"""Logins elsewhere that a risk engine sends to a trusted device, as the relying party's server makes them."""

from typing import Any

from services.inprocess import Network

MESSAGE = {"title": {"text": "Login request"}, "subject": "Tap here", "challenge": "Are you trying to log in?"}


def ask(network: Network, origin: str, user: str = "alice", code: int = 22, **fields: Any) -> str:
    """A login from 192.0.2.7 that waits for the user's device; its requestID."""
    rules = {"rules": [{"riskResponseCode": code}]}
    assert network.send("PUT", f"{origin}/softtoken/v1/rules/{user}", rules).is_success
    body = {
        "objectType": "AdaptiveLoginInput",
        "relationshipRef": user,
        "sessionID": "ab12",
        "clientIP": "192.0.2.7",
        "loginMessage": MESSAGE,
        **fields,
    }
    answer = network.send("POST", f"{origin}/v1/users/{user}@{network.tenant(origin)}/login", body)
    assert answer.json()["sessionStatus"] == "pending", answer.text
    request_id: str = answer.json()["requestID"]
    return request_id


def became(network: Network, origin: str, request_id: str) -> str:
    """What the relying party reads."""
    status: str = network.send("GET", f"{origin}/v1/sessions/{request_id}").json()["sessionStatus"]
    return status
