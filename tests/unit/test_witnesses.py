"""WITNESSES: who is to cosign the log, or a sentence that names the variable."""

from typing import Final

import pytest

from service.notes import LOG, WITNESS, Signer
from service.settings import Settings, WrongSetting
from service.witnesses.submission import MOST_WITNESSES
from service.witnesses.witness import Witness, witnesses

KEYS: Final = [Signer("w.example/1", WITNESS, bytes([n + 1] * 32)).verifier for n in range(MOST_WITNESSES + 1)]
KEY: Final = KEYS[0]
OF_LOG: Final = Signer("w.example/1", LOG, bytes(range(32))).verifier


def test_none_are_needed() -> None:
    assert witnesses(Settings()) == witnesses(Settings(witnesses=" \n")) == []


def test_each_is_a_key_and_an_address() -> None:
    text = f"{KEY} https://w.example/1/\n  {KEYS[1]}\thttp://127.0.0.1:8100"
    assert witnesses(Settings(witnesses=text)) == [
        Witness(KEY, "https://w.example/1"),
        Witness(KEYS[1], "http://127.0.0.1:8100"),
    ]
    assert len(witnesses(Settings(witnesses=" ".join(f"{each} https://w.example" for each in KEYS[:-1])))) == 15


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{KEY}", "the public key and the address of up to 15"),
        ("https://w.example", "the public key and the address"),
        (f"{KEY} https://w.example {KEYS[1]}", "the public key and the address"),
        (" ".join(f"{each} https://w.example" for each in KEYS), "of up to 15 witnesses"),
        (f"https://w.example {KEY}", "the key of witness 1: it is no key"),
        (f"{OF_LOG} https://w.example", "it is no Ed25519 key of a witness"),
        (f"{str(KEY)[:-4]} https://w.example", "it is no Ed25519 key of a witness"),
        (f"{KEY} https://w.example {Signer('x', WITNESS, bytes(32))} https://x", "the key of witness 2: it is no key"),
        (f"{KEY}, https://w.example", "it is no key"),
        (f"{str(KEY).replace('w.example/1', 'w.example/2')} https://w.example", "its id does not belong to it"),
        (f"{KEY} w.example", "'w.example' is no address"),
        (f"{KEY} ftp://w.example", "is no address"),
        (f"{KEY} https://", "is no address"),
        (f"{KEY} https://w.example?a=b", "is no address"),
        (f"{KEY} https://name:secret@w.example", "is no address"),
        (f"{KEY} https://a.example {KEY} https://b.example", f"it names {KEY.name}+{KEY.id.hex()} more than once"),
    ],
    ids=range(16),
)
def test_what_is_wrong_is_said(text: str, told: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        witnesses(Settings(witnesses=text))
    assert str(wrong.value).startswith("WITNESSES cannot be used: ")
    assert told in str(wrong.value)
    assert "PRIVATE" not in str(wrong.value)
