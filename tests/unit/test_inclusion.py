"""Numbers that others include are left out; claims that go round in a circle leave nobody out."""

from typing import Any
from uuid import UUID

import pytest

from service.projections.inclusion import left_out

CITY, OBLAST, NATION, OTHER = (UUID(int=number) for number in range(1, 5))
Edges = dict[tuple[UUID, str], tuple[UUID, str]]
INTO_OBLAST: Edges = {(CITY, "c"): (OBLAST, "o")}
INTO_NATION: Edges = {(OBLAST, "o"): (NATION, "n")}


def row(incident: UUID, claim: str | None, low: int | None = 1) -> dict[str, Any]:
    return {"incident": incident, "claim": claim, "low": low}


@pytest.mark.parametrize(
    ("edges", "inputs", "outside"),
    [
        (INTO_OBLAST, [row(CITY, "c"), row(OBLAST, "o")], {CITY}),
        (INTO_OBLAST, [row(CITY, "c"), row(OBLAST, "another")], {CITY}),
        (INTO_OBLAST, [row(CITY, "another"), row(OBLAST, "o")], set()),
        (INTO_OBLAST, [row(CITY, "c"), row(OTHER, "o")], set()),
        (INTO_OBLAST, [row(CITY, "c"), row(OBLAST, None, None)], set()),
        (INTO_OBLAST | INTO_NATION, [row(CITY, "c"), row(OBLAST, "o"), row(NATION, "n")], {CITY, OBLAST}),
        (INTO_OBLAST | INTO_NATION, [row(CITY, "c"), row(NATION, "n")], {CITY}),
        (INTO_OBLAST | {(OBLAST, "x"): (NATION, "n")}, [row(CITY, "c"), row(NATION, "n")], set()),
        (INTO_OBLAST | {(OBLAST, "o"): (CITY, "c")}, [row(CITY, "c"), row(OBLAST, "o")], set()),
        (INTO_OBLAST | {(OBLAST, "o"): (CITY, "x")}, [row(CITY, "c"), row(OBLAST, "o")], {OBLAST}),
        ({(CITY, "c"): (CITY, "x")}, [row(CITY, "c"), row(CITY, "x")], set()),
        (
            INTO_OBLAST | {(OBLAST, "o"): (NATION, "n"), (NATION, "n"): (OBLAST, "o")},
            [row(CITY, "c"), row(OBLAST, "o"), row(NATION, "n")],
            {CITY},
        ),
    ],
)
def test_who_is_left_out(edges: Edges, inputs: list[dict[str, Any]], outside: set[UUID]) -> None:
    assert {each["incident"] for each in left_out(edges, inputs)} == outside


def test_what_was_added_up_already_is_neither_left_out_nor_leaves_out() -> None:
    assert left_out(INTO_OBLAST, [{"incident": None, "claim": None, "low": 7}, row(CITY, "c")]) == []
