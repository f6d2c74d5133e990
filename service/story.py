"""
Four incidents of one article as reports (the facts are in story.json), to be loaded, shown and tested.

Every quote is the article's own, and what it leaves open stays open: no hours for 'last night', no names for
the closed airports, no word on whether the resident was hurt, and nobody who counted the 32.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from service.domain.commands import Report
from service.domain.facts import Facts, Occurred, Related

_FACTS: Final = Path(__file__).with_suffix(".json")


class Story(NamedTuple):
    """The four reports; Belgorod's is the earlier one."""

    kaluga: Report
    moscow: Report
    voronezh: Report
    belgorod: Report


def incidents(night: date, belgorod: UUID | None = None) -> Story:
    """
    Return the reports; `night` is the day on whose evening 'last night' began.

    Given the id under which Belgorod is on record, the other three are said to follow it.
    """
    facts = msgspec.json.decode(_FACTS.read_bytes(), type=dict[str, Facts])
    for name in ("kaluga", "moscow"):
        facts[name] = msgspec.structs.replace(facts[name], occurred=_last_night(facts[name], night))
    if belgorod is not None:
        follows = {"belgorod": Related(belgorod, "follows", claims=("follows",))}
        for name in ("kaluga", "moscow", "voronezh"):
            facts[name] = msgspec.structs.replace(facts[name], related=follows)
    return Story(**{name: Report(said) for name, said in facts.items()})


def _last_night(facts: Facts, night: date) -> Occurred:
    # Evening to morning bounds the night; the precision says that neither hour is anybody's word.
    if not isinstance(facts.occurred, Occurred):
        raise TypeError("story.json must say in which words the night is told")
    return msgspec.structs.replace(
        facts.occurred,
        start=f"{night}T18:00:00+03:00",
        end=f"{night + timedelta(days=1)}T06:00:00+03:00",
    )
