"""What a witness outside the file knows of a vault: how far it had come, and how its managed credentials stood then."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from softtoken.engine.distrust import Seen

MOST_SEEN = 24
"""Credentials that it speaks of: Windows keeps 1,280 characters of an item, and each needs up to 47."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """generation: the file's. seen: by credential id; one that is missing may have come any way since."""

    generation: int
    seen: Mapping[str, Seen] = field(default_factory=dict)

    def line(self) -> str:
        """As a keyring keeps it (docs/vault.md): where there is no room for all, those with most failed tries.

        A credential that is left out would have one more try in each older file that is put back.
        """
        kept = set(sorted(self.seen, key=lambda id_: -self.seen[id_].failed)[:MOST_SEEN])
        known = [f":{id_}-{s.counter}-{s.used}-{s.failed}" for id_, s in self.seen.items() if id_ in kept]
        return f"stg2:{self.generation}{''.join(known)}"


def parse_evidence(line: str | None) -> Evidence | None:
    """A damaged line counts as lost, which has the vault distrusted once; the next write mends it."""
    if (old := _FIRST.fullmatch(line or "")) is not None:
        return Evidence(int(old[1]))
    found = _SECOND.fullmatch(line or "")
    if found is None:
        return None
    known = [part.split("-") for part in found[2].split(":")[1:]]
    return Evidence(int(found[1]), {id_: Seen(*map(int, numbers)) for id_, *numbers in known})


# without what is seen of credentials: the first keyring items said no more
_FIRST = re.compile(r"stg1:([0-9]{1,18})", re.ASCII)
_SECOND = re.compile(r"stg2:([0-9]{1,18})((?::[0-9a-f]{32}(?:-[0-9]{1,9}){3})*)", re.ASCII)
