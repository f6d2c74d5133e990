"""An event as a CloudEvent 1.0 (https://github.com/cloudevents/spec): what webhooks and NATS are told."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.projections.matching import Concern, tombstone
from service.projections.passing import Passing
from service.store.events import instant

MEDIA_TYPE: Final = "application/cloudevents+json"
Kind = Literal["incident.reported", "incident.revised", "incident.retracted", "incident.left_filter"]


class CloudEvent(Struct, frozen=True, kw_only=True):
    """One event of the log, in the JSON format of CloudEvents."""

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[UUID, Meta(description="The event's id: whoever has seen it has this event already.")]
    source: Annotated[str, Meta(description="The log that it is in: an address, or a path if the service knows none.")]
    type: Annotated[
        Kind, Meta(description="What was recorded; `incident.left_filter`: a revision after which no filter matches.")
    ]
    subject: Annotated[UUID, Meta(description="The incident.")]
    time: Annotated[str, Meta(description="When it was recorded.", extra_json_schema={"format": "date-time"})]
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: Annotated[
        str,
        Meta(
            pattern="^[0-9]{19}$",
            description="The position in the log, with zeros before it: later events have greater ones, as text too.",
        ),
    ]
    data: (
        Annotated[
            msgspec.Raw, Meta(description="The incident as the event left it; where it is to be dropped, a Tombstone.")
        ]
        | UnsetType
    ) = UNSET
    dataref: (
        Annotated[
            str,
            Meta(
                description="Where the data are to be read, if they are too large.",
                extra_json_schema={"format": "uri-reference"},
            ),
        ]
        | UnsetType
    ) = UNSET


def cloud_event(passing: Passing, concern: Concern, source: str, most: int | None = None) -> bytes:
    """
    Return the event, for somebody to whom it is of this concern.

    `source` is where the log is read; where there would be more than `most` bytes, it says where the data are.
    """
    data = passing.after.document.encode() if concern == "incident" else tombstone(passing, concern)
    told = _told(passing, concern, source, data=msgspec.Raw(data))
    if most is not None and len(told) > most:
        at = source.removesuffix("/log") + f"/incidents/{passing.incident}?revision={passing.after.revision}"
        return _told(passing, concern, source, dataref=at)
    return told


def _told(passing: Passing, concern: Concern, source: str, **data: Any) -> bytes:  # noqa: ANN401  # data or dataref
    event = CloudEvent(
        id=passing.event_id,
        source=source,
        type="incident.left_filter" if concern == "left_filter" else f"incident.{passing.type}",  # type: ignore[arg-type]
        subject=passing.incident,
        time=instant(passing.after.recorded_at),
        sequence=f"{passing.position:019d}",
        **data,
    )
    return msgspec.json.encode(event)
