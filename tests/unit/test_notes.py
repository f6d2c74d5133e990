"""Signed notes: as golang.org/x/mod/sumdb/note writes them, and whatever is not quite one is refused."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    NotSigned,
    Signer,
    WrongKey,
    make_key,
    parts,
    read_checkpoint,
    read_private,
    read_public,
    write_checkpoint,
)

# The example of the documentation of golang.org/x/mod/sumdb/note.
PRIVATE: Final = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT: Final = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE: Final = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY: Final = Signer("example.org/log", LOG, bytes(range(32)))
OTHER: Final = Signer("example.org/log", LOG, bytes(32))
WATCHER: Final = Signer("witness.example/w1", WITNESS, bytes(range(1, 33)))
CHECKPOINT: Final = Checkpoint("example.org/log", 4262, bytes(range(32)))


def note() -> str:
    return write_checkpoint(CHECKPOINT, [KEY.sign(CHECKPOINT.body()), WATCHER.sign(CHECKPOINT.body(), 1_790_000_000)])


def test_keys_and_signatures_are_those_of_others() -> None:
    assert str(read_private(PRIVATE, LOG)) == PRIVATE
    assert str(read_private(PRIVATE, LOG).verifier) == PUBLIC == str(read_public(PUBLIC, LOG))
    assert read_private(PRIVATE, LOG).sign(TEXT) == LINE
    assert read_public(PUBLIC, LOG).signed(TEXT, LINE) == LINE


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    assert read_checkpoint(note(), KEY.verifier, WATCHER.verifier) == CHECKPOINT
    assert note().startswith(
        "example.org/log\n4262\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— example.org/log "
    )


def test_a_cosignature_holds_its_time() -> None:
    body, signatures = parts(note())
    line = WATCHER.verifier.signed(body, signatures)
    assert line == WATCHER.sign(body, 1_790_000_000) != WATCHER.sign(body, 1_790_000_001)


def test_the_signature_of_another_key_is_none() -> None:
    with pytest.raises(NotSigned, match="not signed by example"):
        read_checkpoint(note(), OTHER.verifier)


UNKNOWN: Final = "— somebody.example/key AAAAAAECAwQF\n"


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    body, signatures = parts(note())
    others = [make_key(f"w{n}.example", WITNESS).sign(body, 1_790_000_000) for n in range(30)]
    for lines in (UNKNOWN + signatures, signatures + UNKNOWN, "".join(others) + signatures + OTHER.sign(body)):
        assert read_checkpoint(f"{body}\n{lines}", KEY.verifier, WATCHER.verifier) == CHECKPOINT


def test_extension_lines_are_signed_and_passed_over() -> None:
    body = CHECKPOINT.body() + "more of it\nand more\n"
    signed = f"{body}\n{KEY.sign(body)}{WATCHER.sign(body, 1)}"
    assert read_checkpoint(signed, KEY.verifier, WATCHER.verifier) == CHECKPOINT
    with pytest.raises(NotSigned, match="is wrong"):
        read_checkpoint(signed.replace("and more", "and less"), KEY.verifier)
    with pytest.raises(NotSigned, match="is wrong"):
        read_checkpoint(f"{body}\n{KEY.sign(body)}{WATCHER.sign(CHECKPOINT.body(), 1)}", WATCHER.verifier)


def test_a_key_may_sign_twice_but_not_wrongly() -> None:
    body = CHECKPOINT.body()
    right, later, wrong = WATCHER.sign(body, 1), WATCHER.sign(body, 2), WATCHER.sign("of something else\n", 1)
    assert WATCHER.verifier.signed(body, right + right + later) == right
    for lines in (right + wrong, wrong + right, wrong):
        with pytest.raises(NotSigned, match=r"the signature of witness\.example/w1 is wrong"):
            WATCHER.verifier.signed(body, lines)


@pytest.mark.parametrize(
    "line",
    ["— somebody AAAA\n", "— somebody AAAAA\n", "— somebody AAAAAA=\n", "— somebody  AAAAAAA=\n",
     "- somebody AAAAAAA=\n", "— some+body AAAAAAA=\n", "— some\u2003body AAAAAAA=\n", "— some\x01body AAAAAAA=\n",
     "— somebody AAAAAAA=\r\n", "— somebody AAAAAAA= \n", "— AAAAAAA=\n", "— somebody A*AAAAA=\n"],
    ids=str.__repr__,
)  # fmt: skip
def test_a_garbled_line_spoils_the_note_whoever_it_is_of(line: str) -> None:
    for lines in (note() + line, note().replace("\n\n", f"\n\n{line}")):
        with pytest.raises(NotSigned):
            read_checkpoint(lines, KEY.verifier)


@pytest.mark.parametrize("time", [0, 2**63, 2**64 - 1])
def test_a_cosignature_is_of_some_time(time: int) -> None:
    body = CHECKPOINT.body()
    with pytest.raises(NotSigned, match="is of no time"):
        WATCHER.verifier.signed(body, WATCHER.sign(body, time))
    assert WATCHER.verifier.signed(body, WATCHER.sign(body, 2**63 - 1))


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_noticed(where: int, bit: int) -> None:
    raw = bytearray(note().encode())
    raw[where % len(raw)] ^= 1 << bit
    try:
        found = read_checkpoint(raw.decode(), KEY.verifier, WATCHER.verifier)
    except (NotSigned, UnicodeDecodeError):
        return
    assert found == CHECKPOINT, "an unused bit of base64"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a\n",
        "a\n\nb\n",
        note().replace("\n\n", "\n"),
        note()[:-1],
        note() + "\n",
        note() + "— x\n",
        f"{CHECKPOINT.body()}\n— example.org/log AAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NotSigned):
        read_checkpoint(text, KEY.verifier)


@pytest.mark.parametrize("size", ["04262", "-1", "4262.0", "", "9" * 19, "9" * 20])
def test_a_size_has_one_spelling(size: str) -> None:
    body = CHECKPOINT.body().replace("4262", size)
    with pytest.raises(NotSigned, match="no checkpoint"):
        read_checkpoint(f"{body}\n{KEY.sign(body)}", KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "PeterNeumann", PUBLIC[:-4], PUBLIC.replace("c74f20a3", "c74f20a4"), PUBLIC.replace("Peter", "Paul"),
        PUBLIC + "=", PUBLIC + "AAAA", PUBLIC.replace("+AR", "+BA"), str(WATCHER.verifier),
    ],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(WrongKey):
        read_public(text, LOG)


@pytest.mark.parametrize("text", ["", PUBLIC, PRIVATE[:-4], PRIVATE.replace("c74f20a3", "c74f20a4"), str(WATCHER)])
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(WrongKey):
        read_private(text, LOG)


@pytest.mark.parametrize("text", [str(KEY), PRIVATE, str(WATCHER.verifier), str(WATCHER)[:-1]])
def test_what_is_no_private_key_of_a_witness_is_refused(text: str) -> None:
    assert read_private(str(WATCHER), WITNESS) == WATCHER
    with pytest.raises(WrongKey):
        read_private(text, WITNESS)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "x" * 201])
def test_some_names_no_key_can_have(name: str) -> None:
    with pytest.raises(WrongKey, match="cannot be the name"):
        make_key(name, LOG)
