"""`audit mirror`: the log in a directory of the auditor's own, proven as it comes; and whether a log continues it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec import Struct
from rich.console import Console

from service.audit import logged
from service.audit.asking import Faulty, Service
from service.audit.chain import Chain
from service.audit.kept import Growing, Kept
from service.audit.logged import Malformed
from service.audit.telling import Telling
from service.audit.verdicts import Different, Unverified
from service.domain.merkle import NotProven, verify_consistency
from service.notes import LOG, Checkpoint, Verifier, WrongKey, read_public
from service.remote import say

_KEEP: Final = 5000
"""Events after which the state is written: what a broken run has to do again."""


class _Consistency(Struct):
    hashes: list[bytes]


def mirror(folder: Path, service: Service, key: Verifier, console: Console) -> None:
    """Download what of the log is signed and not in the directory yet; raise Different or Unverified."""
    with Growing(folder, key) as kept:
        latest, note = service.checkpoint(0, key)
        had = kept.size
        continues(kept, service, latest, note)
        notes = [*service.checkpoints(had, latest, key)]
        if latest.size > had and (not notes or notes[-1][0].size < latest.size):
            notes.append((latest, note))
        with Telling(console, "events", latest.size, had) as telling:
            _download(kept, service, notes, telling)
    say(console, f"{kept.size - had:,} events more: {folder} holds the log up to position {kept.size:,}, proven.")


def _download(kept: Growing, service: Service, notes: list[tuple[Checkpoint, str]], telling: Telling) -> None:
    chain = Chain([each for each, _ in notes], service.leaves, kept.tree())
    until, proven, length, first = chain.last, chain.proven, kept.length, 0
    for line in proven_lines(chain, service, chain.proven, until):
        kept.add(line)
        if chain.proven > proven:
            proven, length = chain.proven, kept.length
            if proven - kept.size >= _KEEP or proven == until:
                count = sum(1 for each, _ in islice(notes, first, None) if each.size <= proven)
                kept.keep(chain.tree, length, notes[first : first + count])
                first += count
        telling.reach(chain.tree.size)


def proven_lines(chain: Chain, service: Service, after: int, until: int) -> Iterator[bytes]:
    """Yield the events after a position, each as the chain has taken it; raise Different at the first that is wrong."""
    try:
        for line in service.lines(after, until):
            chain.take(line)
            yield line
    except Faulty as error:
        raise chain.blame(chain.tree.size + 1, f"the service cannot serve it: {error}") from error
    chain.end()


def continues(kept: Kept, service: Service, latest: Checkpoint, note: str) -> None:
    """Raise Different unless the log that was signed begins with the mirrored one."""
    if not kept.size:
        return
    root, position = kept.tree().root(), 0
    if latest.size < kept.size:
        position = _departure(kept, service, latest.size)
        if position > latest.size:
            told = f"Position {position}: the signed checkpoint of the log ends before it, and the mirror holds "
            raise Different(position, f"{told}{kept.size:,} events: the log was cut, or this service is behind.")
    elif latest.root == root if latest.size == kept.size else _proves(service, kept.size, root, latest):
        return
    position = position or _departure(kept, service, kept.size)
    where = kept.testify(note)
    raise Different(
        position,
        f"Position {position}: here the log that is served now departs from the mirrored one. Both are signed: there "
        f"are two histories. {where} is the checkpoint that proves it, beside those of the mirror.",
    )


def _proves(service: Service, size: int, root: bytes, latest: Checkpoint) -> bool:
    proof = service.decoded(_Consistency, "/v1/log/proofs/consistency", first=size, second=latest.size)
    try:
        verify_consistency(size, latest.size, root, latest.root, proof.hashes)
    except NotProven:
        return False
    return True


def _departure(kept: Kept, service: Service, until: int) -> int:
    """Return the first position, up to one, at which another event is served than was mirrored; or the one after it."""
    position = 0
    served = service.lines(0, until)
    try:
        for position, mirrored in enumerate(islice(kept.lines(), until), 1):
            if not is_same(next(served, b""), mirrored):
                return position
    except Faulty:
        return position + 1
    return until + 1


def is_same(served: bytes, mirrored: bytes) -> bool:
    """Whether it is the mirrored event: to the last bit, or with its data expunged since."""
    if served == mirrored:
        return True
    try:
        one, other = logged.read(served), logged.read(mirrored)
    except Malformed:
        return False
    return one.leaf == other.leaf and one.data is None


def read_key(text: str) -> Verifier:
    """Read the public key of a log; raise Unverified."""
    try:
        return read_public(text, LOG)
    except WrongKey as error:
        raise Unverified(f"The public key cannot be used: {error}.") from error
