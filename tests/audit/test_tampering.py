"""Whatever is done to an event directly in the database is found, and its position named: many random tamperings."""

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from service.audit.verdicts import Different
from tests.audit.register import COUNT, Tampered, audited
from tests.running import Ledger

TAMPERINGS: Final = int(os.environ.get("TAMPERINGS", "40"))
"""How many: 500 and more in the long form."""
FORGE: Final = (
    "INSERT INTO events SELECT %s, gen_random_uuid(), gen_random_uuid(), 1, type, schema_version, recorded_at,"
    " actor, nonce, data_sha256, data FROM events WHERE revision = 1 ORDER BY position LIMIT 1"
)
"""A copy of the first event, as another one."""
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
Statement = tuple[str, tuple[Any, ...]]
Tampering = tuple[list[Statement], int]
"""What is done, and the first position at which the log is then another one."""


def flipped_bytes(dice: random.Random, raw: bytes) -> bytes:
    bit = dice.randrange(8 * len(raw))
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flipped_text(dice: random.Random, text: str) -> str:
    """Flip a bit that leaves a text that PostgreSQL can hold."""
    while True:
        changed = flipped_bytes(dice, text.encode())
        try:
            found = changed.decode()
        except UnicodeDecodeError:
            continue
        if "\0" not in found:
            return found


def flipped_time(dice: random.Random, moment: datetime) -> Statement:
    micros = (moment - _EPOCH) // timedelta(microseconds=1) ^ 1 << dice.randrange(52)
    return "timestamptz '2000-01-01Z' + make_interval(secs => %s::bigint / 1000000) + %s * interval '1 microsecond'", (
        micros // 10**6 * 10**6,
        micros % 10**6,
    )


def flip(dice: random.Random, ledger: Ledger, position: int) -> Tampering:
    """Flip one bit of one column."""
    columns: dict[str, Callable[[Any], Any]] = {
        "data": lambda value: flipped_text(dice, value),
        "actor": lambda value: flipped_text(dice, value),
        "type": lambda value: flipped_text(dice, value),
        "nonce": lambda value: flipped_bytes(dice, value),
        "data_sha256": lambda value: flipped_bytes(dice, value),
        "event_id": lambda value: UUID(bytes=flipped_bytes(dice, value.bytes)),
        "incident": lambda value: UUID(bytes=flipped_bytes(dice, value.bytes)),
        "revision": lambda value: value ^ 1 << dice.randrange(31),
        "schema_version": lambda value: value ^ 1 << dice.randrange(15),
        "position": lambda value: value ^ 1 << dice.randrange(6, 62),
        "recorded_at": lambda value: flipped_time(dice, value),
    }
    name = dice.choice([*columns])
    value = columns[name](ledger.sql(f"SELECT {name} FROM events WHERE position = %s", position)[0][0])
    if name == "recorded_at":
        return [(f"UPDATE events SET {name} = {value[0]} WHERE position = %s", (*value[1], position))], position
    return [(f"UPDATE events SET {name} = %s WHERE position = %s", (value, position))], position


def delete(_: random.Random, __: Ledger, position: int) -> Tampering:
    return [("DELETE FROM events WHERE position = %s", (position,))], position


def cut(_: random.Random, __: Ledger, position: int) -> Tampering:
    return [("DELETE FROM events WHERE position >= %s", (position,))], position


def cut_with_the_head(_: random.Random, __: Ledger, position: int) -> Tampering:
    return [
        ("DELETE FROM events WHERE position >= %s", (position,)),
        ("UPDATE log_head SET position = %s", (position - 1,)),
    ], position


def swap(dice: random.Random, _: Ledger, position: int) -> Tampering:
    other = dice.choice([n for n in range(1, COUNT + 1) if n != position])
    return [
        ("UPDATE events SET position = 1000 WHERE position = %s", (position,)),
        ("UPDATE events SET position = %s WHERE position = %s", (position, other)),
        ("UPDATE events SET position = %s WHERE position = 1000", (other,)),
    ], min(position, other)


def close_up(_: random.Random, __: Ledger, position: int) -> Tampering:
    """Delete an event and let those behind it move up."""
    return [
        ("DELETE FROM events WHERE position = %s", (position,)),
        ("UPDATE events SET position = -position WHERE position > %s", (position,)),
        ("UPDATE events SET position = -position - 1 WHERE position < 0", ()),
    ], position


def insert(_: random.Random, __: Ledger, position: int) -> Tampering:
    """Put a copy of another event before one, and let the rest make room."""
    return [
        ("UPDATE events SET position = -position WHERE position >= %s", (position,)),
        ("UPDATE events SET position = -position + 1 WHERE position < 0", ()),
        (FORGE, (position,)),
    ], position


def append(_: random.Random, __: Ledger, ___: int) -> Tampering:
    """Put an event behind the end."""
    return [(FORGE, (COUNT + 1,))], COUNT + 1


def renumber(dice: random.Random, _: Ledger, position: int) -> Tampering:
    return [("UPDATE events SET position = %s WHERE position = %s", (dice.randrange(41, 9000), position))], position


def rewrite(dice: random.Random, _: Ledger, position: int) -> Tampering:
    """Say something else, with a hash that fits."""
    data = json.dumps({"facts": {"title": f"Nothing happened {dice.randrange(1000)}", "kind": "sighting"}})
    return [
        (
            "UPDATE events SET data = %s, data_sha256 = sha256(nonce || convert_to(%s, 'UTF8')) WHERE position = %s",
            (data, data, position),
        )
    ], position


KINDS: Final = (*[flip] * 8, delete, cut, cut_with_the_head, swap, close_up, insert, append, renumber, rewrite)


def test_every_tampering_is_found_at_its_position(register: Ledger, tampered: Tampered) -> None:
    assert isinstance(audited(register), str)
    for number in range(TAMPERINGS):
        dice = random.Random(number)
        kind = KINDS[number % len(KINDS)] if number < len(KINDS) else dice.choice(KINDS)
        statements, position = kind(dice, register, dice.randrange(1, COUNT + 1))
        with tampered.by(*statements):
            found = audited(register)
        assert isinstance(found, Different), f"{number}: {statements}: {found}"
        assert found.position == position, f"{number}: {statements}: {found}"
        assert f"osition {position}" in str(found), f"{number}: {found}"
    assert isinstance(audited(register), str)
