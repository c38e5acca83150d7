"""The help desk's page, as a browser without JavaScript uses it, and once in a real one."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox.device import Device
from sandbox.pages import Page, get, submit
from sandbox.tenant import ACCEPTED, ManualClock, Tenant, wrong
from support.browser import CHROMEDRIVER, CHROMIUM, headless_chromium

Tenants = Callable[..., Tenant]


@pytest.fixture
def device(tenant: Tenant, user: str) -> Device:
    return tenant.activated(user)


def told(tenant: Tenant, user: str, code: str, counter: object) -> Page:
    page = get(tenant, "/support")
    return submit(tenant, page, "/support/resynchronise", user=user, code=code, counter=str(counter))


def shown(page: Page) -> tuple[str, str, str, str]:
    return tuple(page.text[name] for name in ("verdict", "tries", "next-counter", "protection"))  # type: ignore[return-value]


@pytest.mark.parametrize("spelt", ["{0}{1}", "{0} {1}", " {0}-{1} ", "{0}\u00a0{1}", "{0}\u2009{1}"])
def test_resynchronised(tenant: Tenant, clock: ManualClock, user: str, device: Device, spelt: str) -> None:
    code = device.resync("PIN", 400)
    page = told(tenant, f" {user.upper()} ", spelt.format(code[:4], code[4:]), " 400 ")
    assert page.status == 200
    assert shown(page) == ("Resynchronised", "3 of 3", "401", "PIN")
    assert page.text["result"] == "OK"
    assert tenant.login(user, device.otp(clock.now(), "PIN", 401)).json() == ACCEPTED


def test_why_not(tenant: Tenant, user: str, device: Device) -> None:
    code = device.resync(counter=400)
    assert shown(told(tenant, user, wrong(code), 400)) == ("Wrong code or counter", "2 of 3", "unchanged", "not known")
    assert shown(told(tenant, user, code, 400))[0] == "Resynchronised"
    assert shown(told(tenant, user, code, 400)) == ("This counter has passed", "2 of 3", "unchanged", "NO_PIN")
    assert shown(told(tenant, user, device.resync(counter=1402), 1401))[:2] == ("Wrong code or counter", "1 of 3")
    page = told(tenant, user, code, 401)
    assert shown(page)[:2] == ("Wrong code or counter", "0 of 3")
    assert page.fields("/support/unlock") == {"user": user, "code": "", "counter": ""}
    tenant.unlock(user)
    assert code not in tenant.http.post("/support/resynchronise", data={"user": user, "code": code, "counter": 1}).text


def test_locked_and_unlocked(tenant: Tenant, clock: ManualClock, user: str, device: Device) -> None:
    for _ in range(3):
        assert tenant.is_refused(tenant.login(user, "1"))
    code = device.resync(counter=30)
    locked = told(tenant, user, code, 30)
    assert shown(locked)[:2] == ("This user is locked", "0 of 3")
    opened = submit(tenant, locked, "/support/unlock")
    assert opened.status == 200
    assert opened.fields("/support/resynchronise") == {"user": user, "code": code, "counter": "30"}
    assert f"{user} is unlocked and has 3 tries again." in opened.text["main"]
    assert shown(submit(tenant, opened, "/support/resynchronise"))[:2] == ("Resynchronised", "3 of 3")
    assert tenant.login(user, device.otp(clock.now(), counter=31)).json() == ACCEPTED


def test_the_way_back_remembers_the_user(tenant: Tenant, user: str, device: Device) -> None:
    page = told(tenant, user, device.resync(counter=3), 3)
    back = next(link for link in page.links if link.startswith("/support?"))
    again = get(tenant, back)
    assert [fields["user"] for _, fields in again.forms] == [user, user]


def test_without_a_device_or_a_version(make_tenant: Tenants) -> None:
    tenant = make_tenant()
    tenant.register("alice")
    assert shown(told(tenant, "alice", "12345678", 1))[:2] == ("No device yet", "2 of 3")
    closed = make_tenant(digest_check=False)
    page = told(closed, "alice", "12345678", 1)
    assert (shown(page)[:2], page.text["result"]) == (("No app version is accepted", "2 of 3"), "DIGEST_CHECK_DISABLED")


@pytest.mark.parametrize(
    ("code", "counter"),
    [
        ("", "1"),
        ("1234567", "1"),
        ("123456789", "1"),
        ("1234 567x", "1"),
        ("１２３４５６７８", "1"),
        ("12345678", ""),
        ("12345678", "-1x"),
        ("12345678", "65536"),
        ("12345678", "1e3"),
        ("12345678", "٣"),
    ],
)
def test_what_cannot_have_been_read_out(tenant: Tenant, user: str, code: str, counter: str) -> None:
    tenant.register(user, activationType="onlineMDL")
    page = told(tenant, user, code, counter)
    assert page.status == 400
    kept = {"user": user, "code": code, "counter": counter}
    assert page.fields("/support/resynchronise") == kept  # nobody types it twice
    assert shown(told(tenant, user, "12345678", 1))[1] == "2 of 3"  # and nothing was counted


@pytest.mark.parametrize(("name", "status"), [("", 400), ("a" * 256, 400), ("al\tice", 400), ("nobody", 404)])
def test_who_calls(tenant: Tenant, name: str, status: int) -> None:
    assert told(tenant, name, "12345678", 1).status == status
    assert submit(tenant, get(tenant, "/support"), "/support/unlock", user=name).status == status


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"user", b"&" * 1000, b"code=1"])
def test_forms_that_no_browser_sends(tenant: Tenant, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for action in ("/support/resynchronise", "/support/unlock"):
        assert Page(tenant.http.post(action, content=body, headers=headers)).status == 400


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_sites_help_nobody(tenant: Tenant, user: str, headers: dict[str, str]) -> None:
    tenant.register(user, activationType="onlineMDL")
    for _ in range(3):
        assert tenant.is_refused(tenant.login(user, "1"))
    for action in ("/support/resynchronise", "/support/unlock"):
        data = {"user": user, "code": "12345678", "counter": "1"}
        assert tenant.http.post(action, data=data, headers=headers).status_code == 403
    assert tenant.is_refused(tenant.login(user, "1"), "User is locked")


def test_names_are_escaped(tenant: Tenant) -> None:
    name = '"><script>alert(1)</script>&amp;'
    for answer in (
        tenant.http.get("/support", params={"user": name}),
        tenant.http.post("/support/resynchronise", data={"user": name, "code": name, "counter": name}),
        tenant.http.post("/support/unlock", data={"user": name}),
    ):
        assert "<script>alert" not in answer.text
        Page(answer)


@pytest.mark.parametrize("path", ["resynchronise", "unlock"])
def test_a_forms_target_in_the_address_bar(tenant: Tenant, path: str) -> None:
    answer = tenant.http.get(f"/support/{path}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/support")


def test_every_page_leads_there(tenant: Tenant) -> None:
    for path in ("/", "/login", "/support"):
        assert "/support" in get(tenant, path).links


@pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="Chromium and its driver are not installed")
def test_in_a_browser(tenant: Tenant, user: str, device: Device, tmp_path: Path) -> None:
    for _ in range(3):
        assert tenant.is_refused(tenant.login(user, "1"))
    code = device.resync(counter=77)

    with headless_chromium(tmp_path / "profile") as browser:
        browser.go(f"{tenant.url}/support?user={user}")
        browser.type("#code", f"{code[:4]} {code[4:]}")
        browser.type("#counter", "77")
        browser.click("form[action='/support/resynchronise'] button")
        assert browser.text("#verdict") == "This user is locked"
        browser.click("#unlock")
        assert "is unlocked" in browser.text(".notice")
        browser.click("form[action='/support/resynchronise'] button")
        assert browser.text("#verdict") == "Resynchronised"
        assert browser.text("#next-counter") == "78"
