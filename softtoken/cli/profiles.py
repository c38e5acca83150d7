"""Options that name a server: by its address, or as a tenant in one of the vendor's environments."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from softtoken.iaa.address import BadAddress
from softtoken.iaa.profiles import Environment, make_profile, parse_environment

F = TypeVar("F", bound=Callable[..., Any])


def tenant_options(function: F) -> F:
    """--tenant and --environment, for `server_of`."""
    words = ", ".join(environment.value for environment in Environment)
    tenant = click.option("--tenant", metavar="NAME", help="Instead of --server: a tenant in the vendor's cloud.")
    environment = click.option("--environment", metavar="ENV", help=f"Where that tenant is: {words}.")
    return tenant(environment(function))


def server_of(server: str | None, tenant: str | None, environment: str | None) -> str | None:
    """The server's address; None if none was named. Raises UsageError."""
    if tenant is None and environment is None:
        return server
    if tenant is None or environment is None:
        raise click.UsageError("--tenant and --environment go together")
    if server is not None:
        raise click.UsageError("give the server's address, or --tenant and --environment")
    try:
        place = parse_environment(environment)
    except BadAddress:
        words = ", ".join(each.value for each in Environment)
        raise click.UsageError(f"unknown environment {environment!r}: choose one of {words}") from None
    try:
        return make_profile(tenant, place).origin
    except BadAddress:
        raise click.UsageError(f"{tenant!r} cannot be a tenant's name: letters, digits and hyphens") from None
