"""The sealed tables of one vault within one transaction."""

from dataclasses import dataclass

from softtoken.vault.cells import Cells
from softtoken.vault.credentialrows import CredentialRows
from softtoken.vault.lookup import Lookup
from softtoken.vault.tokenrows import TokenRows


@dataclass(frozen=True, slots=True)
class Tables:
    """Valid until the transaction of the lookup's connection ends."""

    lookup: Lookup
    cells: Cells
    tokens: TokenRows
    credentials: CredentialRows


def open_tables(lookup: Lookup, cells: Cells) -> Tables:
    return Tables(lookup, cells, TokenRows(lookup, cells), CredentialRows(lookup, cells))
