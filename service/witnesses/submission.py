"""What a log sends to a witness, to have a checkpoint cosigned (C2SP tlog-witness, `add-checkpoint`)."""

import re
from base64 import b64decode, b64encode
from typing import Final

from msgspec import Struct

PATH: Final = "add-checkpoint"
"""Where it is sent, below the address of the witness."""
MOST: Final = 128 * 1024
"""Bytes that it may have: signatures for quantum computers would have 5 kB each, and a note may well have 16."""
SIZE_TYPE: Final = "text/x.tlog.size"
"""What a witness says its answer is when that is the size of the tree that it has seen."""
MOST_WITNESSES: Final = 15
"""Who reads a note must take 16 signatures (C2SP signed-note): the log's own, and these."""
_FORM: Final = re.compile(r"old (0|[1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/]{43}=\n){0,63})\n(.+)", re.DOTALL)


class Garbled(Exception):
    """A text that is no submission."""


class Submission(Struct, frozen=True):
    """A checkpoint, and the proof that it goes on from the one of `old` leaves (RFC 6962, 2.1.2)."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return it as it is sent."""
        hashes = "".join(f"{b64encode(each).decode()}\n" for each in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note}"


def read_submission(raw: bytes) -> Submission:
    """Read what was sent; raise Garbled."""
    try:
        form = _FORM.fullmatch(raw.decode())
    except UnicodeDecodeError as error:
        raise Garbled("It is not UTF-8.") from error
    if form is None:
        raise Garbled("It is no submission: `old` and a size, up to 63 hashes, an empty line, a checkpoint.")
    found = Submission(int(form[1]), tuple(b64decode(line) for line in form[2].split()), form[3])
    if found.text().encode() != raw:
        raise Garbled("A hash has bits that base64 does not have.")
    return found
