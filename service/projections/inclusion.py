"""Which numbers are included in which others, by the `part_of` of their claims."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

Edges = Mapping[tuple[UUID, str], tuple[UUID, str]]
"""Of an incident's claim, the claim of another incident that includes it."""


def left_out(edges: Edges, inputs: Sequence[Any]) -> list[Any]:
    """
    Return those of the inputs (rows with `incident`, `claim` and `low`) that another of them includes.

    Also by way of claims of incidents that are not among them. Claims that go round in a circle include nothing.
    """
    numbered = {row["incident"] for row in inputs if row["incident"] is not None and row["low"] is not None}
    return [
        row
        for row in inputs
        if row["claim"] is not None and _included(edges, (row["incident"], row["claim"]), numbered)
    ]


def _included(edges: Edges, claim: tuple[UUID, str], numbered: set[UUID]) -> bool:
    """Say whether an incident that has a number includes the claim."""
    included, seen, above = False, set[tuple[UUID, str]](), edges.get(claim)
    while above is not None and above not in seen:
        if above[0] == claim[0]:
            return False
        included = included or above[0] in numbered
        seen.add(above)
        above = edges.get(above)
    return included
