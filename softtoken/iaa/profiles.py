"""Server profiles: a tenant's address from its name and the environment that it runs in (iaa-api 3)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from softtoken.iaa.address import AddressReason, BadAddress


class Environment(StrEnum):
    """The vendor's words, as they stand in the address. SANDBOX is the vendor's, not the one that comes with us."""

    SANDBOX = "sdb"
    STAGING_NA1 = "staging.na1"
    STAGING_EU1 = "staging.eu1"
    STAGING_EU2 = "staging.eu2"
    PRODUCTION = "prod"
    PRODUCTION_NA1 = "prod.na1"
    PRODUCTION_EU1 = "prod.eu1"
    PRODUCTION_EU2 = "prod.eu2"
    ACCEPTANCE_EU1 = "uat.eu1"


@dataclass(frozen=True, slots=True)
class Profile:
    """A tenant of the vendor's cloud. tenant: lower case."""

    tenant: str
    environment: Environment

    @property
    def origin(self) -> str:
        """`https://tenant.environment.tid.onespan.cloud`."""
        return f"https://{self.tenant}.{self.environment.value}{_CLOUD}"

    @property
    def domain(self) -> str:
        """Where a user id without a domain belongs: the sandbox's own name, elsewhere `master`."""
        return self.tenant if self.environment is Environment.SANDBOX else _USUAL_DOMAIN

    @property
    def mutual_tls(self) -> bool:
        """Does the vendor document a client certificate for it? Everywhere but in the sandbox."""
        return self.environment is not Environment.SANDBOX


def make_profile(tenant: str, environment: Environment) -> Profile:
    """From a typed name, in any case. Raises BadAddress (EMPTY, TENANT)."""
    name = tenant.strip().lower()
    if not name:
        raise BadAddress(AddressReason.EMPTY)
    if not _LABEL.fullmatch(name):
        raise BadAddress(AddressReason.TENANT)
    return Profile(name, environment)


def parse_environment(text: str) -> Environment:
    """One of the vendor's words, in any case. Raises BadAddress (ENVIRONMENT)."""
    try:
        return Environment(text.strip().lower())
    except ValueError:
        raise BadAddress(AddressReason.ENVIRONMENT) from None


def profile_of(origin: str) -> Profile | None:
    """The profile whose address this is, as parse_origin wrote it; None for an organisation's own server."""
    if not origin.startswith(_SCHEME) or not origin.endswith(_CLOUD):
        return None
    tenant, dot, environment = origin.removeprefix(_SCHEME).removesuffix(_CLOUD).partition(".")
    if not dot or not _LABEL.fullmatch(tenant):
        return None
    try:
        return Profile(tenant, Environment(environment))
    except ValueError:
        return None


_SCHEME = "https://"
_CLOUD = ".tid.onespan.cloud"
_USUAL_DOMAIN = "master"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
