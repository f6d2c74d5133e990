"""What is sent to a witness: as C2SP tlog-witness writes it, and nothing that is not quite it."""

from base64 import b64encode
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.witnesses.submission import Garbled, Submission, read_submission

SIGNATURE: Final = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
NOTE: Final = f"""example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa {SIGNATURE}
"""
EXAMPLE: Final = f"""old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

{NOTE}"""
HASH: Final = b64encode(bytes(32)).decode()


def test_the_example_of_the_specification_is_read_and_written() -> None:
    found = read_submission(EXAMPLE.encode())
    assert (found.old, len(found.proof), found.note) == (20852014, 2, NOTE)
    assert found.text() == EXAMPLE


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_what_is_written_is_read(old: int, proof: list[bytes]) -> None:
    sent = Submission(old, tuple(proof), NOTE)
    assert read_submission(sent.text().encode()) == sent


@pytest.mark.parametrize(
    "text",
    ["", "\n", NOTE, f"\n{NOTE}", f"old\n\n{NOTE}", f"old 1\n{NOTE}", f"old 1{NOTE}", f"old -1\n\n{NOTE}",
     f"old 01\n\n{NOTE}", f"old  1\n\n{NOTE}", f"Old 1\n\n{NOTE}", f"old 1 \n\n{NOTE}", f"old 1\r\n\r\n{NOTE}",
     f" old 1\n\n{NOTE}", f"old {'9' * 20}\n\n{NOTE}", f"old 1\n{HASH[:-1]}\n\n{NOTE}", f"old 1\n{HASH} \n\n{NOTE}",
     f"old 1\n{HASH}{HASH}\n\n{NOTE}", f"old 1\n{HASH[:42]}B{HASH[43:]}\n\n{NOTE}", f"old 1\n{'A' * 44}\n\n{NOTE}",
     "old 1\n\n", f"old 1\n{HASH}\n", "old 1\n" + f"{HASH}\n" * 64 + f"\n{NOTE}", f"old \u0661\n\n{NOTE}"],
    ids=range(24),
)  # fmt: skip
def test_what_is_no_submission_is_refused(text: str) -> None:
    with pytest.raises(Garbled):
        read_submission(text.encode())


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Garbled):
        read_submission(EXAMPLE.encode()[:-1] + b"\xff\n")
