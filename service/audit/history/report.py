"""`audit report`: one file that tells an incident's history and proves it, to be opened and checked offline."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct
from rich.console import Console

from service.audit.history import evidence, recheck, timeline
from service.audit.history.differences import Difference, differences, figures
from service.audit.history.evidence import Evidence, Proven, base64_of
from service.audit.history.printed import many, mark, visible, when, zone_of
from service.audit.verdicts import Unverified
from service.domain.merkle import inclusion, node_hash
from service.notes import Verifier
from service.remote import Refused, open_client, say

_HERE: Final = Path(__file__).parent
_SORTS: Final = {
    "number": "What it comes to",
    "said": "Who gave which number",
    "fact": "What is said",
    "claim": "Who says so",
}


class Rung(Struct, frozen=True):
    """One step of a proof: the hash beside, on which side it stands, the two in order, and what they make."""

    beside: str
    side: str
    first: str
    second: str
    makes: str


def write(
    incident: UUID, file: Path, url: str, key: str, verifier: Verifier, kept: Path | None, time_zone: str, err: Console
) -> None:
    """Write the report of an incident; raise Different or Unverified, and write nothing, unless all of it is proven."""
    zone = zone_of(time_zone)
    known = None if kept is None else _note(kept)
    with open_client(url, key) as client:
        logged = evidence.events_of(client, incident)
        if not logged:
            raise Refused(f"There is no incident {incident} in the log.")
        proven = evidence.gather(client, logged, verifier, known)
    page = render(proven, zone, datetime.now(UTC), kept=known is not None)
    _look_again(page)
    part = file.with_name(f"{file.name}.part")
    part.write_text(page, encoding="utf-8", newline="\n")
    part.replace(file)
    say(err, f"{file}: {many(len(logged), 'event')}, all of it verified.")


def render(proven: Evidence, zone: ZoneInfo, now: datetime, *, kept: bool) -> str:
    """Return the page; what it says is made of the proven events alone."""
    told = list(timeline.steps(each.event for each in proven.events))
    last = told[-1]
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"shown": shown, "when": partial(when, zone=zone)}
    return environment.get_template("report.html").render(
        title=timeline.title(last.after),
        incident=UUID(bytes=last.event.incident),
        made=now.isoformat(),
        steps=[(step, _groups(step.changed)) for step in told],
        last=last,
        retraction=next((step for step in reversed(told) if step.event.type == "retracted"), None),
        figures=figures(last.after.facts),
        now=_groups(each for each in differences(None, last.after.facts) if each.sort != "number"),
        proven_rungs=[(each, each.event.leaf.hex(), rungs(each, proven)) for each in proven.events],
        evidence=proven,
        root=base64_of(proven.checkpoint.root),
        kept=kept,
        mark=mark,
        many=many,
        held=Markup(_script(_held(proven))),  # noqa: S704  # nothing in it can end the element
        program=(_HERE / "recheck.py").read_text(encoding="utf-8"),
    )


def shown(text: object) -> str:
    """Return a text in its lines, with nothing in it that turns other text around."""
    return "\n".join(map(visible, str(text).splitlines()))


def rungs(each: Proven, proven: Evidence) -> list[Rung]:
    """Return a proof of inclusion step by step, from the leaf to the root."""
    node, index, found = each.event.leaf, each.event.position - 1, []
    for part, beside in zip(inclusion(index, proven.checkpoint.size), each.hashes, strict=True):
        side = "left" if part.start <= index else "right"
        first, second = (beside, node) if side == "left" else (node, beside)
        node = node_hash(first, second)
        found.append(Rung(beside.hex(), side, first.hex(), second.hex(), node.hex()))
    return found


def _groups(changed: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    listed = list(changed)
    groups = ((heading, [each for each in listed if each.sort == sort]) for sort, heading in _SORTS.items())
    return [(heading, found) for heading, found in groups if found]


def _held(proven: Evidence) -> dict[str, Any]:
    """Return all that is needed to check the report again."""
    return {
        "public_key": str(proven.verifier),
        "checkpoint": proven.note,
        "earlier": [
            {"checkpoint": each.note, "hashes": [base64_of(hashed) for hashed in each.hashes]}
            for each in proven.earlier
        ],
        "events": [
            {
                "envelope": each.event.envelope.decode(),
                "nonce": each.event.nonce or None,
                "data": None if each.event.data is None else each.event.data.decode(),
                "hashes": [base64_of(hashed) for hashed in each.hashes],
            }
            for each in proven.events
        ],
    }


def _script(value: object) -> str:
    """Return JSON that can stand in a script element: no text in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _note(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unverified(f"{file} is no signed checkpoint.") from error


def _look_again(page: str) -> None:
    """Check the page as whoever receives it will, with the program that it carries."""
    try:
        recheck.check(page)
    except SystemExit as error:
        raise Unverified(str(error)) from error
