"""The record of one source: what it claimed, and what became of that. Pure: how an event changes it."""

from datetime import datetime
from math import ceil, log2
from typing import Final, TypeVar

from msgspec import UNSET, Struct, field

from service.domain import vocabulary
from service.domain.facts import Claim

Key = TypeVar("Key", str, int)
_STEPS: Final = 4
"""Steps of the histogram within a doubling: what is told of a latency is too long by a fifth at most."""


class Record(Struct, array_like=True):
    """As it is stored; it grows with what it counts, never with how much."""

    name: str | None = None
    kind: vocabulary.SourceKind | None = None
    made: int = 0
    standing: int = 0
    revised: int = 0
    retracted: dict[vocabulary.KeptReasonCode, int] = field(default_factory=dict)
    relayed: int = 0
    incidents: int = 0
    agree: int = 0
    disagree: int = 0
    latencies: dict[int, int] = field(default_factory=dict)
    """How many claims were first changed within so many steps."""
    confidence: dict[str, int] = field(default_factory=dict)
    reliability: dict[str, int] = field(default_factory=dict)
    first_stated_at: str | None = None
    last_stated_at: str | None = None
    first_recorded_at: datetime | None = None
    last_recorded_at: datetime | None = None

    def made_claim(self, recorded_at: datetime) -> None:
        """Count a claim that was not there before."""
        self.made += 1
        self.first_recorded_at = self.first_recorded_at or recorded_at
        self.last_recorded_at = recorded_at

    def said(self, claim: Claim) -> None:
        """Take in what a new or changed claim tells of its source."""
        self.name = claim.source_name or self.name
        self.kind = claim.source_kind or self.kind
        if claim.stated_at is not UNSET:
            self.first_stated_at = min(self.first_stated_at or claim.stated_at, claim.stated_at)
            self.last_stated_at = max(self.last_stated_at or claim.stated_at, claim.stated_at)

    def stands(self, claim: Claim, by: int) -> None:
        """Count a claim that now stands, or with -1 that no longer does."""
        self.standing += by
        _add(self.confidence, claim.confidence or "not_stated", by)
        _add(self.reliability, claim.reliability or "F", by)

    def corrected(self, latency: float) -> None:
        """Count the first change of a claim, this many seconds after it was recorded."""
        _add(self.latencies, max(ceil(_STEPS * log2(latency)), 0) if latency > 0 else 0, 1)

    def quantile(self, share: float) -> float | None:
        """Return within how many seconds this share of the corrected claims was corrected."""
        left = share * sum(self.latencies.values())
        for step, count in sorted(self.latencies.items()):
            left -= count
            if left <= 0:
                return round(2 ** (step / _STEPS), 1)
        return None


def _add(counts: dict[Key, int], key: Key, by: int) -> None:
    counts[key] = counts.get(key, 0) + by
    if not counts[key]:
        del counts[key]
