"""POST /v1/batches: many commands in one request, each line answered in turn, in bounded memory."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Request, post
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import examples, lines
from service.api.access import actor_of, bounds_of
from service.api.answers import Duplex, negotiate
from service.api.lines import LineTooLong
from service.api.operation import NDJSON, Answer, Operation, described
from service.api.parts import parts
from service.api.problems import Problem, problem_of
from service.api.refusals import Pointed, TooLarge, WrongRequest
from service.api.requests import Body, Reading, check_media_type, headers, query_parts, strict_json
from service.db import DatabaseAway
from service.domain import forms, vocabulary
from service.domain.bounds import Bounds
from service.domain.checks import Codes
from service.domain.commands import Command, EffectiveAt, Patch, Report, Retract, Revise
from service.domain.errors import Refused
from service.domain.facts import Facts
from service.orders import NotRecorded, Order, Receipt
from service.register import Register
from service.store.writer import QueueFull

GROUP: Final = 50
"""Lines that are carried out together."""
_AHEAD: Final = 2
"""Groups that may be under way behind the one whose results are next."""
MAX_ATOMIC: Final = 1000
_PATIENCE: Final = 100
_log: Final = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class BatchQuery(Struct, forbid_unknown_fields=True):
    """How to carry it out."""

    atomic: Annotated[bool, Meta(description=f"All lines or none; {MAX_ATOMIC} at most.")] = False


class BatchHeaders(Struct, rename={"idempotency_key": "Idempotency-Key"}):
    """Headers of a batch."""

    idempotency_key: (
        Annotated[forms.IdempotencyKey, Meta(description="Counts, with its number, for each line without its own.")]
        | UnsetType
    ) = UNSET


class _Line(Struct, forbid_unknown_fields=True, kw_only=True):
    incident: Annotated[UUID, Meta(description="The incident it is about.")] | UnsetType = UNSET
    external_id: (
        Annotated[forms.ExternalId, Meta(description="namespace/key: the incident that has it, instead of `incident`.")]
        | UnsetType
    ) = UNSET
    expected_revision: (
        Annotated[int, Meta(ge=1, le=2**31 - 1, description="As If-Match; whichever it is at, if absent.")] | UnsetType
    ) = UNSET
    idempotency_key: forms.IdempotencyKey | UnsetType = UNSET


class ReportLine(_Line):
    """Report an incident, or one that was retracted again."""

    command: Literal["report"]
    facts: Facts


class ReviseLine(_Line):
    """Revise an incident."""

    command: Literal["revise"]
    reason: forms.Reason
    patch: Patch
    effective_at: EffectiveAt | UnsetType = UNSET


class RetractLine(_Line):
    """Retract an incident."""

    command: Literal["retract"]
    reason_code: vocabulary.ReasonCode
    reason: forms.Reason
    replaced_by: UUID | UnsetType = UNSET
    effective_at: EffectiveAt | UnsetType = UNSET


class BatchResult(Struct, omit_defaults=True):
    """What became of one line: its event, or a problem."""

    line: Annotated[int, Meta(ge=1)]
    status: Annotated[int, Meta(description="As if it had been a request of its own.", examples=[201])]
    incident: UUID | UnsetType = UNSET
    revision: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    position: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    event_id: UUID | UnsetType = UNSET
    replayed: bool | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


_FORMS: Final[Mapping[str, Body]] = {
    "report": Body(ReportLine),
    "revise": Body(ReviseLine),
    "retract": Body(RetractLine),
}
Numbered = tuple[int, Order | Refused]
_Started = tuple[list[Numbered], asyncio.Task[Sequence[Receipt | Exception]]]


@post(
    "/v1/batches",
    status_code=200,
    request_max_body_size=None,
    opt=described(
        Operation(
            id="carryOutBatch",
            summary="Carry out many commands",
            description=(
                "NDJSON in, one command a line (1 MiB at most); NDJSON out, one result a line, in order, while "
                "the request is still being read, so read as you write. A line is decided on what those before it did."
            ),
            tag="Incidents",
            scope="incidents:write",
            query=BatchQuery,
            headers=BatchHeaders,
            body_lines=(ReportLine, ReviseLine, RetractLine),
            body_example=examples.BATCH_LINE,
            answers={200: Answer(description="One result a line.", lines=(BatchResult,))},
            refusals=(NotRecorded, QueueFull),
        )
    ),
)
async def carry_out(request: Request[Any, Any, Any]) -> Duplex:
    """Carry out many commands."""
    check_media_type(request, NDJSON)
    negotiate(request, NDJSON)
    reading = Reading()
    asked = query_parts(request, BatchQuery, reading)
    sent: BatchHeaders = reading.of(headers, request, BatchHeaders)
    reading.finish()
    register, actor, db = parts(request).register, actor_of(request), parts(request).db
    groups = _groups(request.stream(), _Reader(parts(request).codes, sent.idempotency_key or None, bounds_of(request)))
    if not asked.atomic:
        return Duplex(_answers(register, actor, groups), NDJSON, db.head)
    whole: list[Numbered] = []
    async for group in groups:
        whole += group
        if len(whole) > MAX_ATOMIC:
            raise TooLarge(f"An all-or-none batch may have {MAX_ATOMIC} lines.")
    return Duplex(_once(await _all_or_none(register, actor, whole)), NDJSON, db.head)


async def _groups(stream: AsyncIterator[bytes], reader: "_Reader") -> AsyncIterator[list[Numbered]]:
    async for group in lines.groups(stream, GROUP):
        yield [(number, reader.read(number, raw)) for number, raw in group]


class _Reader(Struct, frozen=True):
    """Reads the lines of one batch."""

    codes: Codes
    key: str | None
    """The Idempotency-Key of the whole."""
    bounds: Bounds

    def read(self, number: int, raw: bytes | LineTooLong) -> Order | Refused:
        """Return what a line orders, or why it cannot be read."""
        if isinstance(raw, LineTooLong):
            return TooLarge("A line may have 1 MiB.")
        try:
            loose = strict_json(raw)
            form = _FORMS.get(str(loose.get("command"))) if isinstance(loose, dict) else None
            if form is None:
                names = ", ".join(_FORMS)
                return WrongRequest([Pointed("/command", f"It must be one of: {names}.")])
            return self._order(number, form.decode(raw, loose, self.codes))
        except Refused as refusal:
            return refusal

    def _order(self, number: int, line: ReportLine | ReviseLine | RetractLine) -> Order:
        _check_target(line)
        # U+0000 cannot be in a key that a client sends, so this is no other line's
        key = line.idempotency_key or (None if self.key is None else f"{self.key}\0{number}")
        expected = None if line.expected_revision is UNSET else frozenset([line.expected_revision])
        return Order(_command(line), line.incident or None, line.external_id or None, expected, key, self.bounds)


def _check_target(line: ReportLine | ReviseLine | RetractLine) -> None:
    if isinstance(line, ReportLine):
        if line.external_id is not UNSET:
            said = "A report names a retracted incident by `incident`: its external ids were free for others."
            raise WrongRequest([Pointed("/external_id", said)])
        if line.incident is UNSET and line.expected_revision is not UNSET:
            raise WrongRequest([Pointed("/expected_revision", "A new incident has no revision yet.")])
    elif line.incident is UNSET and line.external_id is UNSET:
        raise WrongRequest([Pointed("/incident", "It is required, or external_id.")])
    elif line.incident is not UNSET and line.external_id is not UNSET:
        raise WrongRequest([Pointed("/external_id", "Name the incident once: by `incident` or by `external_id`.")])


def _command(line: ReportLine | ReviseLine | RetractLine) -> Command:
    match line:
        case ReportLine():
            return Report(line.facts)
        case ReviseLine():
            return Revise(line.reason, line.patch, line.effective_at)
        case RetractLine():
            return Retract(line.reason_code, line.reason, line.replaced_by, line.effective_at)


async def _answers(register: Register, actor: str, groups: AsyncIterator[list[Numbered]]) -> AsyncIterator[bytes]:
    """Yield the results in the order of the lines; while a group is being recorded, the next is read and decided."""
    started: asyncio.Queue[_Started | Exception | None] = asyncio.Queue(_AHEAD)
    starter = asyncio.create_task(_start(register, actor, groups, started))
    try:
        while (next_one := await started.get()) is not None:
            if isinstance(next_one, Exception):
                raise next_one
            group, under_way = next_one
            results = iter(await under_way)
            yield b"".join(
                _result(number, next(results) if isinstance(each, Order) else each) for number, each in group
            )
    finally:
        starter.cancel()


async def _start(
    register: Register,
    actor: str,
    groups: AsyncIterator[list[Numbered]],
    started: asyncio.Queue[_Started | Exception | None],
) -> None:
    before: set[asyncio.Task[Sequence[Receipt | Exception]]] = set()
    all_new = True
    try:
        async for group in groups:
            orders = [each for _, each in group if isinstance(each, Order)]
            all_new, all_were_new = all(order.is_new for order in orders), all_new
            if before and not (all_new and all_were_new):  # new reports look nothing up, and so stay in their order
                await asyncio.wait(before)
            under_way = asyncio.create_task(_carry_out(register, actor, orders))
            before.add(under_way)
            under_way.add_done_callback(before.discard)
            await started.put((group, under_way))
    except Exception as error:  # noqa: BLE001  # such as a client that goes away: who answers must hear of it
        await started.put(error)
    else:
        await started.put(None)


async def _carry_out(register: Register, actor: str, orders: Sequence[Order]) -> Sequence[Receipt | Exception]:
    """Carry out a group; while the queue is full, wait: who sends a batch can wait."""
    for _ in range(_PATIENCE):
        try:
            return await register.carry_out_all(actor, orders)
        except QueueFull:
            await asyncio.sleep(0.1)
        except DatabaseAway as error:
            return [error] * len(orders)
        except Exception as error:  # noqa: BLE001  # the lines before were answered: so is this, line by line
            _log.exception("a batch failed")
            return [error] * len(orders)
    return [QueueFull()] * len(orders)


async def _all_or_none(register: Register, actor: str, whole: Sequence[Numbered]) -> bytes:
    wrong = [(number, each) for number, each in whole if isinstance(each, Refused)]
    if wrong:
        raise NotRecorded(wrong)
    numbers = [number for number, _ in whole]
    try:
        orders = [each for _, each in whole if isinstance(each, Order)]
        receipts = await register.carry_out_all(actor, orders, atomic=True)
    except NotRecorded as refusal:
        raise NotRecorded([(numbers[place], because) for place, because in refusal.because]) from refusal
    return b"".join(_result(number, receipt) for number, receipt in zip(numbers, receipts, strict=True))


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _result(number: int, result: Receipt | Exception) -> bytes:
    if isinstance(result, Receipt):
        answer = BatchResult(
            number, 201, result.incident, result.revision, result.position, result.event_id, result.replayed
        )
    else:
        problem = problem_of(result, of_line=True)
        answer = BatchResult(number, problem.status, problem=problem)
    return _encode(answer) + b"\n"
