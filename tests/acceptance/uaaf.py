"""
Map 'Massive Missile Attacks on Ukraine' (P. Ivaniuk), a stream of what its copies said when, to commands.

    python -m tests.acceptance.uaaf uaaf_dev.ndjson.gz > commands.ndjson

A record's first line is a report, its later ones are revisions. Where the fields go:

| theirs | ours |
|---|---|
| record_key | `external_ids.uaaf` |
| recorded_at, commit | claim `dataset`: `stated_at`, `verbatim`; of a revision also its `effective_at` |
| source (of the bulletin) | claim `bulletin`: `verbatim`, and `source`, its page |
| time_start, time_end | `occurred`, in UTC as their README says; a date alone is the whole day; `verbatim` keeps both |
| model | `objects.weapon.model`; its `type` by the words in it, else `unknown_air_target` |
| launched, destroyed, not_reach_goal | `objects.weapon.counts`: `observed`, `destroyed`, `lost_contact` |
| target | `locations.target-N`, one a place; `subdivision` where it is an oblast that we know, `country` for Ukraine |
| launch_place | `locations.launch.place` |
| affected region | `locations.region-N`, as far as they are oblasts that we know |
| num_hit_location, num_fall_fragment_location | `damage.hits.count`, `damage.fragments.count` |
| whatever else there is, and affected region as it was | `statements.record`, as JSON |

`kind` is `interception` where something was destroyed, else `other`: the data do not say whether anything was hit.
Left out: `repo` (which copy it was: the commit says it) and `changed` and `kind` (they follow from the records).
"""

import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]

OBLASTS: Final = {
    "Cherkasy": "UA-71", "Chernihiv": "UA-74", "Chernivtsi": "UA-77", "Dnipropetrovsk": "UA-12", "Donetsk": "UA-14",
    "Ivano-Frankivsk": "UA-26", "Kharkiv": "UA-63", "Kherson": "UA-65", "Khmelnytskyi": "UA-68", "Kirovohrad": "UA-35",
    "Kyiv": "UA-32", "Luhansk": "UA-09", "Lviv": "UA-46", "Mykolaiv": "UA-48", "Odesa": "UA-51", "Poltava": "UA-53",
    "Rivne": "UA-56", "Sumy": "UA-59", "Ternopil": "UA-61", "Vinnytsia": "UA-05", "Volyn": "UA-07",
    "Zakarpattia": "UA-21",
    "Zaporizhzhia": "UA-23", "Zhytomyr": "UA-18", "Kursk": "RU-KRS",
}  # fmt: skip
_TYPES: Final = (
    ("uav", ("UAV", "Shahed", "Orlan", "Supercam", "ZALA", "Lancet", "Eleron", "Forpost", "Granat", "Kub", "Merlin",
             "Mohajer", "Orion", "Молнія")),
    ("ballistic_missile", ("Ballistic", "Iskander-M", "KN-23", "Kinzhal")),
    ("guided_bomb", ("GBU",)),
    ("cruise_missile", ("X-", "Kalibr", "Iskander-K", "Zircon", "Oniks", "Banderol")),
    ("missile", ("Missile", "C-300", "C-400")),
)  # fmt: skip
_COUNTS: Final = {"launched": "observed", "destroyed": "destroyed", "not_reach_goal": "lost_contact"}
_DAMAGE: Final = {"num_hit_location": "hits", "num_fall_fragment_location": "fragments"}
_MAPPED: Final = {"source", "time_start", "time_end", "model", "target", "launch_place", *_COUNTS, *_DAMAGE}
_JOINT: Final = " and "


def read(file: Path) -> list[Json]:
    """Return the lines of the stream, in the order in which they were seen."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def commands(stream: Iterable[Json]) -> Iterator[Json]:
    """Yield the command of each line, as /v1/batches takes it."""
    before: dict[str, Json] = {}
    for line in stream:
        key, seen = line["record_key"], facts(line)
        named = {"idempotency_key": f"uaaf:{key}:{line['revision_index']}"}
        if key in before:
            yield named | {
                "command": "revise",
                "external_id": f"uaaf/{key}",
                "expected_revision": line["revision_index"],
                "reason": "The data set changed: " + ", ".join(line["changed"]),
                "patch": difference(before[key], seen),
                "effective_at": line["recorded_at"],
            }
        else:
            yield named | {"command": "report", "facts": seen}
        before[key] = seen


def facts(line: Json) -> Json:
    """Return the facts of a record as it stood at a line."""
    data = line["data"]
    source = data["source"]
    found: Json = {
        "title": data["model"] + (f", {data['target']}" if data.get("target") else ""),
        "kind": "interception" if int(data.get("destroyed") or 0) else "other",
        "occurred": _occurred(data["time_start"], data["time_end"]),
        "locations": dict(_locations(data)),
        "objects": {"weapon": _weapon(data)},
        "damage": {
            name: {"count": {"bulletin": {"value": int(data[theirs])}}}
            for theirs, name in _DAMAGE.items()
            if theirs in data
        },
        "claims": {
            "bulletin": _author(source)
            | {
                "source_kind": "military",
                "relayed_by": "uaaf",
                "verbatim": source,
            },
            "dataset": {
                "source": "uaaf",
                "source_kind": "aggregator",
                "stated_at": line["recorded_at"],
                "verbatim": line["commit"],
            },
        },
        "external_ids": {"uaaf": line["record_key"]},
    }
    rest = {name: value for name, value in data.items() if name not in _MAPPED}
    if rest:
        found["statements"] = {"record": {"text": json.dumps(rest, ensure_ascii=False), "claim": "dataset"}}
    return {name: value for name, value in found.items() if value != {}}


def record(found: Json) -> Json:
    """Return the record that the facts were made of: the way back, which shows that nothing was lost."""
    start, _, end = found["occurred"]["verbatim"].partition(" / ")
    weapon, locations = found["objects"]["weapon"], found.get("locations", {})
    data = {
        "time_start": start,
        "time_end": end,
        "model": weapon["model"],
        "source": found["claims"]["bulletin"]["verbatim"],
    }
    targets = [place["place"] for name, place in locations.items() if name.startswith("target-")]
    if targets:
        data["target"] = _JOINT.join(targets)
    if "launch" in locations:
        data["launch_place"] = locations["launch"]["place"]
    for theirs, ours in _COUNTS.items():
        if ours in weapon.get("counts", {}):
            data[theirs] = str(weapon["counts"][ours]["bulletin"]["value"])
    for theirs, ours in _DAMAGE.items():
        if ours in found.get("damage", {}):
            data[theirs] = str(found["damage"][ours]["count"]["bulletin"]["value"])
    return data | json.loads(found.get("statements", {}).get("record", {}).get("text", "{}"))


def difference(before: Json, after: Json) -> Json:
    """Return the merge patch (RFC 7396) from one document to the other."""
    patch: Json = dict.fromkeys(before.keys() - after.keys())
    for name, value in after.items():
        if isinstance(value, dict) and isinstance(before.get(name), dict):
            if inner := difference(before[name], value):
                patch[name] = inner
        elif before.get(name) != value:
            patch[name] = value
    return patch


def _author(source: str) -> Json:
    """Name the page of the bulletin; what begins otherwise is a bare post, or a search."""
    page = re.match(r"(?!https?:|watch|pfbid)([A-Za-z][A-Za-z0-9.]{2,40})/", source)
    return {"source": page[1].lower().replace(".", "-")} if page else {"attribution": "not_stated"}


def _occurred(start: str, end: str) -> Json:
    clocks = ":" in start, ":" in end
    return {
        "start": _instant(start, timedelta()),
        "end": _instant(end, timedelta(days=1)),
        "precision": "minute" if all(clocks) else "day",
        "verbatim": f"{start} / {end}",
    }


def _instant(text: str, to_the_end_of_a_day: timedelta) -> str:
    if ":" in text:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").isoformat() + "Z"  # noqa: DTZ007  # the Z says it
    return (datetime.fromisoformat(text) + to_the_end_of_a_day).isoformat() + "Z"


def _weapon(data: Json) -> Json:
    types = {name for name, words in _TYPES if any(word in data["model"] for word in words)}
    weapon = {"type": types.pop() if len(types) == 1 else "unknown_air_target", "model": data["model"]}
    counts = {ours: {"bulletin": {"value": int(data[theirs])}} for theirs, ours in _COUNTS.items() if theirs in data}
    return weapon | ({"counts": counts} if counts else {})


def _locations(data: Json) -> Iterator[tuple[str, Json]]:
    for number, place in enumerate(data["target"].split(_JOINT) if data.get("target") else (), 1):
        yield f"target-{number:03}", {"role": "target", "place": place} | _code(place)
    if data.get("launch_place"):
        yield "launch", {"role": "launch", "place": data["launch_place"]}
    for number, place in enumerate(re.findall(r"'([^']+)'", str(data.get("affected region", ""))), 1):
        if code := _code(place):
            yield f"region-{number:03}", {"role": "impact", "place": place} | code


def _code(place: str) -> Json:
    if place == "Ukraine":
        return {"country": "UA", "precision": "country"}
    oblast = OBLASTS.get(place.removesuffix(" oblast")) if place.endswith(" oblast") else None
    return {"subdivision": oblast, "precision": "subdivision"} if oblast else {}


if __name__ == "__main__":
    for command in commands(read(Path(sys.argv[1]))):
        sys.stdout.write(json.dumps(command, ensure_ascii=False) + "\n")
