"""The administration's pages: without JavaScript as forms and links, once in a real browser, and over a restart."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox.device import DIGEST
from sandbox.pages import Page
from sandbox.tenant import ACCEPTED, Tenant
from support.browser import CHROMEDRIVER, CHROMIUM, headless_chromium

Tenants = Callable[..., Tenant]
PAGES = (
    "/admin",
    "/admin/user?name=alice",
    "/admin/requests",
    "/admin/registrations",
    "/admin/answers",
    "/admin/faults",
    "/admin/versions",
    "/admin/log",
)


@pytest.fixture
def tenant(make_tenant: Tenants) -> Tenant:
    return make_tenant()


def see(tenant: Tenant, path: str) -> list[list[str]]:
    """The rows of the page's tables, as a person reads them."""
    return rows(tenant.http.get(path))


def rows(answer: httpx.Response) -> list[list[str]]:
    Page(answer)  # it nests, and no id is there twice
    found = []
    for row in answer.text.split("<tr>")[1:]:
        cells = [cell.split("</td>")[0] for cell in row.split("<td ")[1:]]
        if cells:
            found.append([_text(cell.partition(">")[2]) for cell in cells])
    return found


def _text(markup: str) -> str:
    first, *parts = markup.split("<")
    words = [first, *(part.partition(">")[2] for part in parts)]
    return html.unescape(" ".join(" ".join(words).split()))


def send(tenant: Tenant, action: str, **fields: str) -> httpx.Response:
    """A form, as a browser sends it."""
    headers = {"Origin": tenant.url, "Sec-Fetch-Site": "same-origin"}
    return tenant.http.post(action, data=fields, headers=headers, follow_redirects=True)


def button(answer: httpx.Response, label: str) -> tuple[str, dict[str, str]]:
    """Where the button of this label leads, with what."""
    forms = [form.split("</form>")[0] for form in answer.text.split("<form ")]
    (form,) = [form for form in forms if f'aria-label="{html.escape(label)}"' in form]
    fields = re.findall('name="([^"]*)" value="([^"]*)"', form)
    return form.split('action="')[1].split('"')[0], {name: html.unescape(value) for name, value in fields}


def press(tenant: Tenant, path: str, label: str) -> httpx.Response:
    action, fields = button(tenant.http.get(path), label)
    return send(tenant, action, **fields)


def lock(tenant: Tenant, user: str) -> None:
    for _ in range(3):
        tenant.login(user, "1")


def test_users(tenant: Tenant) -> None:
    assert "0 users." in tenant.http.get("/admin").text
    device = tenant.activated("alice")
    for name in ("bob", "carol", "<dave>"):
        tenant.register(name)
    tenant.login("bob", "1")
    lock(tenant, "carol")
    assert see(tenant, "/admin") == [
        ["<dave>", "In order", "none"],
        ["alice", "In order", device.serial],
        ["bob", "2 of 3 tries left", "none"],
        ["carol", "Locked", "none"],
    ]
    assert [row[0] for row in see(tenant, "/admin?q=AL")] == ["alice"]
    assert [row[0] for row in see(tenant, "/admin?q=*o*")] == ["bob", "carol"]
    assert see(tenant, "/admin?q=nobody") == []
    assert "&lt;dave&gt;" in tenant.http.get("/admin/user?name=%3Cdave%3E").text


def test_pages_of_users(tenant: Tenant) -> None:
    for number in range(51):
        body = {"objectType": "RegisterUserInputEx", "userID": f"user{number:02}"}
        assert tenant.http.post("/v1/users/register", json=body).is_success
    assert len(see(tenant, "/admin")) == 50
    assert "Next page" in tenant.http.get("/admin").text
    second = tenant.http.get("/admin?q=&page=2")
    assert [row[0] for row in rows(second)] == ["user50"]
    assert "Previous page" in second.text
    assert "Next page" not in second.text
    assert tenant.http.get("/admin?page=999999999999").is_success


def test_one_user(tenant: Tenant) -> None:
    device = tenant.activated("alice")
    tenant.login("alice", device.otp(tenant.clock.now()))
    tenant.renewed("alice", device)
    tenant.rules("alice", {"riskResponseCode": 5}, {"riskResponseCode": 8, "sessionStatus": "pending"})
    assert see(tenant, "/admin/user?name=ALICE@sandbox") == [
        [device.serial, "NO_PIN", "2", "8", "given out, no code seen yet", "none"],
        [device.serial, "PIN", "1", "8", "none", "none"],
        ["1", "5 ChallengeDevice2FA", "by code"],
        ["2", "8 ChallengeEmail", "pending"],
        [device.registration_id, "alice", "offlineMDL", "activated", "over", "0"],
    ]
    for missing, status in (("nobody", 404), ("", 400)):
        assert Page(tenant.http.get(f"/admin/user?name={missing}")).status == status


def test_unlock_disable_enable(tenant: Tenant) -> None:
    device = tenant.activated("alice")
    lock(tenant, "alice")
    path = "/admin/user?name=alice"
    assert Page(tenant.http.get(path)).text["state"] == "Locked"
    assert Page(press(tenant, path, "Unlock alice")).text["state"] == "In order"
    assert tenant.login("alice", device.otp(tenant.clock.now())).json() == ACCEPTED
    assert Page(press(tenant, path, "Disable alice")).text["state"] == "Disabled"
    assert tenant.is_refused(tenant.login("alice", device.otp(tenant.clock.now())), "User is disabled")
    assert Page(press(tenant, path, "Enable alice")).text["state"] == "In order"
    assert tenant.login("alice", device.otp(tenant.clock.now())).json() == ACCEPTED
    assert send(tenant, "/admin/user/unlock", user="nobody").status_code == 404
    assert send(tenant, "/admin/user/delete", user="alice").status_code == 404


def test_deciding(tenant: Tenant) -> None:
    tenant.register("alice")
    tenant.rules("alice", *({"riskResponseCode": code} for code in (22, 23, 3)))
    first, second, third = (tenant.login("alice", session=f"a{number}").json()["requestID"] for number in range(3))
    found = see(tenant, "/admin/requests")
    assert [row[:5] for row in found] == [
        ["60 s", "alice", "login", "3 ChallengeSMS", "pending"],
        ["60 s", "alice", "login", "23 ChallengeFingerprint", "pending"],
        ["60 s", "alice", "login", "22 ChallengePIN", "pending"],
    ]
    assert found[0][5].isdigit()  # what the SMS would have brought
    assert found[0][6] == "Accept Refuse Fail"
    page = send(tenant, "/admin/requests", request=first, decision="accepted")
    assert [row[4] for row in rows(page)] == ["pending", "pending", "accepted"]
    assert tenant.session_status(first) == "accepted"
    send(tenant, "/admin/requests", request=second, decision="refused")
    assert tenant.session_status(second) == "refused"
    assert send(tenant, "/admin/requests", request=second, decision="accepted").status_code == 409
    assert send(tenant, "/admin/requests", request="0", decision="accepted").status_code == 404
    assert send(tenant, "/admin/requests", request=third, decision="maybe").status_code == 400
    tenant.clock.move(60)
    assert see(tenant, "/admin/requests")[0][:5] == ["over", "alice", "login", "3 ChallengeSMS", "timeout"]


def test_registrations(tenant: Tenant) -> None:
    device = tenant.device("alice")
    online = {"objectType": "RegisterUserInputEx", "userID": "bob"}
    tenant.http.post("/v1/users/register", json=online)
    assert [row[1:] for row in see(tenant, "/admin/registrations")] == [
        ["bob", "onlineMDL", "needs the vendor's SDK", "over", "0"],
        ["alice", "offlineMDL", "waits for a device", "600 s", "0"],
    ]
    tenant.open(device)
    tenant.activate(device.registration_id, "1")
    assert see(tenant, "/admin/registrations")[1][3:] == ["waits for a code", "600 s", "1"]
    for _ in range(2):
        tenant.activate(device.registration_id, "1")
    assert see(tenant, "/admin/registrations")[1][3] == "locked"
    tenant.register("carol")
    tenant.clock.move(600)
    assert see(tenant, "/admin/registrations")[0][3] == "expired"


def test_app_versions(tenant: Tenant) -> None:
    device = tenant.activated("alice")
    tenant.put_version(b"x" * 64, "2.0")
    path = "/admin/versions"
    assert see(tenant, path)[0][1:5] == ["2.0", "78" * 8 + "…", "on", "accepted"]
    version = tenant.versions()[1]["version"]
    press(tenant, path, f"Switch off the check of Soft Token {version}")
    assert see(tenant, path)[1][3:5] == ["off", "refused"]
    assert tenant.is_refused(tenant.login("alice", device.otp(tenant.clock.now())))
    press(tenant, path, f"Switch on the check of Soft Token {version}")
    assert tenant.login("alice", device.otp(tenant.clock.now())).json() == ACCEPTED
    press(tenant, path, "Delete Soft Token 2.0")
    assert [version["digest"] for version in tenant.versions()] == [DIGEST.hex()]
    assert send(tenant, path, digest=DIGEST.hex(), change="shred").status_code == 404
    assert send(tenant, path, digest="00", change="delete").status_code == 404


def test_scripting_the_next_answer(tenant: Tenant) -> None:
    tenant.register("alice")
    page = send(tenant, "/admin/answers/queue", user=" Alice ", riskResponseCode="22", sessionStatus="")
    assert rows(page)[0][:2] == ["alice", "22 ChallengePIN (by code)"]
    page = send(tenant, "/admin/answers/queue", user="alice", riskResponseCode="1", sessionStatus="refused")
    assert rows(page)[0][1] == "22 ChallengePIN (by code), then 1 Decline (refused)"
    assert tenant.login("alice").json()["riskResponseCode"] == 22
    assert tenant.login("alice", session="aa").json() == {"riskResponseCode": 1, "sessionStatus": "refused"}
    send(tenant, "/admin/answers/queue", user="alice", riskResponseCode="5", sessionStatus="")
    press(tenant, "/admin/answers", "Clear the queue of alice")
    assert tenant.http.get("/softtoken/v1/rules/alice").json() == {"rules": []}
    for wrong in ({"user": ""}, {"riskResponseCode": "x"}, {"riskResponseCode": ""}, {"sessionStatus": "accepted"}):
        fields = {"user": "alice", "riskResponseCode": "5", "sessionStatus": "", **wrong}
        assert send(tenant, "/admin/answers/queue", **fields).status_code == 400


def test_the_table_of_rules(tenant: Tenant) -> None:
    def add(**fields: str) -> httpx.Response:
        return send(tenant, "/admin/answers/rule", **{"riskResponseCode": "5", "sessionStatus": "", **fields})

    add(country="de", riskResponseCode="1")
    add(userID="Alice", clientIP="10.0.0.0/8", endpoint="login", riskResponseCode="22")
    page = add(comparison="gt", value="1000", transactionType="ExternalTransfer", eventType="")
    assert [row[:3] for row in rows(page)] == [
        ["1", "in DE (no network is of this country)", "1 Decline (by code)"],
        ["2", "user alice, from 10.0.0.0/8, at login", "22 ChallengePIN (by code)"],
        ["3", "amount > 1000, transaction ExternalTransfer", "5 ChallengeDevice2FA (by code)"],
    ]
    tenant.register("alice")
    assert tenant.login("alice", clientIP="10.9.9.9").json()["riskResponseCode"] == 22
    assert add(clientIP="nowhere").status_code == 400
    assert "clientIP" in add(clientIP="nowhere").text
    assert add(comparison="gt", value="").status_code == 400
    assert add(riskResponseCode="").status_code == 400
    stale = button(tenant.http.get("/admin/answers"), "Delete rule 3")
    press(tenant, "/admin/answers", "Delete rule 1")
    assert see(tenant, "/admin/answers")[0][1] == "user alice, from 10.0.0.0/8, at login"
    assert send(tenant, stale[0], **stale[1]).status_code == 409  # it is rule 2 meanwhile
    assert len(see(tenant, "/admin/answers")) == 2
    press(tenant, "/admin/answers", "Delete rule 1")
    press(tenant, "/admin/answers", "Delete rule 1")
    assert see(tenant, "/admin/answers") == []


def test_faults(tenant: Tenant) -> None:
    fields = {"endpoint": "GET /v1/sessions/*", "user": "", "next": "1", "probability": "1", "seed": "7", "seconds": ""}
    page = send(tenant, "/admin/faults", fault="error before", **fields)
    told = ["1", "500, and nothing happened", "GET /v1/sessions/*", "everybody", "1", "1", "7", "0 of 0", "Delete"]
    assert rows(page) == [told]
    assert tenant.http.get("/v1/sessions/0").status_code == 500
    assert tenant.http.get("/v1/sessions/0").status_code == 200
    assert see(tenant, "/admin/faults")[0][4:8] == ["over", "1", "7", "1 of 1"]
    press(tenant, "/admin/faults", "Delete fault 1")
    assert see(tenant, "/admin/faults") == []
    delayed = send(tenant, "/admin/faults", **fields | {"fault": "delay after", "seconds": "0.5", "user": "Alice"})
    assert rows(delayed)[0][1:4] == [
        "Delay: carried out at once, answered late (0.5 s)",
        "GET /v1/sessions/*",
        "alice",
    ]
    wrong: tuple[dict[str, str], ...] = (
        {"fault": ""},
        {"fault": "truncated before"},
        {"fault": "delay before"},
        {"next": "0"},
        {"next": "many"},
        {"probability": "nan"},
        {"endpoint": ""} | {"endpoint": "no path"},
        {"user": "\u200b"},
    )
    for change in wrong:
        answer = send(tenant, "/admin/faults", **({"fault": "error before"} | fields | change))
        assert answer.status_code == 400, change
        assert 'role="alert"' in answer.text
    assert send(tenant, "/admin/faults/delete", number="99").status_code == 404
    assert send(tenant, "/admin/faults/delete", number="x").status_code == 404


def test_the_log(tenant: Tenant) -> None:
    assert "Nothing was asked yet." in tenant.http.get("/admin/log").text
    tenant.login("<nobody>", "714346")
    page = tenant.http.get("/admin/log").text
    assert "/v1/users/&lt;nobody&gt;@sandbox/login" in page
    assert "404" in page
    assert "714346" not in page
    assert "User not found" in page
    cleared = send(tenant, "/admin/log/clear")
    assert "nobody" not in cleared.text


@pytest.mark.parametrize("path", PAGES)
def test_every_page(tenant: Tenant, path: str) -> None:
    tenant.activated("alice")
    tenant.rules("alice", {"riskResponseCode": 22})
    tenant.login("alice")
    answer = tenant.http.get(path)
    page = Page(answer)
    assert page.status == 200
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert 'aria-current="page"' in answer.text
    inputs = [fields for tag, fields in page.tags if tag in {"input", "select"} and fields.get("type") != "hidden"]
    assert {fields["id"] for fields in inputs} == page.labels
    assert sum(tag == "h1" for tag, _ in page.tags) == 1


@pytest.mark.parametrize(
    "action",
    [
        "/admin/user/unlock",
        "/admin/user/disable",
        "/admin/requests",
        "/admin/versions",
        "/admin/answers/queue",
        "/admin/answers/clear",
        "/admin/answers/rule",
        "/admin/answers/delete",
        "/admin/faults",
        "/admin/faults/delete",
        "/admin/log/clear",
        "/admin/logout",
    ],
)
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_forms_change_nothing(shared_tenant: Tenant, action: str, headers: dict[str, str]) -> None:
    assert shared_tenant.http.post(action, data={"user": "alice"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["/admin/user/unlock", "/admin/answers/queue", "/admin/faults/delete", "/admin/log/clear"]
)
def test_a_forms_target_in_the_address_bar(shared_tenant: Tenant, path: str) -> None:
    answer = shared_tenant.http.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/admin")


def test_a_restart_loses_nothing(make_tenant: Tenants) -> None:
    """A pending session, a queue, rules, counters, a lock count, a fault: all in the middle of something."""
    before = make_tenant()
    device = before.activated("alice")
    assert before.login("alice", device.otp(before.clock.now(), counter=9)).json() == ACCEPTED
    before.register("bob")
    before.login("bob", "1")
    table: dict[str, Any] = {
        "rules": [{"userID": "bob", "riskResponseCode": 1}],
        "countries": [{"network": "10.0.0.0/8", "country": "DE"}],
    }
    before.http.put("/softtoken/v1/rules", json=table)
    before.rules("alice", {"riskResponseCode": 5}, {"riskResponseCode": 22}, {"riskResponseCode": 1})
    step_up = before.login("alice").json()["requestID"]
    pushed = before.login("alice", session="aabb").json()["requestID"]
    before.http.post("/softtoken/v1/faults", json={"fault": "error", "endpoint": "/v1/none", "next": 3})
    shown = {path: see(before, path) for path in PAGES if path != "/admin/log"}
    assert before.server is not None
    before.server.stop()

    after = make_tenant(clock=before.clock)
    assert {path: see(after, path) for path in shown} == shown
    assert after.session_status(step_up) == after.session_status(pushed) == "pending"
    code = device.otp(after.clock.now(), "PIN")
    assert after.login("alice", code).json() == ACCEPTED
    assert after.session_status(step_up) == "accepted"
    send(after, "/admin/requests", request=pushed, decision="accepted")
    assert after.session_status(pushed) == "accepted"
    assert after.login("alice", code, session="cc").json()["sessionStatus"] == "refused"  # the queue's last
    assert after.is_refused(after.login("alice", device.otp(after.clock.now(), counter=9), session="dd"))  # a replay
    assert after.login("bob", "1", session="ee").json() == {"riskResponseCode": 1, "sessionStatus": "refused"}


@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="Chromium and its driver are not installed")
def test_in_a_browser(tenant: Tenant, tmp_path: Path) -> None:
    tenant.register("alice")
    tenant.rules("alice", {"riskResponseCode": 22})
    with headless_chromium(tmp_path / "profile") as browser:
        # the pages follow what happens, without a reload
        browser.go(f"{tenant.url}/admin/requests")
        request_id = tenant.login("alice").json()["requestID"]
        assert browser.text("td[data-head='Risk code']") == "22 ChallengePIN"
        browser.click("button[aria-label='Refuse the request of alice']")
        assert browser.text("td[data-head='Status']") == "refused"
        assert tenant.session_status(request_id) == "refused"
        browser.go(f"{tenant.url}/admin/log")
        tenant.login("alice", "714346")
        assert browser.text("#log li.bad .path") == "/v1/users/alice@sandbox/login"
        browser.click("#log li.bad summary")
        assert "•••" in browser.text("#log li.bad dl")
        # with the keyboard alone: to a fault and back
        browser.go(f"{tenant.url}/admin/faults")
        browser.type("#seconds", "\ue003\ue003\ue004\ue004\ue004\ue004\ue004\ue004\ue007")
        assert browser.text("[role=alert]").endswith("Look at: seconds.")
        browser.type("#seconds", "2\ue007")
        assert browser.text("td[data-head='What']").endswith("(2 s)")
        assert [line for line in browser.console() if "Content Security Policy" in line] == []
