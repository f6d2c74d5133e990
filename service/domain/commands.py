"""What a client may ask for: to report, to revise, to retract."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain import forms, vocabulary
from service.domain.facts import Facts

Patch = Annotated[
    dict[str, Any],
    Meta(
        description="A JSON Merge Patch (RFC 7396) of the facts: null deletes, an object is merged.",
        examples=[{"objects": {"uavs": {"counts": {"destroyed": {"gov": {"value": 42}}}}}}],
    ),
]
EffectiveAt = Annotated[
    forms.Instant, Meta(description="When the source itself said so, beside the time it is recorded.")
]


class Report(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Put an incident on record, or a retracted one again."""

    facts: Facts


class Revise(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Change the facts; the change must change something, and what comes out must be valid."""

    reason: forms.Reason
    patch: Patch
    effective_at: EffectiveAt | UnsetType = UNSET


class Retract(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Take the report back; it stays readable, marked, with its history."""

    reason_code: vocabulary.ReasonCode
    reason: forms.Reason
    replaced_by: UUID | UnsetType = UNSET
    effective_at: EffectiveAt | UnsetType = UNSET


Command = Report | Revise | Retract
