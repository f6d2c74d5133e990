"""
Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures (tlog-cosignature), with Ed25519.

Keys are written as golang.org/x/mod/sumdb/note and the tools of transparency-dev write them: a private one is
`PRIVATE+KEY+name+id+base64`, the public one that belongs to it `name+id+base64`.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

Algorithm = Literal[1, 4]
"""A signature type of signed-note: 1 of a log, 4 of a witness, with the time of its cosignature."""
LOG: Final = 1
WITNESS: Final = 4
_PRIVATE: Final = "PRIVATE+KEY+"
_KEY: Final = re.compile(r"([^\s+]{1,200})\+[0-9a-f]{8}\+([A-Za-z0-9+/]+={0,2})")
_LINE: Final = re.compile(r"— ([^\s+\x00-\x1f]{1,200}) ([A-Za-z0-9+/]+={0,2})\n")
_BODY: Final = re.compile(r"([^\x00-\x1f]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n(?:[^\x00-\x1f]+\n)*")
_ID: Final = 4
"""Bytes of the id of a key before a signature."""
_TIME: Final = 8
"""Bytes of the time before a cosignature."""
_LARGEST: Final = 2**63 - 1
"""Of a size and of a time."""
NAME: Final = re.compile(r"[^\s+\x00-\x1f]{1,200}")


class WrongKey(Exception):
    """A text that is no key; the message says why."""


class NotSigned(Exception):
    """A note that is none, or is not signed by the key that it must be signed by; the message says why."""


class Checkpoint(Struct, frozen=True):
    """What a log says of its tree."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Verifier(Struct, frozen=True):
    """A public key with its name."""

    name: str
    algorithm: Algorithm
    public: bytes

    @property
    def id(self) -> bytes:
        """The first bytes of each of its signatures."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        """Return it as it is handed on."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.algorithm]) + self.public).decode()}"

    def signed(self, body: str, signatures: str) -> str | None:
        """
        Return its line of signature, the first if there are more; None if there is none.

        Raises NotSigned if any of its lines is wrong. The lines of others are not judged.
        """
        lines = [(line, _decoded(line[2])) for line in _LINE.finditer(signatures)]
        own = [(line[0], raw[_ID:]) for line, raw in lines if line[1] == self.name and raw[:_ID] == self.id]
        for _, signature in own:
            self._verify(body, signature)
        return own[0][0] if own else None

    def _verify(self, body: str, signature: bytes) -> None:
        text = body
        if self.algorithm == WITNESS:
            time, signature = int.from_bytes(signature[:_TIME]), signature[_TIME:]
            if not 0 < time <= _LARGEST:
                raise NotSigned(f"the cosignature of {self.name} is of no time")
            text = _cosigned(body, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature as error:
            raise NotSigned(f"the signature of {self.name} is wrong") from error


class Signer(Struct, frozen=True):
    """A private key with its name."""

    name: str
    algorithm: Algorithm
    private: bytes

    @property
    def verifier(self) -> Verifier:
        """The public key that belongs to it."""
        return Verifier(self.name, self.algorithm, self._key().public_key().public_bytes_raw())

    def __str__(self) -> str:
        """Return it as it is kept: secret."""
        named = f"{self.name}+{self.verifier.id.hex()}+{b64encode(bytes([self.algorithm]) + self.private).decode()}"
        return _PRIVATE + named

    def sign(self, body: str, time: int = 0) -> str:
        """Return the line that signs a body; a witness says at which `time`, in seconds of POSIX."""
        stamp = time.to_bytes(_TIME) if self.algorithm == WITNESS else b""
        text = _cosigned(body, time) if self.algorithm == WITNESS else body
        signature = b64encode(self.verifier.id + stamp + self._key().sign(text.encode())).decode()
        return f"— {self.name} {signature}\n"

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.private)


def make_key(name: str, algorithm: Algorithm) -> Signer:
    """Make a key; raise WrongKey if it cannot have that name."""
    if NAME.fullmatch(name) is None:
        raise WrongKey(f"{name!r} cannot be the name of a key: no spaces, no +, 200 characters at most.")
    return Signer(name, algorithm, Ed25519PrivateKey.generate().private_bytes_raw())


def read_private(text: str, algorithm: Algorithm) -> Signer:
    """Read a private key; raise WrongKey."""
    name, raw = _read(text.strip().removeprefix(_PRIVATE), algorithm)
    signer = Signer(name, algorithm, raw)
    if str(signer) != text.strip():
        raise WrongKey(f"it is no private key: {_PRIVATE}name+id+base64, as `make-key` prints it")
    return signer


def read_public(text: str, algorithm: Algorithm) -> Verifier:
    """Read a public key; raise WrongKey."""
    name, raw = _read(text.strip(), algorithm)
    verifier = Verifier(name, algorithm, raw)
    if str(verifier) != text.strip():
        raise WrongKey("its id does not belong to it: a part of it is missing or changed")
    return verifier


def read_checkpoint(note: str, *accepted: Verifier) -> Checkpoint:
    """
    Read a checkpoint that every one of these keys signed; raise NotSigned.

    It may have any number of other signatures, such as those of witnesses that one does not know, and extension lines.
    """
    body, signatures = parts(note)
    found = read_body(body)
    for verifier in accepted:
        if verifier.signed(body, signatures) is None:
            raise NotSigned(f"it is not signed by {verifier.name}+{verifier.id.hex()}")
    return found


def read_body(body: str) -> Checkpoint:
    """Read the text of a checkpoint, whoever signed it; raise NotSigned if it is that of another note."""
    form = _BODY.fullmatch(body)
    if form is None or int(form[2]) > _LARGEST:
        raise NotSigned("it is no checkpoint: origin, size and root, one a line")
    return Checkpoint(form[1], int(form[2]), b64decode(form[3]))


def parts(note: str) -> tuple[str, str]:
    """Return the text of a note and its lines of signatures; raise NotSigned if it is none, or anybody's is garbled."""
    text, _, signatures = note.rpartition("\n\n")
    if not text or not signatures or _LINE.sub("", signatures):
        raise NotSigned("it is no signed note: a text, an empty line, lines of signatures")
    for line in _LINE.finditer(signatures):
        _decoded(line[2])
    return text + "\n", signatures


def write_checkpoint(checkpoint: Checkpoint, signatures: Sequence[str]) -> str:
    """Return a checkpoint with its lines of signatures."""
    return f"{checkpoint.body()}\n{''.join(signatures)}"


def _decoded(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except NotBase64 as error:
        raise NotSigned("a signature is not base64") from error
    if len(raw) <= _ID:
        raise NotSigned("a signature is too short to be one")
    return raw


def _cosigned(body: str, time: int) -> str:
    return f"cosignature/v1\ntime {time}\n{body}"


def _read(text: str, algorithm: Algorithm) -> tuple[str, bytes]:
    form = _KEY.fullmatch(text)
    if form is None:
        raise WrongKey("it is no key: name+id+base64")
    try:
        raw = b64decode(form[2], validate=True)
    except NotBase64 as error:
        raise WrongKey("it is no key: its last part is not base64") from error
    if len(raw) != 1 + 32 or raw[0] != algorithm:
        what = {LOG: "of a log", WITNESS: "of a witness"}[algorithm]
        raise WrongKey(f"it is no Ed25519 key {what}")
    return form[1], raw[1:]
