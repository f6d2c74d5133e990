"""`audit verify`: the whole log proven, everything that is served made anew from it, and the first difference named."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Raw, Struct
from rich.console import Console

from service.audit import crew, logged
from service.audit.asking import PAGE, Faulty, Service, position_of
from service.audit.chain import Chain
from service.audit.crew import Crew, Hand, Place
from service.audit.folding import KINDS
from service.audit.index import Index, Writer
from service.audit.kept import Kept
from service.audit.lists import settle
from service.audit.logged import Malformed
from service.audit.mirror import continues, is_same, read_key
from service.audit.projections import compare
from service.audit.rebuilt import rebuilt
from service.audit.telling import Telling
from service.audit.tiles import compare_proofs, compare_tiles, numbers, rows
from service.audit.verdicts import Different, Unverified
from service.domain.merkle import EMPTY
from service.notes import WITNESS, Checkpoint, NotSigned, Verifier, WrongKey, parts, read_public
from service.remote import say

_PART: Final = 5000
_TILES: Final = 64
_SHOWN: Final = 20


class Keys(Struct, frozen=True):
    """By which public keys it is to be verified."""

    log: Verifier
    witnesses: Sequence[Verifier] = ()
    needed: int = 0
    """How many of the witnesses must have cosigned."""


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be verified."""

    url: str
    key: str
    keys: Keys
    mirror: Path | None = None
    projections: bool = True
    """Whether every projection is made anew, too: that needs a database, and takes longest."""


class Verified(Struct):
    """The log, as far as it was proven."""

    size: int
    checkpoints: Sequence[Checkpoint]
    expunged: Sequence[int]


def verify(asked: Asked, console: Console) -> None:
    """Verify everything and say what was verified; raise Different or Unverified."""
    with ExitStack() as stack:
        service = stack.enter_context(Service(asked.url, asked.key, console))
        folder = stack.enter_context(TemporaryDirectory(prefix="incident-ledger-audit-"))
        kept = None if asked.mirror is None else _mirrored(asked.mirror, asked.keys.log, console)
        head = service.head()
        latest, note = service.checkpoint(head, asked.keys.log, asked.keys.needed)
        say(
            console,
            f"The checkpoint of {latest.size:,} events is signed by {asked.keys.log.name}{_cosigned(asked, note)}.",
        )
        if kept is not None:
            continues(kept, service, latest, note)
        proven = prove(asked.keys.log, service, kept, latest, Path(folder), console)
        _beyond(service, latest.size)
        _say_log(proven, kept, console)
        place = Place(folder, asked.url, asked.key)
        with Crew(place, proven.size) as hands:
            _tiles(proven, crew.hand(place), hands, console)
            _incidents(crew.hand(place), hands, console)
        if asked.projections and proven.size:
            _projections(service, Path(folder), console)


def keys(log: str, witnesses: Sequence[str], needed: int | None) -> Keys:
    """Read the public keys; all witnesses are needed, if it is not said how many. Raise Unverified."""
    try:
        read = [read_public(each, WITNESS) for each in witnesses]
    except WrongKey as error:
        raise Unverified(f"The key of a witness cannot be used: {error}.") from error
    return Keys(read_key(log), read, len(read) if needed is None else needed)


def _mirrored(folder: Path, key: Verifier, console: Console) -> Kept:
    kept = Kept(folder, key)
    with Telling(console, "mirrored events", kept.size) as telling:
        for number, _ in enumerate(kept.proven(), 1):
            telling.reach(number)
    say(console, f"The mirror in {folder} holds {kept.size:,} events, all of them proven by its own checkpoints.")
    return kept


def _cosigned(asked: Asked, note: str) -> str:
    """Return who cosigned, as the end of a sentence; raise Unverified if they are too few."""
    body, signatures = parts(note)
    found = []
    for witness in asked.keys.witnesses:
        try:
            if witness.signed(body, signatures) is not None:
                found.append(witness.name)
        except NotSigned as error:
            raise Unverified(f"The cosignature of {witness.name} is wrong: {error}.") from error
    if len(found) < asked.keys.needed:
        told = f"{', '.join(found) or 'no witness'} cosigned the checkpoint, and {asked.keys.needed} are needed."
        raise Unverified(told)
    return f", cosigned by {', '.join(found)}" if found else ""


def prove(
    key: Verifier, service: Service, kept: Kept | None, latest: Checkpoint, folder: Path, console: Console
) -> Verified:
    """Download the log and prove every event of it."""
    checkpoints = [each for each, _ in service.checkpoints(0, latest, key)]
    if checkpoints and checkpoints[-1].size == latest.size and checkpoints[-1] != latest:
        told = f"There are two signed checkpoints of {latest.size} events, with different roots: the log was forked."
        raise Different(latest.size, told)
    if not checkpoints or checkpoints[-1].size < latest.size:
        checkpoints.append(latest)
    if not latest.size and latest.root != EMPTY:
        raise Different(0, "The checkpoint of no events has another root than the empty tree.")
    chain = Chain(checkpoints, service.leaves)
    mirrored: Iterator[bytes] = iter(()) if kept is None else kept.lines()
    with Telling(console, "events", latest.size) as telling, Writer(folder) as writer:
        try:
            for line in service.lines(0, latest.size):
                event = chain.take(line)
                if not is_same(line, next(mirrored, line)):
                    told = f"Position {event.position}: the event that is served is not the mirrored one."
                    raise Different(event.position, told)
                writer.take(event, line)
                telling.reach(event.position)
        except Faulty as error:
            raise chain.blame(chain.tree.size + 1, f"the service cannot serve it: {error}") from error
        chain.end()
        writer.finish()
        return Verified(latest.size, checkpoints, writer.expunged)


def _beyond(service: Service, size: int) -> None:
    """Raise Different if an event is served that is behind the end of the log."""
    answer = service.surely("/v1/log", None, after=size, limit=PAGE)
    head = position_of(answer)
    try:
        items = msgspec.json.decode(answer.content, type=_Page).items
        positions = [logged.read(bytes(each)).position for each in items]
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed) as error:
        raise Different(size + 1, f"Position {size + 1}: what is served there is no event: {error}.") from error
    for position, expected in zip(positions, range(size + 1, size + 1 + PAGE), strict=False):
        if position != expected:
            raise Different(expected, f"Position {expected}: it is missing: {position} comes next.")
        if position > head:
            raise Different(position, f"Position {position} is served, and the log ends at {head}.")


class _Page(Struct):
    items: list[Raw]


def _tiles(proven: Verified, hand: Hand, hands: Crew, console: Console) -> None:
    """Hold tiles, entries and proofs to the tree."""
    levels = rows(hand.index)
    total = numbers(levels[0])
    with Telling(console, "tiles", total) as telling:
        done = iter(range(_TILES, total + 2 * _TILES, _TILES))
        starts = range(0, total, _TILES)
        cut = [(start, min(start + _TILES, total)) for start in starts]
        hands.do(crew.tiles, cut, lambda: telling.reach(min(next(done), total)))
    for level, row in enumerate(levels[1:], 1):
        compare_tiles(hand.service, level, row, 0, numbers(row))
    included, grown = compare_proofs(hand.service, hand.index, proven.checkpoints) if proven.size else (0, 0)
    say(
        console,
        f"{sum(map(numbers, levels)):,} tiles and {total:,} bundles of entries are those of the events; {included} "
        f"proofs of inclusion and {grown} of consistency hold, drawn at random.",
    )


def _incidents(hand: Hand, hands: Crew, console: Console) -> None:
    """Hold every incident that is served to its events."""
    size = hand.index.size
    starts = range(1, max(size, 1) + 1, _PART)  # one part of an empty log, too
    with Telling(console, "events folded", size) as telling:
        done = iter(range(_PART, size + 2 * _PART, _PART))
        cut = [(start, min(start + _PART, size + 1)) for start in starts]
        hands.do(crew.folds, cut, lambda: telling.reach(min(next(done), size)))
    kinds = [(number, as_of) for number in range(1, len(KINDS) + 1) for as_of in (True, False)]
    with Telling(console, "lists", len(kinds)) as telling:
        seen = hands.do(crew.lists, kinds, lambda: None)
    held = sum(each.held for each in seen[::2])
    now = settle(hand.service, hand.index, seen[1::2])
    say(
        console,
        f"{held:,} incidents are served as their events make them, as of position {size:,}; {now:,} stand so now.",
    )


def _projections(service: Service, folder: Path, console: Console) -> None:
    """Hold every projection that is served to one that is made here."""
    with (
        closing(Index(folder)) as index,
        rebuilt(folder, index, console) as (address, key),
        Service(address, key, console) as made,
    ):
        found = compare(index, service, made, console)
    say(
        console,
        f"{found.answers:,} answers from projections are those of projections that were made here, as of position "
        f"{index.size:,} and, drawn at random, {', '.join(map(str, found.earlier)) or 'no other'}; so are the "
        f"histories of {found.histories:,} incidents.",
    )


def _say_log(proven: Verified, kept: Kept | None, console: Console) -> None:
    size, signed = proven.size, len(proven.checkpoints)
    said = "" if kept is None else f" The first {kept.size:,} are the mirrored ones."
    say(console, f"{size:,} events are those that were sealed, by each of {signed:,} signed checkpoints.{said}")
    if proven.expunged:
        positions = ", ".join(map(str, proven.expunged[:_SHOWN])) + (" ..." if len(proven.expunged) > _SHOWN else "")
        told = f"{len(proven.expunged):,} of them are expunged, and their data cannot be verified"
        say(console, f"{told}; that they were sealed is: {positions}.")
