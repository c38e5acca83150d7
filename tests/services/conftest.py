"""A real sandbox, real vaults and real HTTP for the tests of the services."""

from support.parts import clock, keystore, make_controller, make_tenant, tenant

__all__ = ["clock", "keystore", "make_controller", "make_tenant", "tenant"]
