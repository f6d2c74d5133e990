"""
Maps 'Massive Missile Attacks on Ukraine' (P. Ivaniuk), a stream of what its copies said when, to commands.

    python -m tests.acceptance.uaaf uaaf_dev.ndjson.gz > commands.ndjson

A line:
- the first of a record: `report`, with `external_ids.uaaf` its record_key
- a later one: `revise`, with the merge patch from what stood before; `expected_revision` is its revision_index
- one that is retracted: `retract`, reason_code source_withdrew, for the data gives no other reason
- recorded_at, when the register was seen to say so: `effective_at`, and `claims.register.stated_at`
- repo and commit, the copy that was read: `claims.register.url`
- kind and changed: `reason`, word for word; those of a report are always 'new' and nothing, and are left out

Its data:
- source, where the bulletin is: `claims.bulletin.url`, and `source`, the channel, where one is named. The name and
  the kind of a channel are given for the one that the data package itself introduces
- time_start, time_end (UTC by the data package): `occurred`, and both words in its `verbatim`. A date alone is its
  whole day, to the midnight after it; precision `day` as soon as one of the two has no time of day
- model: `objects.weapons.model`, and `type` as the register's catalogue sorts it
- launched, destroyed, not_reach_goal: its `counts` observed, destroyed, lost_contact, in the bulletin's name.
  '0' is a counted zero; what is missing is absent
- destroyed_details, region -> number: `objects.in-<region>`, in the name of a claim with that region as `scope`, so
  that nobody adds it to the whole; nan is `unknown`; and a location, role interception
- target, launch_place: `locations.target-*` and `launch-*`, one a name, the whole text in `verbatim`
- affected region: `locations.affected-*`, without a role, for it is not said by what
- the rest (WORD_FOR_WORD): `statements`, each as it is, in the register's name. There is no field for them, and some
  are explained nowhere

A place has an ISO 3166 code where an oblast or a country is named. No city is given its oblast, no direction
('south') a region. Title: model, target and day. Kind: `interception` where some were destroyed, else `strike` of
missiles and bombs, else `other`, since nobody says what the drone did. A number that the register corrects is
replaced and not put beside the old one: it read the same bulletin again, and nobody contradicts anybody.

Left out: nothing but what is said above. Not added: casualties, points, when a bulletin was stated; nobody says so.
"""

import ast
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from service.domain.patch import difference
from tests.acceptance import uaaf_words as words

Json = dict[str, Any]

NAMESPACE: Final = "uaaf"
COUNTS: Final = {"launched": "observed", "destroyed": "destroyed", "not_reach_goal": "lost_contact"}
WORD_FOR_WORD: Final = (
    "carrier", "launched_details", "launch_place_details", "still_attacking", "cross_border_belarus", "back_russia",
    "num_hit_location", "num_fall_fragment_location",
)  # fmt: skip


def read(file: Path) -> list[Json]:
    """Return the lines of the stream, in the order in which they were seen."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def commands(lines: Iterable[Json]) -> Iterator[Json]:
    """Yield what to order, line by line."""
    standing: dict[str, Json] = {}
    for line in lines:
        key = line["record_key"]
        named = {"idempotency_key": f"{key}/{line['revision_index']}"}
        change = named | {"external_id": f"{NAMESPACE}/{key}", "expected_revision": line["revision_index"]}
        change |= {"reason": reason(line), "effective_at": line["recorded_at"]}
        if line["action"] == "retracted":
            del standing[key]
            yield {"command": "retract", "reason_code": "source_withdrew", **change}
            continue
        before, standing[key] = standing.get(key), facts(line)
        if before is None:
            yield {"command": "report", "facts": standing[key], **named}
        else:
            yield {"command": "revise", "patch": difference(before, standing[key]), **change}


def reason(line: Json) -> str:
    """Return why a record changed, in the register's words."""
    return f"{line['kind']}: {', '.join(line['changed'])}" if line["changed"] else line["kind"]


def facts(line: Json) -> Json:
    """Return what a record says."""
    said = line["data"]
    found: Json = {
        "title": ", ".join(filter(None, (said["model"], said.get("target"), said["time_start"][:10]))),
        "kind": _kind(said),
        "occurred": _occurred(said["time_start"], said["time_end"]),
        "locations": _locations(said),
        "objects": {"weapons": _weapons(said)},
        "statements": {name: {"text": said[name], "claim": "register"} for name in WORD_FOR_WORD if name in said},
        "claims": {"bulletin": words.source(said["source"]) | {"relayed_by": NAMESPACE}, "register": _register(line)},
        "external_ids": {NAMESPACE: line["record_key"]},
    }
    for region, number in details(said).items():
        key = f"in-{'-'.join(map(words.slug, words.names(region)))}"
        amount = {"unknown": True} if number is None else {"value": number}
        found["objects"][key] = _sort(said) | {"counts": {"destroyed": {key: amount}}, "claims": [key]}
        scope = {"place": words.place(region) | {"place": region}}
        found["claims"][key] = found["claims"]["bulletin"] | {"scope": scope}
    return {name: value for name, value in found.items() if value}


def details(said: Json) -> dict[str, int | None]:
    """Return how many were destroyed over which region, None where only the region is named."""
    numbers: dict[str, int | None] = ast.literal_eval(said.get("destroyed_details", "{}").replace("NaN", "None"))
    return numbers


def record(found: Json) -> Json:
    """Return the record that the facts were made of: the way back, which shows that nothing was lost."""
    start, _, end = found["occurred"]["verbatim"].partition(" / ")
    said = {"time_start": start, "time_end": end, "model": found["objects"]["weapons"]["model"]}
    said["source"] = words.permalink(found["claims"]["bulletin"]["url"])
    for name, ours in COUNTS.items():
        if ours in found["objects"]["weapons"].get("counts", {}):
            said[name] = str(found["objects"]["weapons"]["counts"][ours]["bulletin"]["value"])
    for place in found.get("locations", {}).values():
        if place.get("role") in ("target", "launch"):
            said["target" if place["role"] == "target" else "launch_place"] = place["verbatim"]
    return said | {name: statement["text"] for name, statement in found.get("statements", {}).items()}


def _kind(said: Json) -> str:
    if int(said.get("destroyed", 0)):
        return "interception"
    return "strike" if words.object_type(said["model"]).endswith(("missile", "bomb")) else "other"


def _occurred(start: str, end: str) -> Json:
    begins, ends = _time(start), _time(end)
    if _is_day(end):
        ends += timedelta(days=1)
    return {
        "start": _instant(begins),
        "end": _instant(ends),
        "precision": "day" if _is_day(start) or _is_day(end) else "minute",
        "time_zone": "UTC",
        "verbatim": f"{start} / {end}",
    }


def _is_day(text: str) -> bool:
    return ":" not in text


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d" if _is_day(text) else "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _locations(said: Json) -> Json:
    found: Json = {}
    for field, role in (("target", "target"), ("launch_place", "launch")):
        verbatim = said.get(field, "")
        for name in words.names(verbatim):
            found[f"{role}-{words.slug(name)}"] = _location(name) | {"role": role, "verbatim": verbatim}
    for region in details(said):
        for name in words.names(region):
            found[f"in-{words.slug(name)}"] = _location(name) | {"role": "interception"}
    for name in re.findall(r"[^\[\]', ][^\[\]',]*", said.get("affected region", "")):
        found[f"affected-{words.slug(name)}"] = _location(name)
    return found


def _location(name: str) -> Json:
    return words.place(name) | words.precision(name) | {"claims": ["bulletin"]}


def _sort(said: Json) -> Json:
    return {"type": words.object_type(said["model"]), "model": said["model"]}


def _weapons(said: Json) -> Json:
    counts = {ours: {"bulletin": {"value": int(said[name])}} for name, ours in COUNTS.items() if name in said}
    return _sort(said) | {"counts": counts, "claims": ["bulletin"]}


def _register(line: Json) -> Json:
    return {
        "source": NAMESPACE,
        "source_name": "Massive Missile Attacks on Ukraine",
        "source_kind": "aggregator",
        "attribution": "named",
        "url": f"https://github.com/{line['repo']}/commit/{line['commit']}",
        "stated_at": _instant(datetime.fromisoformat(line["recorded_at"])),
    }


def main() -> None:
    """Write the commands to stdout."""
    for command in commands(read(Path(sys.argv[1]))):
        sys.stdout.write(json.dumps(command, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
