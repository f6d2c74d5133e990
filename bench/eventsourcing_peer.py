"""Appends through the PostgresApplicationRecorder of `eventsourcing`; prints its outcome as JSON."""

import itertools
import sys
import threading
import time
import uuid
from pathlib import Path

import msgspec
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench import corpus
from bench.peers import EVENTS_TABLE, Job
from bench.results import Outcome


def _recorder(job: Job) -> PostgresApplicationRecorder:
    where = {name: str(value) for name, value in conninfo_to_dict(job.uri).items()}
    datastore = PostgresDatastore(
        dbname=where["dbname"],
        host=where["host"],
        port=where.get("port", "5432"),
        user=where["user"],
        password="",
        pool_size=job.concurrency,
        connect_timeout=30,
        enable_db_functions=job.functions,
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name=EVENTS_TABLE)
    recorder.create_table()
    return recorder


def _append(job: Job) -> Outcome:
    recorder = _recorder(job)
    recorder.datastore.pool.wait()
    bodies, serials = itertools.cycle(corpus.read(Path(job.bodies))), itertools.count(job.first)
    counts = [0] * job.concurrency
    cpu, began = time.process_time(), time.perf_counter()

    def append(worker: int) -> None:
        while time.perf_counter() - began < job.seconds:
            events = [
                StoredEvent(uuid.uuid4(), 1, "incident:reported", corpus.numbered(next(bodies), next(serials)))
                for _ in range(job.batch)
            ]
            recorded = recorder.insert_events(events)
            assert recorded is not None
            counts[worker] += len(recorded)

    threads = [threading.Thread(target=append, args=(worker,)) for worker in range(job.concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    recorder.datastore.close()
    return Outcome(sum(counts), seconds, (time.process_time() - cpu) / seconds)


if __name__ == "__main__":
    print(msgspec.json.encode(_append(msgspec.json.decode(sys.argv[1], type=Job))).decode())
