"""softtoken.network in mc_config.json: what it may say, what comes of it, and that every connection goes by it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from iaa.certificates import Authority
from iaa.scripted import ScriptedServer, running
from support.connect_proxy import ConnectProxy, proxying

from softtoken.iaa.errors import Reason, Unreachable
from softtoken.iaa.own_files import FileFault, FileRole, OwnFileUnusable
from softtoken.iaa.settings import (
    NetworkSettings,
    PemCertificate,
    Pkcs12Certificate,
    ProxyServer,
    ProxyUse,
)
from softtoken.resources import resource_path
from softtoken.services.build import build_controller
from softtoken.services.config import ConfigBroken, McConfig, load_config
from softtoken.services.connections import configured, repeated
from softtoken.services.events import (
    CheckServer,
    ConnectionState,
    LoginWithTypedCode,
    ServerConnection,
    Start,
    Status,
)
from softtoken.services.home import Home
from softtoken.services.network_config import network_settings

PACKAGED = resource_path("mc_config.json")
ORIGIN = "https://iaa.bank.example"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "mc_config.json"


def load(own: Path, network: Any) -> McConfig:
    own.write_text(json.dumps({"softtoken": {"network": network}}), "utf-8")
    return load_config(PACKAGED, own)


def settings(own: Path, network: Any, origin: str = ORIGIN) -> NetworkSettings:
    return network_settings(load(own, network).softtoken.network, origin, own.parent)


def broken(own: Path, network: Any) -> ConfigBroken:
    with pytest.raises(ConfigBroken) as raised:
        load(own, network)
    assert raised.value.path == own
    return raised.value


def test_without_a_word_it_is_the_usual_way(own: Path) -> None:
    assert settings(own, {}) == NetworkSettings()
    assert settings(own, {"https://other.example": {"proxy": "none"}}) == NetworkSettings()


def test_all_of_it(own: Path) -> None:
    entry = {
        "proxy": "http://proxy.bank.example:3128",
        "proxyUser": "anna",
        "proxyPasswordFile": "proxy.password",
        "timeoutSeconds": 25,
        "caFile": "/etc/bank/ca.pem",
        "clientCertificate": {"file": "device.pem", "keyFile": "device.key", "passphraseFile": "device.pass"},
    }
    folder = own.parent
    assert settings(own, {ORIGIN: entry}) == NetworkSettings(
        ProxyServer("http://proxy.bank.example:3128", "anna", password_file=folder / "proxy.password"),
        25,
        Path("/etc/bank/ca.pem"),
        PemCertificate(folder / "device.pem", folder / "device.key", folder / "device.pass"),
    )


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        ({"file": "/a.pem"}, PemCertificate(Path("/a.pem"))),
        ({"pkcs12File": "/a.p12"}, Pkcs12Certificate(Path("/a.p12"))),
        ({"pkcs12File": "/a.p12", "passphraseFile": "/p"}, Pkcs12Certificate(Path("/a.p12"), Path("/p"))),
    ],
)
def test_a_certificate(own: Path, certificate: dict[str, str], expected: object) -> None:
    assert settings(own, {ORIGIN: {"clientCertificate": certificate}}).certificate == expected


@pytest.mark.parametrize("name", ["HTTPS://IAA.Bank.Example:443/v1/", "iaa.bank.example", ORIGIN])
def test_a_server_may_be_written_as_people_type_it(own: Path, name: str) -> None:
    assert settings(own, {name: {"timeoutSeconds": 33}}).timeout_seconds == 33


def test_a_port_is_another_server(own: Path) -> None:
    assert settings(own, {f"{ORIGIN}:8443": {"timeoutSeconds": 33}}).timeout_seconds == 10


def test_what_holds_for_every_server_and_what_one_has_of_its_own(own: Path) -> None:
    network = {
        "*": {
            "proxy": "http://proxy:1",
            "proxyUser": "anna",
            "proxyPasswordFile": "w",
            "caFile": "ca.pem",
            "timeoutSeconds": 20,
        },
        ORIGIN: {"proxy": "http://other:1", "timeoutSeconds": 30},
    }
    found = settings(own, network)
    # the user and password of one proxy are nothing for the other
    assert found == NetworkSettings(ProxyServer("http://other:1"), 30, own.parent / "ca.pem")
    elsewhere = settings(own, network, "https://elsewhere.example")
    assert elsewhere.proxy == ProxyServer("http://proxy:1", "anna", password_file=own.parent / "w")
    assert settings(own, {**network, ORIGIN: {"proxy": "none"}}).proxy is ProxyUse.NONE
    assert settings(own, {**network, ORIGIN: {"proxy": "system"}}).proxy is ProxyUse.SYSTEM


HERE = f'$.softtoken.network["{ORIGIN}"]'


@pytest.mark.parametrize(
    ("network", "place"),
    [
        (7, "$.softtoken.network"),
        ({ORIGIN: 7}, HERE),
        ({ORIGIN: {"proxy": 7}}, f"{HERE}.proxy"),
        ({"https://fine.example": {}, ORIGIN: {"timeoutSeconds": "7"}}, f"{HERE}.timeoutSeconds"),
        ({ORIGIN: {"timeoutSeconds": 0}}, f"{HERE}.timeoutSeconds"),
        ({ORIGIN: {"timeoutSeconds": 121}}, f"{HERE}.timeoutSeconds"),
        ({ORIGIN: {"caFile": False}}, f"{HERE}.caFile"),
        ({ORIGIN: {"clientCertificate": "device.pem"}}, f"{HERE}.clientCertificate"),
        ({ORIGIN: {"clientCertificate": {"file": 7}}}, f"{HERE}.clientCertificate.file"),
        ({ORIGIN: {"clientCertificate": {}}}, f"{HERE}.clientCertificate"),
        ({ORIGIN: {"clientCertificate": {"file": "a", "pkcs12File": "b"}}}, f"{HERE}.clientCertificate"),
        ({ORIGIN: {"clientCertificate": {"pkcs12File": "b", "keyFile": "a"}}}, f"{HERE}.clientCertificate.keyFile"),
        ({ORIGIN: {"proxy": "socks5://proxy"}}, f"{HERE}.proxy"),
        ({ORIGIN: {"proxy": "proxy:3128"}}, f"{HERE}.proxy"),
        ({ORIGIN: {"proxy": "http://proxy:x"}}, f"{HERE}.proxy"),
        ({ORIGIN: {"proxy": "http://proxy/path"}}, f"{HERE}.proxy"),
        ({ORIGIN: {"proxy": ""}}, f"{HERE}.proxy"),
        ({ORIGIN: {"proxy": "http://proxy", "proxyUser": "a"}}, f"{HERE}.proxyUser"),
        ({ORIGIN: {"proxyUser": "a", "proxyPasswordFile": "b"}}, f"{HERE}.proxyUser"),
        ({"ftp://bank": {}}, '$.softtoken.network["ftp://bank"]'),
        ({"http://bank.example": {}}, '$.softtoken.network["http://bank.example"]'),
        ({ORIGIN: {}, "iaa.bank.example": {}}, '$.softtoken.network["iaa.bank.example"]'),
        ({"*": {"clientCertificate": {"file": "a"}}}, '$.softtoken.network["*"].clientCertificate'),
        ({"http://localhost:1": {"caFile": "a"}}, '$.softtoken.network["http://localhost:1"]'),
    ],
)
def test_a_fault_names_its_place(own: Path, network: Any, place: str) -> None:
    error = broken(own, network)
    assert error.place == place
    assert error.reason


def test_a_password_in_a_proxys_address_is_refused_and_not_repeated(own: Path) -> None:
    error = broken(own, {ORIGIN: {"proxy": "http://anna:PlantedWord@proxy:3128"}})
    assert error.place == f"{HERE}.proxy"
    assert "PlantedWord" not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.expects_log("softtoken.services.config")
def test_unknown_keys_are_warned_of_and_switch_nothing_off(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A passphrase has no place in the file, and verification no switch."""
    loose = {"verify": False, "insecure": True, "tlsVersion": "1.0", "proxyPassword": "PlantedWord"}
    inside = {"file": "a", "passphrase": "PlantedWord"}
    found = settings(own, {ORIGIN: {**loose, "clientCertificate": inside}})
    assert found == NetworkSettings(certificate=PemCertificate(own.parent / "a"))
    for name in (*loose, "clientCertificate.passphrase"):
        assert f'softtoken.network["{ORIGIN}"].{name} ' in caplog.text
    assert "PlantedWord" not in caplog.text


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def gateway(authority: Authority) -> Iterator[ScriptedServer]:
    """On this machine by name, and it asks for a certificate."""
    with running(ScriptedServer(authority.gateway("localhost"))) as server:
        server.script = lambda request: request.answer(200, b'{"sessionStatus":"accepted","riskResponseCode":0}')
        yield server


def device_file(authority: Authority, path: Path) -> Path:
    device = authority.issue("device-7")
    path.write_bytes(device.pem + device.key_pem())
    path.chmod(0o600)
    return path


def test_the_programs_own_controller_goes_by_it(
    authority: Authority, gateway: ScriptedServer, own_home: Path, tmp_path: Path
) -> None:
    """The real parts, a real gateway: a login with its file in place, and what is raised when it is not."""
    device_file(authority, own_home / "device.pem")
    origin = f"https://localhost:{gateway.server_port}"
    entry = {"caFile": str(authority.bundle), "clientCertificate": {"file": "device.pem"}}
    (own_home / "mc_config.json").write_text(json.dumps({"softtoken": {"network": {origin: entry}}}))
    controller = build_controller(Home(own_home))
    told: list[object] = []
    controller.subscribe(told.append)
    login = LoginWithTypedCode(server=origin, user="anna", otp="714346")
    try:
        controller.post(Start())
        assert controller.post(login).status is Status.OK
        (own_home / "device.pem").chmod(0o644)
        with pytest.raises(OwnFileUnusable) as caught:
            controller.post(login)
    finally:
        controller.close()
    assert (caught.value.role, caught.value.fault) == (FileRole.CERTIFICATE, FileFault.EXPOSED)
    states = [one.connection_state for one in told if isinstance(one, ServerConnection)]
    assert states == [ConnectionState.REACHABLE, ConnectionState.NOT_REACHABLE]
    assert len(gateway.seen) == 1


def test_a_client_has_the_servers_time_limit_and_proxy(own: Path, authority: Authority) -> None:
    with proxying(ConnectProxy(1, refusal="403 No")) as proxy:
        config = load(own, {ORIGIN: {"proxy": f"http://{proxy.address}", "timeoutSeconds": 2}})
        with configured(lambda: config, own.parent)(ORIGIN) as client, pytest.raises(Unreachable) as caught:
            client.check_status("anna")
    assert caught.value.reason is Reason.PROXY_REFUSED
    assert client.held(None) == 2


def test_a_call_is_not_repeated_for_what_does_not_pass() -> None:
    asked: list[Reason] = []

    def fails(reason: Reason) -> Callable[[], None]:
        def call() -> None:
            asked.append(reason)
            raise Unreachable(reason, sent=True)

        return call

    for reason in (Reason.LOST, Reason.CERTIFICATE_REQUIRED):
        with contextlib.suppress(Unreachable):
            repeated(fails(reason))
    assert asked == [Reason.LOST, Reason.LOST, Reason.CERTIFICATE_REQUIRED]


def test_a_check_of_the_server_names_the_file_that_is_in_the_way(own_home: Path) -> None:
    origin = "https://localhost:9"
    entry = {"clientCertificate": {"file": "device.pem"}}
    (own_home / "mc_config.json").write_text(json.dumps({"softtoken": {"network": {origin: entry}}}))
    controller = build_controller(Home(own_home))
    try:
        with pytest.raises(OwnFileUnusable) as caught:
            controller.post(CheckServer(origin))
    finally:
        controller.close()
    assert caught.value.path == own_home / "device.pem"


TEXTS = (
    st.sampled_from(["system", "none", "http://proxy:1", "https://[::1", "*", ORIGIN, "http://localhost:1"]) | st.text()
)
ENTRIES = st.dictionaries(
    st.sampled_from(
        ["proxy", "proxyUser", "proxyPasswordFile", "timeoutSeconds", "caFile", "clientCertificate", "file"]
    ),
    TEXTS
    | st.integers()
    | st.none()
    | st.dictionaries(st.sampled_from(["file", "keyFile", "pkcs12File", "passphraseFile", "x"]), TEXTS | st.none()),
)


@given(network=st.none() | st.integers() | TEXTS | st.dictionaries(TEXTS, ENTRIES | TEXTS | st.none(), max_size=3))
@example(network={"\ud800": {}})
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.expects_log("softtoken.services.config")
def test_any_document_is_a_configuration_or_names_a_place(own: Path, network: Any) -> None:
    own.write_text(json.dumps({"softtoken": {"network": network}}), "utf-8")
    place = "$.softtoken.network"
    try:
        network_settings(load_config(PACKAGED, own).softtoken.network, ORIGIN, own.parent)
    except ConfigBroken as error:
        place = error.place
    assert place.startswith("$.softtoken.network") or place == "text"
