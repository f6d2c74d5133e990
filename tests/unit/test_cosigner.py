"""The judgement of a witness: what is cosigned and what is not, and that no order of requests leads to two roots."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.notes import LOG, WITNESS, Verifier, make_key, parts, read_checkpoint
from service.witnesses.cosigner import (
    Behind,
    Cosigner,
    Forked,
    NotCosigned,
    NotGrown,
    NotTheLogs,
    UnknownLog,
    WrongFolder,
)
from tests.chain import Chain, forked
from tests.running import SIGNING_KEY

KEY: Final = make_key("witness.example/w1", WITNESS)
NEXT: Final = make_key(SIGNING_KEY.name, LOG)
"""The key that a log has after the one that it had."""
HERE, THERE = forked(5, 20)
OTHER: Final = Chain(["a", "b"], make_key("other.example/log", LOG))
HASH: Final = b64encode(bytes(32)).decode()


class Opened:
    """A witness in a folder, that can be ended and begun again."""

    def __init__(self, folder: Path, *logs: Verifier) -> None:
        self.folder: Final = folder
        self._logs: Final = logs or (SIGNING_KEY.verifier, NEXT.verifier)
        self.witness = Cosigner(folder, KEY, self._logs)

    def restart(self) -> None:
        """Begin again with what is in the folder."""
        self.end()
        self.witness = Cosigner(self.folder, KEY, self._logs)

    def end(self) -> None:
        """Let go of the folder."""
        self.witness.close()

    def ask(self, body: str) -> str:
        """Have a submission cosigned."""
        return self.witness.cosign(body.encode())


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A witness that knows one log, and has cosigned nothing yet."""
    found = Opened(tmp_path / "state")
    yield found
    found.end()


@pytest.fixture
def at_seven(opened: Opened) -> Opened:
    """The same after seven leaves."""
    opened.ask(HERE.submission(0, 7))
    return opened


def test_what_has_only_grown_is_cosigned(opened: Opened) -> None:
    for old, size in [(0, 0), (0, 1), (1, 1), (1, 7), (7, 8), (8, 8), (8, 25)]:
        line = opened.ask(HERE.submission(old, size))
        found = read_checkpoint(HERE.note(size) + line, SIGNING_KEY.verifier, KEY.verifier)
        assert (found.size, found.root) == (size, HERE.root(size))
        opened.restart()


def test_extension_lines_are_cosigned(opened: Opened) -> None:
    line = opened.ask(HERE.submission(0, 7, "and more\n"))
    assert read_checkpoint(HERE.note(7, "and more\n") + line, KEY.verifier).size == 7
    assert KEY.verifier.signed(parts(HERE.note(7, "and more\n"))[0], line) == line


def test_other_signatures_are_passed_over(at_seven: Opened) -> None:
    body = HERE.body(9)
    others = "".join(make_key(f"w{n}.example", WITNESS).sign(body, 5) for n in range(30)) + KEY.sign(body, 5)
    assert at_seven.ask(HERE.submission(7, 9) + others)


def test_any_key_of_the_log_will_do(at_seven: Opened) -> None:
    leaves = [f"leaf {n}" for n in range(5)] + [f"here {n}" for n in range(20)]
    assert at_seven.ask(Chain(leaves, NEXT).submission(7, 9))


REFUSED: Final = {
    "garbage": ("hello", NotCosigned),
    "no note": ("old 7\n\nhello\n", NotCosigned),
    "no checkpoint": (f"old 7\n\nhello\n\n{SIGNING_KEY.sign('hello' + chr(10))}", NotCosigned),
    "no signature": (f"old 7\n\n{HERE.body(7)}", NotCosigned),
    "a garbled signature": (HERE.submission(7, 9) + "— somebody AAA\n", NotCosigned),
    "old is larger": (HERE.submission(8, 7), NotCosigned),
    "an unknown log": (OTHER.submission(0, 2), UnknownLog),
    "an unknown key": (Chain(["a", "b"], make_key(SIGNING_KEY.name, LOG)).submission(0, 2), NotTheLogs),
    "a wrong signature": (HERE.submission(7, 9).replace(HERE.body(9), HERE.body(10)), NotTheLogs),
    "a right and a wrong one": (HERE.submission(7, 9) + SIGNING_KEY.sign("x\n"), NotTheLogs),
    "old is smaller": (HERE.submission(5, 9), Behind),
    "old is none": (HERE.submission(0, 9), Behind),
    "old is larger than the last": (HERE.submission(8, 9), Behind),
    "smaller": (HERE.submission(5, 6), Behind),
    "another root of this size": (THERE.submission(7, 7), Forked),
    "a proof of nothing": (HERE.submission(7, 7).replace("old 7\n", f"old 7\n{HASH}\n"), NotGrown),
    "a fork": (THERE.submission(7, 9), NotGrown),
    "a fork with the proof of the log": (f"old 7\n{HERE.proof(7, 9)}\n{THERE.note(9)}", NotGrown),
    "no proof": (f"old 7\n\n{HERE.note(9)}", NotGrown),
    "half a proof": (f"old 7\n{HERE.proof(7, 9)[45:]}\n{HERE.note(9)}", NotGrown),
    "more than a proof": (f"old 7\n{HERE.proof(7, 9)}{HASH}\n\n{HERE.note(9)}", NotGrown),
    "the proof of another": (f"old 7\n{HERE.proof(7, 10)}\n{HERE.note(9)}", NotGrown),
}
"""By what is wrong with it: a submission after HERE's seven leaves were cosigned, and the refusal."""


@pytest.mark.parametrize(("body", "refusal"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(at_seven: Opened, body: str, refusal: type[NotCosigned]) -> None:
    with pytest.raises(NotCosigned) as told:
        at_seven.ask(body)
    assert type(told.value) is refusal
    assert str(told.value)
    assert at_seven.ask(HERE.submission(7, 7)), "nothing has changed"


def test_the_first_of_a_log_needs_no_proof_and_takes_none(opened: Opened) -> None:
    with pytest.raises(NotGrown):
        opened.ask(HERE.submission(0, 7).replace("old 0\n", f"old 0\n{HASH}\n"))
    with pytest.raises(Behind) as told:
        opened.ask(HERE.submission(1, 7))
    assert told.value.size == 0
    empty = f"{SIGNING_KEY.name}\n0\n{HASH}\n"
    with pytest.raises(Forked):
        opened.ask(f"old 0\n\n{empty}\n{SIGNING_KEY.sign(empty)}")
    assert opened.ask(HERE.submission(0, 0))


def test_each_log_is_judged_by_itself(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "state", SIGNING_KEY.verifier, OTHER.key.verifier)
    assert opened.ask(HERE.submission(0, 7))
    assert opened.ask(OTHER.submission(0, 1))
    opened.restart()
    assert opened.ask(HERE.submission(7, 9))
    assert opened.ask(OTHER.submission(1, 2))
    opened.end()


_STEP: Final = st.tuples(st.booleans(), st.integers(0, 25), st.integers(0, 25), st.booleans())


@settings(deadline=None, max_examples=25)
@given(st.lists(_STEP, max_size=30))
def test_no_order_of_requests_leads_to_two_roots(steps: list[tuple[bool, int, int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        opened = Opened(Path(folder))
        cosigned = [(0, HERE.root(0))]
        for here, old, size, again in steps:
            chain = HERE if here else THERE
            told = min(old, size) if old % 3 else min(cosigned[-1][0], size)
            try:
                opened.ask(chain.submission(told, size))
            except NotCosigned:
                pass
            else:
                cosigned.append((size, chain.root(size)))
            if again:
                opened.restart()
        opened.end()
    assert cosigned == sorted(cosigned, key=lambda each: each[0])
    assert any(all(chain.root(size) == root for size, root in cosigned) for chain in (HERE, THERE)), "of one log"


def test_requests_at_once_lead_to_one_log(opened: Opened) -> None:
    cosigned: list[tuple[int, bytes]] = []

    def ask(chain: Chain) -> None:
        size = 0
        for _ in range(30):
            try:
                opened.ask(chain.submission(size, min(size + 1, 15)))
            except Behind as behind:
                size = behind.size
            except NotCosigned:
                return
            else:
                size = min(size + 1, 15)
                cosigned.append((size, chain.root(size)))

    threads = [threading.Thread(target=ask, args=(chain,)) for chain in (HERE, THERE) * 3]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert {size for size, _ in cosigned} == set(range(1, 16))
    assert len(set(cosigned)) == 15
    assert {root for size, root in cosigned if size == 15} in ({HERE.root(15)}, {THERE.root(15)})


def test_a_folder_has_one_witness(at_seven: Opened) -> None:
    with pytest.raises(WrongFolder, match="another witness works with it"):
        Cosigner(at_seven.folder, KEY, [SIGNING_KEY.verifier])
    assert at_seven.ask(HERE.submission(7, 8))


def kept(opened: Opened) -> Path:
    """Return the file of the one log."""
    (path,) = opened.folder.glob("*.checkpoint")
    return path


def test_what_is_kept_is_the_checkpoint_with_both_signatures(at_seven: Opened) -> None:
    text = kept(at_seven).read_text(encoding="utf-8")
    assert read_checkpoint(text, SIGNING_KEY.verifier, KEY.verifier).size == 7
    assert text.startswith(HERE.note(7))


@pytest.mark.parametrize(
    ("old", "new"), [("\n7\n", "\n6\n"), ("—", "-"), ("witness.example/w1", "witness.example/w2"), (None, "")]
)
def test_what_was_changed_in_the_folder_stops_it(at_seven: Opened, old: str | None, new: str) -> None:
    path = kept(at_seven)
    text = path.read_text(encoding="utf-8")
    path.write_text(new if old is None else text.replace(old, new), encoding="utf-8")
    with pytest.raises(WrongFolder, match="is not what this witness wrote"):
        at_seven.ask(HERE.submission(7, 8))
    with pytest.raises(WrongFolder, match="is not what this witness wrote"):
        at_seven.restart()


def test_what_is_gone_from_the_folder_stops_it(at_seven: Opened) -> None:
    kept(at_seven).unlink()
    with pytest.raises(WrongFolder, match="was here, and is gone"):
        at_seven.ask(THERE.submission(0, 7))


def test_the_file_of_another_log_stops_it(tmp_path: Path) -> None:
    opened = Opened(tmp_path, SIGNING_KEY.verifier, OTHER.key.verifier)
    opened.ask(HERE.submission(0, 7))
    mine = kept(opened)
    opened.ask(OTHER.submission(0, 2))
    (others,) = set(tmp_path.glob("*.checkpoint")) - {mine}
    mine.write_bytes(others.read_bytes())
    with pytest.raises(WrongFolder, match=r"it is of other\.example"):
        opened.ask(HERE.submission(2, 7))
    opened.end()


def test_the_folder_of_another_key_is_refused(at_seven: Opened) -> None:
    at_seven.end()
    with pytest.raises(WrongFolder, match=r"it is not signed by witness\.example/w1"):
        Cosigner(at_seven.folder, make_key("witness.example/w1", WITNESS), [SIGNING_KEY.verifier])


def test_what_cannot_be_kept_is_not_cosigned(at_seven: Opened) -> None:
    whole = kept(at_seven).with_suffix(".new")
    whole.mkdir()
    with pytest.raises(IsADirectoryError):
        at_seven.ask(HERE.submission(7, 8))
    whole.rmdir()
    assert at_seven.ask(HERE.submission(7, 7))
