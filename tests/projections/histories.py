"""Random histories of a small world, in which everything meets: the same in every run with the same seed."""

import random
from collections.abc import Iterator
from typing import Any, Final

import httpx

from tests.api.samples import batch

Json = dict[str, Any]
REGIONS: Final = ("RU-KLU", "RU-MOW", "RU-VOR", "RU-BEL", "UA-30")
AIRPORTS: Final = ("UUEE", "UUWW", "ULLI", "UWKD")
SOURCES: Final = ("governor", "ministry", "agency", "witnesses")
CAMPAIGNS: Final = ("spring", "night-raid")
MEASURES: Final = ("observed", "destroyed", "impacted", "lost_contact")
KINDS: Final = ("interception", "strike", "sighting", "debris", "alert", "other")
OBJECTS: Final = ("uav", "fpv_uav", "missile", "unknown_air_target")


class World:
    """Makes commands about incidents that it has heard of."""

    def __init__(self, seed: int) -> None:
        self._dice: Final = random.Random(seed)
        self._known: Final[dict[str, bool]] = {}
        """Incidents, and whether they stand."""

    def record(self, client: httpx.Client, rounds: int, size: int = 40) -> None:
        """Send commands to a register, and learn from its answers."""
        for _ in range(rounds):
            lines = list(self._commands(size))
            for line, result in zip(lines, batch(client, *lines), strict=True):
                if result["status"] == 201:
                    self._known[result["incident"]] = line["command"] != "retract"

    def _commands(self, size: int) -> Iterator[Json]:
        for _ in range(size):
            standing = [each for each, stands in self._known.items() if stands]
            retracted = [each for each, stands in self._known.items() if not stands]
            sort = self._dice.random()
            if retracted and sort < 0.08:
                yield {"command": "report", "incident": self._dice.choice(retracted), "facts": self._facts()}
            elif standing and sort < 0.2:
                code = self._dice.choice(("false_report", "duplicate", "source_withdrew"))
                yield {
                    "command": "retract",
                    "incident": self._dice.choice(standing),
                    "reason_code": code,
                    "reason": "r",
                }
            elif standing and sort < 0.55:
                patch = self._patch()
                yield {"command": "revise", "incident": self._dice.choice(standing), "reason": "more", "patch": patch}
            else:
                yield {"command": "report", "facts": self._facts()}

    def _facts(self) -> Json:
        claims = {key: self._claim() for key in self._some(("a", "b", "c"), 1)}
        return {
            "title": self._dice.choice(("Drones over Kaluga", "Дроны над Калугой", "Fire", "Пожар", "Alert")),
            "kind": self._dice.choice(KINDS),
            "claims": claims,
            **self._optional(claims),
        }

    def _patch(self) -> Json:
        claims = {key: self._claim() for key in self._some(("a", "b", "c"), 1)}
        patch = {"claims": claims, **self._optional(claims)}
        for name in self._some(("casualties", "disruptions", "locations", "objects"), 0):
            if self._dice.random() < 0.2:
                patch[name] = None
        return patch

    def _optional(self, claims: Json) -> Json:
        day = self._dice.randint(1, 9)
        every = {
            "occurred": {"start": f"2026-05-0{day}T0{day}:30:00Z", "precision": "hour"},
            "locations": {key: self._location() for key in self._some(("here", "there"), 1)},
            "objects": {key: self._object(claims) for key in self._some(("one", "two"), 1)},
            "casualties": {"killed": self._quantity(claims), "injured": self._quantity(claims)},
            "damage": {"d": {"target": "residential", "count": self._quantity(claims), "claims": list(claims)}},
            "disruptions": {key: self._disruption(claims) for key in self._some(("x", "y"), 1)},
            "responses": {"r": {"kind": "investigation", "status": self._dice.choice(("under_way", "completed"))}},
            "assessments": {"s": {"kind": "coordination", "text": "t", "confidence": "low", "claims": list(claims)}},
            "campaigns": self._some(CAMPAIGNS, 1),
            "message_status": self._dice.choice(("actual",) * 8 + ("exercise", "test")),
        }
        return {name: every[name] for name in self._some(tuple(every), 3)}

    def _claim(self) -> Json:
        claim: Json = {
            "source": self._dice.choice(SOURCES),
            "confidence": self._dice.choice(("preliminary", "confirmed", "believed", "denied")),
            "stated_at": f"2026-05-0{self._dice.randint(1, 9)}T12:00:00Z",
        }
        if self._known and self._dice.random() < 0.4:
            parent = {"incident": self._dice.choice(list(self._known)), "claim": self._dice.choice(("a", "b"))}
            claim["scope"] = {"part_of": parent}
        if self._dice.random() < 0.1:
            claim.setdefault("scope", {})["place"] = {"place": "a district"}
        return claim

    def _object(self, claims: Json) -> Json:
        counts = {name: self._quantity(claims) for name in self._some(MEASURES, 1)}
        return {"type": self._dice.choice(OBJECTS), "counts": counts}

    def _quantity(self, claims: Json) -> Json:
        return {key: self._amount() for key in self._some(tuple(claims), 1)}

    def _amount(self) -> Json:
        number = self._dice.randint(0, 50)
        return self._dice.choice(
            ({"value": number}, {"value": number}, {"low": number, "high": number + 5}, {"at_least": number},
             {"at_most": number}, {"none_reported": True}, {"unknown": True})
        )  # fmt: skip

    def _location(self) -> Json:
        place: Json = {"role": "target", "subdivision": self._dice.choice(REGIONS), "place": "Калуга"}
        if self._dice.random() < 0.5:
            place["point"] = [self._dice.uniform(30, 40), self._dice.uniform(45, 56)]
        return place

    def _disruption(self, claims: Json) -> Json:
        day = self._dice.randint(1, 9)
        kind = self._dice.choice(("airport_closed", "airport_closed", "flights_diverted", "power_outage"))
        told: Json = {"kind": kind, "start": f"2026-05-0{day}T01:00:00Z", "claims": list(claims)}
        if self._dice.random() < 0.7:
            told["airport"] = self._dice.choice(AIRPORTS)
        if self._dice.random() < 0.4:
            told["end"] = f"2026-05-0{day}T09:00:00Z"
        if self._dice.random() < 0.5:
            told["diverted_to"] = {"d": {"airport": self._dice.choice(AIRPORTS)}, "e": {"place": "Kazan"}}
        return told

    def _some(self, of: tuple[str, ...], least: int) -> list[str]:
        return sorted(self._dice.sample(of, self._dice.randint(min(least, len(of)), len(of))))
