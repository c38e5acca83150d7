"""The bank's pages where one code is not enough: step-up, waiting for the device, and signed transactions."""

from typing import Any

import pytest
from sandbox.pages import Page, get, submit
from sandbox.tenant import ManualClock, Tenant

IBAN = "DE89370400440532013000"
PAYMENT = {"payee": "  Jane   Example ", "iban": "de89 3704 0044 0532 0130 00", "amount": "66,5"}
SIGNED = ["Jane Example", IBAN, "66.50 EUR"]


def begin(tenant: Tenant, user: str, *rules: dict[str, Any], **typed: str) -> Page:
    """A login that is answered with these rules; waiting is followed, as a browser does."""
    tenant.rules(user, *rules)
    return follow(tenant, "/login", "/bank/login", user=user, **typed)


def follow(tenant: Tenant, path: str, action: str, **typed: str) -> Page:
    fields = get(tenant, path).fields(action) | typed
    return Page(tenant.http.post(action, data=fields, follow_redirects=True))


def pay(tenant: Tenant, user: str, **typed: str) -> Page:
    """The page that shows what is to be signed."""
    return submit(tenant, get(tenant, "/transaction"), "/bank/transaction", user=user, **PAYMENT | typed)


def sign(tenant: Tenant, page: Page, signature: str) -> Page:
    fields = page.fields("/bank/transaction") | {"signature": signature}
    return Page(tenant.http.post("/bank/transaction", data=fields, follow_redirects=True))


def verdict(page: Page) -> str:
    return page.text["verdict"]


def decide(tenant: Tenant, request: str, status: str) -> None:
    answer = tenant.http.put(f"/softtoken/v1/sessions/{request}", json={"sessionStatus": status})
    assert answer.is_success, answer.text


def test_without_a_code_the_bank_says_what_it_wants(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": 5})
    assert (verdict(page), page.text["risk-code"]) == ("One more step", "5")
    assert "just typed" not in page.text["happened"]
    # a code without a PIN is not what was asked for; the question stays open
    wrong = submit(tenant, page, "/bank/login", code=device.otp(clock.now(), "NO_PIN"))
    assert (verdict(wrong), wrong.status) == ("Wrong code", 200)
    right = submit(tenant, wrong, "/bank/login", code=device.otp(clock.now(), "PIN"))
    assert (verdict(right), right.text["session-status"]) == ("You are logged in", "accepted")


def test_a_step_belongs_to_its_session(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": 10})
    answer = page.fields("/bank/login") | {"code": device.otp(clock.now(), data=page.text["challenge"])}
    elsewhere = Page(tenant.http.post("/bank/login", data=answer | {"session": "0" * 32}))
    assert verdict(elsewhere) == "Wrong code"
    assert verdict(Page(tenant.http.post("/bank/login", data=answer))) == "You are logged in"


def test_the_password(tenant: Tenant, user: str) -> None:
    submit(tenant, get(tenant, "/"), "/bank/register", user=user, password="hunter two")
    page = begin(tenant, user, {"riskResponseCode": 2})
    assert page.attributes["password"]["type"] == "password"
    wrong = submit(tenant, page, "/bank/login", password="hunter one")
    assert verdict(wrong) == "Wrong password"
    assert verdict(submit(tenant, wrong, "/bank/login", password="hunter two")) == "You are logged in"


@pytest.mark.parametrize(("code", "sent"), [(3, "SMS"), (8, "e-mail"), (13, "phone")])
def test_a_code_that_was_sent(tenant: Tenant, user: str, code: int, sent: str) -> None:
    tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": code})
    assert sent in page.text["advice"]
    (waiting,) = [
        one
        for one in tenant.http.get("/softtoken/v1/sessions", params={"limit": 1}).json()["sessions"]
        if one["userID"] == user
    ]
    assert verdict(submit(tenant, page, "/bank/login", code=waiting["virtualOTP"])) == "You are logged in"


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        ("accepted", "You are logged in"),
        ("refused", "Declined on the device"),
        ("failed", "Ended without an approval"),
        ("timeout", "Too late"),
    ],
)
def test_waiting_for_the_device(tenant: Tenant, user: str, clock: ManualClock, status: str, headline: str) -> None:
    tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": 22})
    assert verdict(page) == "Waiting for your device"
    assert page.attributes["progress"]["value"] == page.attributes["progress"]["max"] == "60"
    assert ("meta", {"http-equiv": "refresh", "content": "3"}) in page.tags
    clock.move(20)
    request = page.attributes["waiting"]["data-request"]
    again = get(tenant, f"/bank/waiting?request={request}")
    assert again.text["time-left"] == "40 seconds left."
    if status == "timeout":
        clock.move(40)
    else:
        decide(tenant, request, status)
    over = get(tenant, f"/bank/waiting?request={request}")
    assert (verdict(over), over.text["session-status"]) == (headline, status)
    assert ("meta", {"http-equiv": "refresh", "content": "3"}) not in over.tags


def test_a_lock_ends_the_waiting(tenant: Tenant, user: str) -> None:
    tenant.activated(user)
    request = begin(tenant, user, {"riskResponseCode": 22}).attributes["waiting"]["data-request"]
    for _ in range(3):
        assert tenant.login(user, "1").status_code == 409
    over = get(tenant, f"/bank/waiting?request={request}")
    assert (verdict(over), over.text["session-status"]) == ("Ended without an approval", "failure")


def test_a_login_that_another_kind_of_device_answers(tenant: Tenant, user: str) -> None:
    tenant.activated(user)
    assert "administration page" in begin(tenant, user, {"riskResponseCode": 6}).text["advice"]


def test_cancelled(tenant: Tenant, user: str) -> None:
    tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": 21})
    request = page.attributes["waiting"]["data-request"]
    assert verdict(submit(tenant, page, "/bank/cancel")) == "Cancelled"
    assert tenant.http.get(f"/v1/sessions/{request}").json() == {"sessionStatus": "refused"}
    # the device was faster
    page = begin(tenant, user, {"riskResponseCode": 21})
    decide(tenant, page.attributes["waiting"]["data-request"], "accepted")
    late = tenant.http.post("/bank/cancel", data=page.fields("/bank/cancel"), follow_redirects=True)
    assert verdict(Page(late)) == "You are logged in"


def test_waiting_for_nothing(tenant: Tenant) -> None:
    assert get(tenant, "/bank/waiting?request=0123").status == 404
    assert Page(tenant.http.post("/bank/cancel", data={"request": "0123"}, follow_redirects=True)).status == 404


def test_a_declined_login_is_told_without_a_code(tenant: Tenant, user: str) -> None:
    tenant.activated(user)
    page = begin(tenant, user, {"riskResponseCode": 1})
    assert verdict(page) == "Declined"
    assert "not looked at" not in page.text["happened"]


def test_a_signed_transaction(tenant: Tenant, user: str) -> None:
    device = tenant.activated(user)
    page = pay(tenant, user)
    assert page.text["lines"].split("\n") == SIGNED
    assert all(value in page.text["fields"] for value in SIGNED)
    signature = device.signature(SIGNED)
    paid = sign(tenant, page, f"{signature[:4]} {signature[4:]}")
    assert (verdict(paid), paid.text["session-status"]) == ("Transaction accepted", "accepted")
    assert all(value in paid.text["fields"] for value in SIGNED)
    replayed = sign(tenant, page, signature)
    assert (verdict(replayed), replayed.text["http-answer"]) == (
        "Wrong signature",
        "409 Conflict: Authentication failed",
    )
    # and its form takes the right one, without typing all of it again
    assert verdict(sign(tenant, replayed, device.signature(SIGNED))) == "Transaction accepted"


@pytest.mark.parametrize("changed", ["payee", "iban", "amount"])
def test_the_signature_covers_every_field(tenant: Tenant, user: str, changed: str) -> None:
    device = tenant.activated(user)
    other = {"payee": "Jane Examples", "iban": "GB82 WEST 1234 5698 7654 32", "amount": "66.51"}
    page = pay(tenant, user, **{changed: other[changed]})
    assert verdict(sign(tenant, page, device.signature(SIGNED))) == "Wrong signature"


def test_a_declined_transaction(tenant: Tenant, user: str) -> None:
    device = tenant.activated(user)
    tenant.rules(user, {"riskResponseCode": 1})
    signature = device.signature(SIGNED)
    declined = sign(tenant, pay(tenant, user), signature)
    assert (verdict(declined), declined.text["risk-code"]) == ("Declined", "1")
    assert "The signature was not looked at." in declined.text["happened"]
    assert verdict(sign(tenant, pay(tenant, user), signature)) == "Transaction accepted"


def test_a_transaction_that_the_device_approves(tenant: Tenant, user: str) -> None:
    device = tenant.activated(user)
    tenant.rules(user, {"riskResponseCode": 22})
    page = sign(tenant, pay(tenant, user), device.signature(SIGNED))
    assert verdict(page) == "Waiting for your device"
    told = [f"Payee: {SIGNED[0]}", f"IBAN: {IBAN}", f"Amount: {SIGNED[2]}"]
    assert [line for line in page.text["told"].split("\n") if line] == told
    request = page.attributes["waiting"]["data-request"]
    decide(tenant, request, "accepted")
    assert verdict(get(tenant, f"/bank/waiting?request={request}")) == "Transaction accepted"


def test_a_transaction_that_wants_the_pin(tenant: Tenant, user: str) -> None:
    device = tenant.activated(user)
    tenant.rules(user, {"riskResponseCode": 5, "sessionStatus": "pending"})
    page = sign(tenant, pay(tenant, user), device.signature(SIGNED))
    assert verdict(page) == "One more step"
    assert verdict(sign(tenant, page, device.signature(SIGNED, "PIN"))) == "Transaction accepted"


def test_the_amount_decides(tenant: Tenant, user: str) -> None:
    """The table of rules is asked with the amount, the kind of transaction and the caller's address."""
    device = tenant.activated(user)
    rule = {
        "userID": user,
        "amount": {"comparison": "gt", "value": "1000"},
        "transactionType": "ExternalTransfer",
        "clientIP": "127.0.0.0/8",
        "riskResponseCode": 1,
    }
    assert tenant.http.put("/softtoken/v1/rules", json={"rules": [rule]}).is_success
    try:
        much = ["Jane Example", IBAN, "1000.01 EUR"]
        assert verdict(sign(tenant, pay(tenant, user, amount="1000.01"), device.signature(much))) == "Declined"
        assert verdict(sign(tenant, pay(tenant, user), device.signature(SIGNED))) == "Transaction accepted"
    finally:
        assert tenant.http.delete("/softtoken/v1/rules").is_success


@pytest.mark.parametrize(
    "typed",
    [
        {"payee": " "},
        {"payee": "x" * 71},
        {"payee": "al\u202eice"},
        {"iban": ""},
        {"iban": "DE88370400440532013000"},
        {"iban": "DE893704004405320130００"},
        {"amount": "0"},
        {"amount": "0.00"},
        {"amount": "-1"},
        {"amount": "1e3"},
        {"amount": "1.234"},
        {"amount": "٣"},
        {"signature": "1" * 65},
    ],
)
def test_what_is_no_payment(tenant: Tenant, user: str, typed: dict[str, str]) -> None:
    tenant.activated(user)
    page = pay(tenant, user, **typed)
    assert page.status == 400
    assert page.fields("/bank/transaction")["user"] == user
    assert page.fields("/bank/transaction")["payee"] == (PAYMENT | typed)["payee"]


@pytest.mark.parametrize(("typed", "read"), [("007", "7.00 EUR"), ("0.1", "0.10 EUR"), (" 12,34 ", "12.34 EUR")])
def test_amounts_as_they_are_signed(tenant: Tenant, user: str, typed: str, read: str) -> None:
    tenant.activated(user)
    page = pay(tenant, user, amount=typed)
    assert page.text["lines"].split("\n")[2] == read
    again = sign(tenant, page, "")
    assert again.text["lines"] == page.text["lines"]


def test_nobody_pays(tenant: Tenant, user: str) -> None:
    assert pay(tenant, user).status == 404


def test_a_payee_is_escaped(tenant: Tenant, user: str) -> None:
    device = tenant.activated(user)
    name = '"><b>&amp;'
    page = pay(tenant, user, payee=name)
    assert page.text["lines"].split("\n")[0] == name
    assert verdict(sign(tenant, page, device.signature([name, *SIGNED[1:]]))) == "Transaction accepted"


def test_forms_of_other_sites_are_refused(tenant: Tenant, user: str) -> None:
    tenant.activated(user)
    for action in ("/bank/transaction", "/bank/login", "/bank/cancel"):
        answer = tenant.http.post(action, data={"user": user}, headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == 403
