"""The vault's audit trail: adding to it, and reading it with everything that is wrong with it."""

from collections.abc import Sequence

from softtoken.vault.audit import AuditEntry, AuditNote, AuditTrail
from softtoken.vault.auditrows import AuditRows
from softtoken.vault.openfile import OpenFile


class AuditKeeping(OpenFile):
    """The vault's audit trail. Damage in it is told by `audit_trail` and never raised: it keeps nobody from a token."""

    def append_audit(self, notes: Sequence[AuditNote], policy: str | None = None) -> tuple[AuditEntry, ...]:
        """All or nothing, behind the newest; the oldest go when there are more than KEPT.

        policy: a digest to be found as `audited_policy` from now on.
        """
        with self._writing() as tables:
            return AuditRows(tables.lookup.connection, tables.cells).append(notes, policy)

    def audit_trail(self) -> AuditTrail:
        """Every entry that can be read, oldest first; about 20 microseconds for each."""
        with self._reading() as tables:
            return AuditRows(tables.lookup.connection, tables.cells).trail()

    @property
    def audited_policy(self) -> str:
        """The digest that was last given to `append_audit`; empty if there is none or it is lost."""
        with self._reading() as tables:
            head = AuditRows(tables.lookup.connection, tables.cells).head()
        return "" if head is None else head.policy
