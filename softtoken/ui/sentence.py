"""What a person is told: what happened, whether anything was lost, what to do."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["danger", "warning", "info", "good"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """kept: what became of the person's things. detail: the server's own words. correlation_id: for support."""

    kind: Kind
    what: str
    kept: str = ""
    advice: str = ""
    detail: str = ""
    correlation_id: str = ""

    @property
    def text(self) -> str:
        """All of it in one piece, as it is read out."""
        return " ".join(part for part in (self.what, self.kept, self.advice, self.detail) if part)
