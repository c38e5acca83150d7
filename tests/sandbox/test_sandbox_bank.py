"""The demo bank, as a browser without JavaScript uses it: forms, links, and what the pages say."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from sandbox.device import NO_PIN, PIN, Device, origin_of, read_activation_code
from sandbox.pages import Page, get, submit
from sandbox.tenant import ManualClock, Tenant, wrong

Tenants = Callable[..., Tenant]


def register(tenant: Tenant, user: str) -> Page:
    return submit(tenant, get(tenant, "/"), "/bank/register", user=user)


def activated(tenant: Tenant, user: str, wanted: int = NO_PIN | PIN) -> Device:
    """A device that was told nothing but the link."""
    link = register(tenant, user).attributes["activation-link"]["href"]
    fields = {name: values[0] for name, values in parse_qs(urlsplit(link).query, strict_parsing=True).items()}
    device = Device(fields["server"], fields["user"], *read_activation_code(fields["code"]), wanted)
    tenant.open(device)
    first = "PIN" if "PIN" in device.credentials else "NO_PIN"
    assert tenant.activate(device.registration_id, device.otp(tenant.clock.now(), first)).is_success
    return device


def log_in(tenant: Tenant, user: str, code: str) -> Page:
    return submit(tenant, get(tenant, "/login"), "/bank/login", user=user, code=code)


def outcome(page: Page) -> tuple[str, str, str]:
    return page.text["verdict"], page.text["risk-code"], page.text["session-status"]


def test_register_shows_code_link_and_qr(tenant: Tenant, user: str) -> None:
    page = register(tenant, f"  {user.upper()} ")
    assert page.status == 200
    code = page.text["activation-code"].strip()
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4, 1]
    link = urlsplit(page.attributes["activation-link"]["href"])
    assert (link.scheme, link.netloc) == ("softtoken", "activate")
    assert parse_qs(link.query) == {
        "server": [origin_of(tenant.url)],
        "user": [f"{user}@sandbox"],
        "code": [code],
    }
    assert page.text["server"] == origin_of(tenant.url)
    assert page.text["activation-user"] == f"{user}@sandbox"
    assert page.attributes["activation"]["data-seconds"] == "600"
    assert tenant.http.get(f"/v1/users/{user}").is_success


def test_a_name_with_a_space_is_percent_encoded(tenant: Tenant, user: str) -> None:
    link = register(tenant, f"{user} + co").attributes["activation-link"]["href"]
    assert f"user={user}%20%2B%20co%40sandbox&" in link


def scan(svg: str) -> str:
    """Draw the modules of the SVG and read the picture as a scanner does."""
    size = int(svg.split('viewBox="0 0 ')[1].split()[0])
    scale, rows = 4, [[255] * size for _ in range(size)]
    x = y = 0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", svg.split(' d="')[-1].split('"')[0]):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "M":
            x, y = int(values[0]), int(values[1])
        elif command == "m":
            x, y = x + int(values[0]), y + int(values[1])
        else:
            for column in range(x, x + int(values[0])):
                rows[y][column] = 0
            x += int(values[0])
    width = size * scale
    pixels = b"".join(bytes(value for value in row for _ in range(scale)) * scale for row in rows)
    found = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (width, width)))
    assert len(found) == 1
    text: str = found[0].text
    return text


def test_the_qr_code_is_the_link(tenant: Tenant, user: str) -> None:
    answer = tenant.http.post("/bank/register", data={"user": user})
    svg = answer.text[answer.text.index("<svg") : answer.text.index("</svg>") + len("</svg>")]
    assert "style=" not in svg  # the content security policy would drop it
    assert scan(svg) == Page(answer).attributes["activation-link"]["href"]


def test_the_whole_story(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = activated(tenant, user)
    code = device.otp(clock.now())
    page = log_in(tenant, user.upper(), f" {code[:3]} {code[3:]} ")
    assert outcome(page) == ("You are logged in", "0", "accepted")
    again = log_in(tenant, user, code)
    assert outcome(again) == ("Wrong code", "none", "none")
    assert again.text["http-answer"] == "409 Conflict: Authentication failed"
    assert code not in tenant.http.post("/bank/login", data={"user": user, "code": code}).text


def test_locked_and_unlocked(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = activated(tenant, user)
    for _ in range(3):
        assert outcome(log_in(tenant, user, wrong(device.otp(clock.now()))))[0] == "Wrong code"
    locked = log_in(tenant, user, device.otp(clock.now()))
    assert outcome(locked)[0] == "This user is locked"
    opened = submit(tenant, locked, "/bank/unlock")
    assert opened.status == 200
    assert opened.fields("/bank/login")["user"] == user
    assert outcome(submit(tenant, opened, "/bank/login", code=device.otp(clock.now())))[0] == "You are logged in"


def test_unknown_and_not_yet_activated(tenant: Tenant, user: str) -> None:
    page = log_in(tenant, user, "123456")
    assert outcome(page) == ("Unknown user", "none", "none")
    register_here = next(link for link in page.links if link.startswith("/?user="))
    assert get(tenant, register_here).fields("/bank/register")["user"] == user
    register(tenant, user)
    assert outcome(log_in(tenant, user, "123456"))[0] == "No device yet"


def test_a_declined_login(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = activated(tenant, user)
    tenant.rules(user, {"riskResponseCode": 1})
    assert outcome(log_in(tenant, user, device.otp(clock.now()))) == ("Declined", "1", "refused")


def test_a_second_step_in_the_same_session(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = activated(tenant, user)
    tenant.rules(user, {"riskResponseCode": 5, "sessionStatus": "pending"})
    page = log_in(tenant, user, device.otp(clock.now()))
    assert outcome(page) == ("One more step", "5", "pending")
    assert outcome(submit(tenant, page, "/bank/login", code=device.otp(clock.now(), "PIN")))[0] == "You are logged in"


def test_a_challenge_is_shown(tenant: Tenant, user: str, clock: ManualClock) -> None:
    device = activated(tenant, user)
    tenant.rules(user, {"riskResponseCode": 10})
    page = log_in(tenant, user, device.otp(clock.now()))
    code = device.otp(clock.now(), data=page.text["challenge"])
    assert outcome(submit(tenant, page, "/bank/login", code=code)) == ("You are logged in", "0", "accepted")


@pytest.mark.parametrize(
    ("rule", "headline"),
    [
        ({"riskResponseCode": 14}, "Waiting for something else"),
        ({"riskResponseCode": 3}, "One more step"),
        ({"riskResponseCode": 0, "sessionStatus": "timeout"}, "Too late"),
        ({"riskResponseCode": 0, "sessionStatus": "unknown"}, "No clear answer"),
        ({"riskResponseCode": 9, "sessionStatus": "refused"}, "Declined"),
    ],
)
def test_every_other_answer_is_explained(tenant: Tenant, user: str, rule: dict[str, object], headline: str) -> None:
    tenant.register(user, activationType="onlineMDL")
    tenant.rules(user, rule)
    page = log_in(tenant, user, "123456")
    assert outcome(page)[:2] == (headline, str(rule["riskResponseCode"]))
    assert page.text["happened"]
    assert page.text["advice"]


def test_failed_as_a_status(make_tenant: Tenants) -> None:
    tenant = make_tenant(wrong_otp_mode="status_failed")
    activated(tenant, "alice", NO_PIN)
    assert outcome(log_in(tenant, "alice", "1")) == ("Wrong code", "0", "failed")


@pytest.mark.parametrize("typed", ["", "   ", "a" * 256, "al\tice"])
def test_no_user_name(tenant: Tenant, typed: str) -> None:
    for path, action in (("/", "/bank/register"), ("/login", "/bank/login")):
        page = submit(tenant, get(tenant, path), action, user=typed, **({"code": "1"} if path == "/login" else {}))
        assert page.status == 400
        assert page.fields(action)["user"] == typed


@pytest.mark.parametrize("typed", [{"code": "1" * 65}, {"password": "1" * 256}])
def test_nothing_that_could_be_right(tenant: Tenant, user: str, typed: dict[str, str]) -> None:
    tenant.register(user)
    page = submit(tenant, get(tenant, "/login"), "/bank/login", user=user, **typed)
    assert page.status == 400
    assert page.fields("/bank/login")["user"] == user
    assert tenant.http.get("/v1/users", params={"user": user, "locked": "true"}).json()["total"] == 0


def test_a_password_that_is_too_long_registers_nobody(tenant: Tenant, user: str) -> None:
    page = submit(tenant, get(tenant, "/"), "/bank/register", user=user, password="1" * 256)
    assert page.status == 400
    assert tenant.http.get(f"/v1/users/{user}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"user", b"&" * 1000, b"code=1"])
def test_forms_that_no_browser_sends(tenant: Tenant, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for action in ("/bank/register", "/bank/login", "/bank/unlock", "/bank/transaction"):
        assert Page(tenant.http.post(action, content=body, headers=headers)).status == 400


def test_unlocking_nobody(tenant: Tenant) -> None:
    assert Page(tenant.http.post("/bank/unlock", data={"user": "nobody"})).status == 404


def test_names_are_escaped(tenant: Tenant) -> None:
    name = '"><script>alert(1)</script>&amp;'
    for answer in (
        tenant.http.get("/", params={"user": name}),
        tenant.http.get("/login", params={"user": name}),
        tenant.http.post("/bank/register", data={"user": name}),
        tenant.http.post("/bank/login", data={"user": f"x{name}", "code": "1"}),
    ):
        assert "<script>alert" not in answer.text
        Page(answer)
    page = Page(tenant.http.post("/bank/register", data={"user": name}))
    assert page.text["activation-user"] == f"{name}@sandbox"
    again = next(link for link in page.links if link.startswith("/login?"))
    assert get(tenant, again).fields("/bank/login")["user"] == name


def test_the_pages_are_accessible_and_self_contained(tenant: Tenant, user: str) -> None:
    pages = [get(tenant, "/"), get(tenant, "/login"), register(tenant, user), log_in(tenant, user, "1")]
    pages += [get(tenant, "/transaction"), get(tenant, "/bank/waiting?request=nothing")]
    pages += [get(tenant, "/support"), submit(tenant, get(tenant, "/support"), "/support/unlock", user=user)]
    told = {"user": user, "code": "12345678", "counter": "1"}
    pages.append(submit(tenant, get(tenant, "/support"), "/support/resynchronise", **told))
    for page in pages:
        names = [tag for tag, _ in page.tags]
        assert names.count("h1") == 1
        assert names.count("main") == 1
        assert dict(page.tags)["html"] == {"lang": "en"}
        assert dict(page.tags)["meta"]["name"] in {"viewport", "color-scheme"}
        assert page.text.get("main")
        for tag, fields in page.tags:
            assert "style" not in fields
            assert not any(name.startswith("on") for name in fields)
            if tag == "input" and fields.get("type") != "hidden":
                assert fields["id"] in page.labels
            if tag in {"img", "script", "link"}:
                source = fields.get("src") or fields["href"]
                assert source.startswith("/assets/")
                assert tenant.http.get(source).is_success
            if tag == "img":
                assert "alt" in fields
            if tag == "script":
                assert "defer" in fields


def test_assets(tenant: Tenant) -> None:
    types = {"bank.css": "text/css", "bank.js": "text/javascript", "mark.svg": "image/svg+xml"}
    for name, media_type in types.items():
        answer = tenant.http.get(f"/assets/{name}")
        assert answer.headers["content-type"].startswith(media_type)
        assert b"//" not in answer.content.replace(b"http://www.w3.org", b"").replace(b"// ", b"")
    for name in ("home.html", "..%2fbank.css", "%2e%2e/%2e%2e/softtoken/errors.py", "nothing"):
        assert tenant.http.get(f"/assets/{name}").status_code == 404


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("register", "/"),
        ("login", "/login"),
        ("unlock", "/login"),
        ("cancel", "/login"),
        ("transaction", "/transaction"),
    ],
)
def test_a_forms_target_in_the_address_bar(tenant: Tenant, path: str, target: str) -> None:
    answer = tenant.http.get(f"/bank/{path}")
    assert (answer.status_code, answer.headers["location"]) == (303, target)
