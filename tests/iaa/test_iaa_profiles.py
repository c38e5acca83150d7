"""Server profiles: the addresses that the vendor documents, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softtoken.iaa.address import AddressReason, BadAddress, parse_origin, usual_domain
from softtoken.iaa.profiles import Environment, Profile, make_profile, parse_environment, profile_of


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("sdb", "sdb"),
        ("staging.na1", "staging.na1"),
        ("staging.eu1", "staging.eu1"),
        ("staging.eu2", "staging.eu2"),
        ("prod", "prod"),
        ("prod.na1", "prod.na1"),
        ("prod.eu1", "prod.eu1"),
        ("PROD.EU2 ", "prod.eu2"),
        ("uat.eu1", "uat.eu1"),
    ],
)
def test_the_documented_environments(environment: str, host: str) -> None:
    profile = make_profile(" HanyuChen9102-Gmail", parse_environment(environment))
    assert profile.tenant == "hanyuchen9102-gmail"
    assert profile.origin == f"https://hanyuchen9102-gmail.{host}.tid.onespan.cloud"
    assert profile.domain == ("hanyuchen9102-gmail" if host == "sdb" else "master")
    assert profile.mutual_tls is (host != "sdb")


@pytest.mark.parametrize("environment", list(Environment))
def test_an_address_and_its_profile_are_one_thing(environment: Environment) -> None:
    profile = make_profile("northwind", environment)
    assert parse_origin(profile.origin) == profile.origin
    assert profile_of(parse_origin(profile.origin + "/v1")) == profile
    assert usual_domain(profile.origin) == profile.domain


@given(st.from_regex("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True), st.sampled_from(list(Environment)))
def test_every_tenant_name_that_is_taken_makes_an_address_that_is_one(tenant: str, environment: Environment) -> None:
    profile = Profile(tenant, environment)
    assert profile_of(parse_origin(make_profile(tenant.upper(), environment).origin)) == profile


@pytest.mark.parametrize(
    "tenant",
    ["a.b", "a/b", "a:1", "a@b", "user@a", "-a", "a-", "a b", "münchen", "x" * 64, "a\u200b", "İ", "a?", "a#", "a\\"],
)
def test_a_tenant_name_cannot_lead_to_another_host(tenant: str) -> None:
    with pytest.raises(BadAddress) as caught:
        make_profile(tenant, Environment.SANDBOX)
    assert caught.value.reason is AddressReason.TENANT


def test_nothing_is_no_tenant_and_no_environment_is_guessed() -> None:
    with pytest.raises(BadAddress) as caught:
        make_profile("  ", Environment.SANDBOX)
    assert caught.value.reason is AddressReason.EMPTY
    for text in ("", "sandbox", "staging", "prod.na2", "sdb.evil.example"):
        with pytest.raises(BadAddress) as caught:
            parse_environment(text)
        assert caught.value.reason is AddressReason.ENVIRONMENT


@pytest.mark.parametrize(
    "origin",
    [
        "https://gateway.northwind.example",
        "https://northwind.tid.onespan.cloud",
        "https://a.b.sdb.tid.onespan.cloud",
        "https://northwind.moon.tid.onespan.cloud",
        "https://northwind.sdb.tid.onespan.cloud:8443",
        "http://127.0.0.1:8080",
        "https://northwind.sdb.tid.onespan.cloud.evil.example",
    ],
)
def test_an_organisations_own_server_has_no_profile(origin: str) -> None:
    assert profile_of(origin) is None
