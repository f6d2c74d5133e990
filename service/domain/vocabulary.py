"""
Every closed choice a client can make, in one place; the OpenAPI enums come from here.

The lists are open towards readers: a later version of the service may say a value that is not here today.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

RULE_VERSION: Final = 2
"""The newest version of the rule in `resolution.py`: what documents show, and served beside every derived number."""

Kind = Annotated[
    Literal["interception", "strike", "sighting", "debris", "alert", "other"],
    Meta(description="What sort of incident it is said to be."),
]
MessageStatus = Annotated[
    Literal["actual", "exercise", "test"],
    Meta(description="Whether it is real (CAP `status`). Lists show `actual` alone unless asked."),
]
Precision = Annotated[
    Literal["minute", "hour", "part_of_day", "day", "week", "month"],
    Meta(description="How exactly the time is known: `start` and `end` bound an interval of this grain."),
]
Role = Annotated[
    Literal["target", "impact", "interception", "launch"],
    Meta(description="What the place has to do with the incident."),
]
PlacePrecision = Annotated[
    Literal["exact", "settlement", "district", "subdivision", "country"],
    Meta(description="How exactly the place is known."),
]
ObjectType = Annotated[
    Literal[
        "uav",
        "fpv_uav",
        "missile",
        "cruise_missile",
        "ballistic_missile",
        "guided_bomb",
        "rocket",
        "aircraft",
        "unknown_air_target",
    ],
    Meta(description="What was in the air."),
]
Certainty = Annotated[
    Literal["confirmed", "believed", "unknown"],
    Meta(description="How sure the sources are that the object was of this type."),
]
DamageTarget = Annotated[
    Literal["residential", "administrative", "industrial", "energy", "transport", "military", "other"],
    Meta(description="What was damaged. Absent: not said."),
]
Severity = Annotated[Literal["minor", "major", "destroyed"], Meta(description="How badly.")]
DisruptionKind = Annotated[
    Literal[
        "airport_closed",
        "airspace_closed",
        "flights_diverted",
        "power_outage",
        "transport",
        "communications",
    ],
    Meta(description="What stopped working as usual."),
]
DisruptionStatus = Annotated[
    Literal["ongoing", "ended"],
    Meta(description="Whether it is said to be over, also where nobody says since when. Absent: not said."),
]
AirportsState = Annotated[
    Literal["named", "unspecified"],
    Meta(description="`unspecified`: airports are meant, but the sources do not say which."),
]
ResponseKind = Annotated[
    Literal[
        "air_defence",
        "emergency_services",
        "investigation",
        "evacuation",
        "surveillance",
        "security",
        "public_alert",
    ],
    Meta(description="What was done about it."),
]
ResponseStatus = Annotated[Literal["announced", "under_way", "completed"], Meta(description="How far it has come.")]
AssessmentKind = Annotated[
    Literal["coordination", "attribution", "pattern", "threat"],
    Meta(description="What somebody concludes about."),
]
AssessmentConfidence = Annotated[
    Literal["low", "moderate", "high"], Meta(description="How sure the assessor says to be.")
]
Attribution = Annotated[
    Literal["named", "role_only", "anonymous", "not_stated"],
    Meta(description="How the one who claims is known. `not_stated`: nobody says who it was."),
]
Confidence = Annotated[
    Literal["preliminary", "confirmed", "believed", "denied"],
    Meta(description="How the claimant puts it. What a `denied` claim says counts towards no number."),
]
Reliability = Annotated[
    Literal["A", "B", "C", "D", "E", "F"],
    Meta(description="Admiralty code of the source: A completely reliable to E unreliable, F not judged."),
]
Credibility = Annotated[
    Literal[1, 2, 3, 4, 5, 6],
    Meta(description="Admiralty code of what is said: 1 confirmed to 5 improbable, 6 not judged."),
]
SourceKind = Annotated[
    Literal["official", "military", "emergency_service", "media", "witness", "expert", "aggregator"],
    Meta(description="What sort of source it is."),
]
Relation = Annotated[
    Literal["duplicate_of", "split_from", "part_of", "follows"],
    Meta(description="What this incident is to the other."),
]
ReasonCode = Annotated[
    Literal[
        "duplicate",
        "merged",
        "false_report",
        "source_withdrew",
        "out_of_scope",
        "data_entry_error",
        "legal",
        "test_data",
    ],
    Meta(description="Why the incident is taken back."),
]
KeptReasonCode = Annotated[
    Literal[
        "duplicate",
        "merged",
        "false_report",
        "source_withdrew",
        "out_of_scope",
        "data_entry_error",
        "legal",
        "test_data",
        "expunged",
    ],
    Meta(description="Why the incident was taken back; `expunged`: the event that said so is without its data."),
]
CountState = Annotated[
    Literal["counted", "none_reported", "unknown"],
    Meta(description="What stands behind a derived number; `unknown` is never zero."),
]
Flag = Annotated[
    Literal[
        "counts_disputed",
        "destroyed_exceeds_observed",
        "expunged",
        "occurred_after_recorded",
        "source_missing",
        "start_after_end",
    ],
    Meta(
        description=(
            "What is odd about the record. An odd report is recorded all the same. `expunged`: some of what it was "
            "made of has been taken out of the log."
        )
    ),
]
Status = Annotated[Literal["active", "retracted"], Meta(description="Whether the report stands or was taken back.")]
