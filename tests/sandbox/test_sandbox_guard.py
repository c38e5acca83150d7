"""What every request meets: hosts, origins, sizes, headers, the shape of errors, and the log."""

import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from sandbox.device import Device
from sandbox.tenant import ACCEPTED, Tenant

from softtoken.sandbox.app import LOG_NAME
from softtoken.sandbox.origin import request_origin

Tenants = Callable[..., Tenant]
LIMIT = 64 * 1024


def port_of(tenant: Tenant) -> int:
    port = urlsplit(tenant.url).port
    assert port is not None
    return port


def is_error(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == status
        and {"error", "message"} <= set(body) <= {"error", "message", "validationErrors"}
        and bool(answer.headers["log-correlation-id"])
    )


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_own_hosts(tenant: Tenant, host: str) -> None:
    answer = tenant.http.get("/v1/sessions/0", headers={"Host": host.format(port=port_of(tenant))})
    assert answer.json() == {"sessionStatus": "unknown"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.2:{port}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/sessions/0", "/assets/bank.css", "/nothing"])
def test_foreign_hosts(tenant: Tenant, host: str, path: str) -> None:
    assert is_error(tenant.http.get(path, headers={"Host": host.format(port=port_of(tenant))}), 403)


def test_further_hosts(make_tenant: Tenants) -> None:
    tenant = make_tenant(hosts=("bank.test", "gateway.test:8443"))
    port = port_of(tenant)
    for host in ("bank.test", f"Bank.test:{port}", "gateway.test:8443", f"localhost:{port}"):
        assert tenant.http.get("/v1/sessions/0", headers={"Host": host}).is_success, host
    for host in ("bank.test:1", "gateway.test", "other.test"):
        assert is_error(tenant.http.get("/v1/sessions/0", headers={"Host": host}), 403)


def test_no_host_at_all(tenant: Tenant) -> None:
    with socket.create_connection(("127.0.0.1", port_of(tenant)), timeout=10) as connection:
        connection.sendall(b"GET /v1/sessions/0 HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_change_nothing(tenant: Tenant, user: str, headers: dict[str, str]) -> None:
    body = {"objectType": "AdaptiveRegisterUserInput", "userID": user}
    assert is_error(tenant.http.post("/v1/users/register", json=body, headers=headers), 403)
    assert is_error(tenant.http.post("/bank/register", data={"user": user}, headers=headers), 403)
    assert is_error(tenant.http.put(f"/softtoken/v1/rules/{user}", json={"rules": []}, headers=headers), 403)
    assert is_error(tenant.http.delete(f"/softtoken/v1/rules/{user}", headers=headers), 403)
    assert tenant.http.get(f"/v1/users/{user}").status_code == 404
    assert tenant.http.get("/", headers=headers).is_success  # a link from elsewhere is no change


def test_the_own_pages_may(tenant: Tenant, user: str) -> None:
    headers = {"Origin": tenant.url, "Sec-Fetch-Site": "same-origin"}
    assert tenant.http.post("/bank/register", data={"user": user}, headers=headers).is_success


def test_bodies_have_a_limit(tenant: Tenant) -> None:
    path = "/v1/users/register"
    json_type = {"Content-Type": "application/json"}
    assert is_error(tenant.http.post(path, content=b" " * LIMIT, headers=json_type), 400)
    assert is_error(tenant.http.post(path, content=b" " * (LIMIT + 1), headers=json_type), 413)
    chunks = (b" " * 1000 for _ in range(LIMIT // 1000 + 1))
    assert is_error(tenant.http.post(path, content=chunks, headers=json_type), 413)
    host = {"Host": "evil.example"}
    assert is_error(tenant.http.post(path, content=b" " * (4 * LIMIT), headers=json_type | host), 403)


def test_a_request_that_breaks_off_does_nothing(tenant: Tenant, user: str) -> None:
    body = b'{"objectType":"AdaptiveRegisterUserInput","userID":"%s"}' % user.encode()
    head = (
        f"POST /v1/users/register HTTP/1.1\r\nHost: 127.0.0.1:{port_of(tenant)}\r\nContent-Type: application/json\r\n"
    )
    with socket.create_connection(("127.0.0.1", port_of(tenant)), timeout=10) as connection:
        connection.sendall(head.encode() + f"Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(100):
            pass
    assert tenant.http.get(f"/v1/users/{user}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/users/register/x", 404),
        ("POST", "/v1/users/a@sandbox", 405),
        ("DELETE", "/v1/sessions/0", 405),
        ("GET", "/redoc", 404),
        ("POST", "/v1/users/register", 400),
        ("POST", "/v1/registrations/00000000/activate", 400),
    ],
)
def test_every_error_has_the_one_shape(tenant: Tenant, method: str, path: str, status: int) -> None:
    assert is_error(tenant.http.request(method, path), status)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"userID": NaN}', b"[" * 5000]
)
def test_what_is_no_json_object(tenant: Tenant, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/users/register", "/v1/users/a/login", "/v1/registrations/check-status"):
        answer = tenant.http.post(path, content=content, headers=headers)
        assert is_error(answer, 400)
        assert answer.json()["validationErrors"][0]["message"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_is_no_json(tenant: Tenant, user: str, content_type: str) -> None:
    body = b'{"objectType":"AdaptiveRegisterUserInput","userID":"%s"}' % user.encode()
    answer = tenant.http.post("/v1/users/register", content=body, headers={"Content-Type": content_type})
    assert is_error(answer, 400)


def test_headers_of_every_answer(tenant: Tenant) -> None:
    seen = set()
    for path in ("/", "/login", "/assets/bank.css", "/v1/sessions/0", "/v1/users/nobody", "/nothing", "/openapi.json"):
        headers = tenant.http.get(path).headers
        seen.add(headers["log-correlation-id"])
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] in {"no-store", "no-cache"}
        assert "server" not in headers
    assert len(seen) == 7
    assert tenant.http.get("/").headers["cache-control"] == "no-store"


def test_a_browsers_form_keeps_its_origin(tenant: Tenant) -> None:
    """With no-referrer a browser sends `Origin: null` with its own forms, which the guard refuses."""
    assert tenant.http.get("/").headers["referrer-policy"] == "same-origin"


def test_the_api_describes_itself_without_a_network(tenant: Tenant) -> None:
    described = tenant.http.get("/openapi.json").json()
    documented = {
        "/v1/authenticators",
        "/v1/authenticators/{serial_number}/assign",
        "/v1/authenticators/{serial_number}/unassign",
        "/v1/events",
        "/v1/transactions",
        "/v1/visualcodes/render",
        "/v1/users",
        "/v1/users/register",
        "/v1/users/{user}/events/validate",
        "/v1/users/{user}/generate-challenge",
        "/v1/users/{user}/transactions/validate",
        "/v1/users/{user}/unregister",
        "/v1/registrations/check-status",
        "/v1/registrations/{registration_id}/add-device",
        "/v1/registrations/{registration_id}/activate",
        "/v1/users/{user}/login",
        "/v1/sessions/{request_id}",
        "/v1/users/{user}",
        "/v1/users/{user}/sync-authenticator",
        "/v1/users/{user}/unlock",
    }
    assert {path for path in described["paths"] if not path.startswith("/softtoken/v1/")} == documented
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert all("422" not in operation["responses"] for operation in operations)
    assert "ErrorOutput" in described["components"]["schemas"]


def test_the_origin_of_a_request() -> None:
    def origin(scheme: str, host: str) -> str:
        return request_origin({"type": "http", "scheme": scheme, "headers": [(b"host", host.encode())]})

    assert origin("http", "LocalHost:8080") == "http://localhost:8080"
    assert origin("http", "127.0.0.1:80") == "http://127.0.0.1"
    assert origin("https", "Bank.Test:443") == "https://bank.test"
    assert origin("https", "bank.test:80") == "https://bank.test:80"
    assert origin("http", "[::1]:8080") == "http://[::1]:8080"


def test_the_log_tells_no_secret(
    tenant: Tenant, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, LOG_NAME)
    name, password = "planted-user", "Planted-Static-1"
    made = tenant.register(name, staticPassword=password)
    arguments = (tenant.url, f"{name}@sandbox", made["registrationID"], made["activationPassword"])
    device = Device(*arguments)
    content = tenant.open(device)
    signature = device.otp(tenant.clock.now(), "PIN")
    tenant.activate(device.registration_id, signature)
    otp, later = device.otp(tenant.clock.now()), device.otp(tenant.clock.now())
    assert tenant.login(name, otp).json() == ACCEPTED
    tenant.login(name, otp)
    tenant.login(name, credentials={"passKey": password})
    tenant.http.post("/v1/users/register", json={"userID": name, "staticPassword": password, "objectType": "x"})
    tenant.http.post("/v1/users/x/login", content=f'{{"OTP": "{later}', headers={"Content-Type": "application/json"})
    page = tenant.http.post("/bank/register", data={"user": name})
    tenant.http.post("/bank/login", data={"user": name, "code": later})
    tenant.http.get(f"/login?user={name}&code={later}")
    tenant.http.get(f"/{later}/{password}")
    tenant.http.get("/", headers={"Host": password})
    code = page.text.split('id="activation-code">')[1].split("</p>")[0]
    secrets = [name, password, made["activationPassword"], device.device_code[:40], signature, otp, later]
    secrets += [made["registrationID"], "activationMessage2", *(entry["key"] for entry in content["credentials"])]
    secrets += [part.split("<")[0] for part in code.split('class="group">')[1:] if len(part) > 8]
    lines = [record.getMessage() for record in caplog.records if record.name == LOG_NAME]
    printed = capfd.readouterr()
    # the loggers of the test's own HTTP client tell everything
    others = [
        record.getMessage() for record in caplog.records if record.name.split(".")[0] not in {"httpx", "httpcore"}
    ]
    text = "\n".join(others) + printed.out + printed.err
    assert [secret for secret in secrets if secret in text] == []
    assert len(lines) == 13
    assert lines[0].startswith("POST /v1/users/register 200 ")
    assert any(line.startswith("POST /v1/users/{user:path}/login 409 ") for line in lines)
    assert lines[-2].startswith("GET (no route) 404 ")
    assert lines[-1].startswith("GET (no route) 403 ")


def test_a_log_line_names_the_answer(tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOG_NAME)
    answer = tenant.http.get("/v1/users/nobody")
    assert caplog.messages[-1].endswith(f"404 {answer.headers['log-correlation-id']}")


@pytest.mark.expects_log(LOG_NAME)
def test_a_fault_of_the_server_is_an_answer_too(
    make_tenant: Tenants, tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    from pathlib import Path

    tenant = make_tenant()
    (Path(str(tmp_path)) / "sandbox" / "sandbox.sqlite3").write_bytes(b"no database" * 1000)
    answer = tenant.http.get("/v1/users/alice")
    assert is_error(answer, 500)
    assert answer.json()["error"] == "Internal Server Error"
    assert "database" not in answer.text
    fault = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert fault.name == LOG_NAME
    assert fault.getMessage().startswith("DatabaseError at ")
    assert fault.getMessage().endswith(answer.headers["log-correlation-id"])
