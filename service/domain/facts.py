"""
The facts of one incident as they are stored and served.

What was not said is absent: never null, never zero. Every collection is a map keyed by a short id, so that a
merge patch can touch one entry; every entry may name the claims that support it.
"""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from service.domain import forms, vocabulary
from service.domain.forms import MAX_CAMPAIGNS, MAX_ENTRIES, ClaimId, Count, EntryId, Instant, Line, Verbatim

CountName = Literal["observed", "destroyed", "impacted", "lost_contact"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    # gc: facts are trees, so the collector has nothing to find in them; looking took half the time of reading them
    pass


class Entry(Part, frozen=True, kw_only=True):
    claims: Annotated[
        tuple[ClaimId, ...], Meta(max_length=MAX_ENTRIES, description="The claims that support this.")
    ] = ()


class Window(Part, frozen=True):
    """From `start` to `end`; either may be unknown."""

    start: Instant | UnsetType = UNSET
    end: Instant | UnsetType = UNSET


class Occurred(Window, frozen=True):
    """When it happened: from `start` up to `end` and without it, so a day ends at midnight. Absent: nobody says."""

    precision: vocabulary.Precision | UnsetType = UNSET
    time_zone: forms.TimeZone | UnsetType = UNSET
    verbatim: Verbatim | UnsetType = UNSET


class Place(Part, frozen=True):
    """A place by code, by name, or both."""

    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    place: Line | UnsetType = UNSET


class Location(Entry, frozen=True):
    """Where; `alternatives` are the other places the words may mean."""

    role: vocabulary.Role | UnsetType = UNSET
    country: forms.Country | UnsetType = UNSET
    subdivision: forms.Subdivision | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    point: forms.Point | UnsetType = UNSET
    radius_m: forms.Metres | UnsetType = UNSET
    precision: vocabulary.PlacePrecision | UnsetType = UNSET
    alternatives: Annotated[dict[EntryId, Place], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    verbatim: Verbatim | UnsetType = UNSET


class Amount(Part, frozen=True):
    """
    What one claim says of a number, in exactly one form; `about` softens any of them.

    The forms: `value`; `low` with `high`; `at_least`; `at_most`; `none_reported`; `unknown`.
    """

    value: Count | UnsetType = UNSET
    low: Count | UnsetType = UNSET
    high: Count | UnsetType = UNSET
    at_least: Count | UnsetType = UNSET
    at_most: Count | UnsetType = UNSET
    none_reported: bool = False
    unknown: bool = False
    about: bool = False
    verbatim: Verbatim | UnsetType = UNSET


AMOUNT_SCHEMA = {
    "oneOf": [
        {"required": ["value"]},
        {"anyOf": [{"required": ["low"]}, {"required": ["high"]}]},
        {"required": ["at_least"]},
        {"required": ["at_most"]},
        {"required": ["none_reported"], "properties": {"none_reported": {"const": True}}},
        {"required": ["unknown"], "properties": {"unknown": {"const": True}}},
    ],
    "dependentRequired": {"low": ["high"], "high": ["low"]},
}
"""What the schema of `Amount` says beyond its fields."""

Quantity = Annotated[
    dict[ClaimId, Amount],
    Meta(
        max_length=MAX_ENTRIES,
        description="What each claim says of one number, keyed by the claim's id.",
        examples=[{"gov": {"value": 40}}],
    ),
]


class Counts(Part, frozen=True):
    """How many of the objects met which end."""

    observed: Quantity = field(default_factory=dict)
    destroyed: Quantity = field(default_factory=dict)
    impacted: Quantity = field(default_factory=dict)
    lost_contact: Quantity = field(default_factory=dict)


class AirObject(Entry, frozen=True):
    """One sort of object in the air."""

    type: vocabulary.ObjectType
    certainty: vocabulary.Certainty | UnsetType = UNSET
    model: Line | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET


class Casualties(Entry, frozen=True):
    """`none_reported`: the claims say that neither killed nor injured were reported."""

    killed: Quantity = field(default_factory=dict)
    injured: Quantity = field(default_factory=dict)
    none_reported: bool = False


class Damage(Entry, frozen=True):
    """`none_reported`: the claims say that no such damage was reported."""

    target: vocabulary.DamageTarget | UnsetType = UNSET
    count: Quantity = field(default_factory=dict)
    severity: vocabulary.Severity | UnsetType = UNSET
    description: forms.Text | UnsetType = UNSET
    fire: bool | UnsetType = UNSET
    none_reported: bool = False


class Diversion(Place, frozen=True):
    """Where flights were sent: an airport, or only the place that the sources name."""

    airport: forms.Airport | UnsetType = UNSET


class Disruption(Entry, frozen=True):
    """What stopped working as usual, where and for how long."""

    kind: vocabulary.DisruptionKind
    airport: forms.Airport | UnsetType = UNSET
    airports_state: vocabulary.AirportsState | UnsetType = UNSET
    diverted_to: Annotated[dict[EntryId, Diversion], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    area: Line | UnsetType = UNSET
    status: vocabulary.DisruptionStatus | UnsetType = UNSET
    start: Instant | UnsetType = UNSET
    end: Instant | UnsetType = UNSET
    description: forms.Text | UnsetType = UNSET


class Response(Entry, frozen=True):
    """What was done about it, and by whom."""

    kind: vocabulary.ResponseKind
    by: Line | UnsetType = UNSET
    status: vocabulary.ResponseStatus | UnsetType = UNSET
    start: Instant | UnsetType = UNSET
    end: Instant | UnsetType = UNSET
    description: forms.Text | UnsetType = UNSET


class Statement(Entry, frozen=True):
    """Quoted words of the source behind `claim`."""

    text: forms.Text
    language: forms.Language | UnsetType = UNSET
    claim: ClaimId | UnsetType = UNSET


class Assessment(Entry, frozen=True):
    """What somebody concludes from it."""

    kind: vocabulary.AssessmentKind
    text: forms.Text
    confidence: vocabulary.AssessmentConfidence | UnsetType = UNSET


class PartOf(Part, frozen=True):
    """The claim of another incident whose number already includes this one's."""

    incident: UUID
    claim: ClaimId


class Scope(Part, frozen=True):
    """What a claim covers, so that a total and its parts are never added up."""

    place: Place | UnsetType = UNSET
    window: Window | UnsetType = UNSET
    part_of: PartOf | UnsetType = UNSET


class Claim(Part, frozen=True):
    """Who says so. Without reliability and credibility it counts as F6: not judged."""

    source: forms.Slug | UnsetType = UNSET
    source_name: Line | UnsetType = UNSET
    source_kind: vocabulary.SourceKind | UnsetType = UNSET
    attribution: vocabulary.Attribution | UnsetType = UNSET
    relayed_by: forms.Slug | UnsetType = UNSET
    url: forms.WebAddress | UnsetType = UNSET
    stated_at: Instant | UnsetType = UNSET
    confidence: vocabulary.Confidence | UnsetType = UNSET
    reliability: vocabulary.Reliability | UnsetType = UNSET
    credibility: vocabulary.Credibility | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    verbatim: Verbatim | UnsetType = UNSET


class Related(Entry, frozen=True):
    """Another incident that this one has to do with."""

    incident: UUID
    relation: vocabulary.Relation


class Facts(Part, frozen=True):
    """What is said of one incident. Only a title and a kind are required."""

    title: forms.Title
    kind: vocabulary.Kind
    summary: forms.Summary = ""
    message_status: vocabulary.MessageStatus = "actual"
    occurred: Occurred | UnsetType = UNSET
    locations: Annotated[dict[EntryId, Location], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    objects: Annotated[dict[EntryId, AirObject], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    casualties: Casualties | UnsetType = UNSET
    damage: Annotated[dict[EntryId, Damage], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    disruptions: Annotated[dict[EntryId, Disruption], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    responses: Annotated[dict[EntryId, Response], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    statements: Annotated[dict[EntryId, Statement], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    assessments: Annotated[dict[EntryId, Assessment], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    claims: Annotated[dict[EntryId, Claim], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    campaigns: Annotated[
        tuple[forms.Slug, ...],
        Meta(
            max_length=MAX_CAMPAIGNS,
            description="The campaigns it is said to belong to.",
            extra_json_schema={"uniqueItems": True},
        ),
    ] = ()
    related: Annotated[dict[EntryId, Related], Meta(max_length=MAX_ENTRIES)] = field(default_factory=dict)
    external_ids: Annotated[
        dict[forms.Slug, forms.RecordKey],
        Meta(max_length=MAX_ENTRIES, description="Of each namespace, the source's own key of its record."),
    ] = field(default_factory=dict)
