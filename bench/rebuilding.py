"""Make one projection anew and print the seconds that it took: `python -m bench.rebuilding URL NAME`."""

import sys
import time

import uvloop

from service.building import build
from service.db import Database
from service.projections.every import PROJECTIONS
from service.store.changes import collect_seldom


async def _rebuild(url: str, name: str) -> float:
    collect_seldom()
    db = Database(url, 2)
    await db.open()
    projection = next(each for each in PROJECTIONS if each.name == name)
    began = time.perf_counter()
    await build(db, projection, lambda *_: None)
    took = time.perf_counter() - began
    await db.close()
    return took


if __name__ == "__main__":
    sys.stdout.write(str(uvloop.run(_rebuild(sys.argv[1], sys.argv[2]))))
