// Appends through emmett's appendToStream, so many at a time, each to a new stream, and prints its outcome as JSON.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";

const DIGITS = 12; // of the serial number that opens the title, see corpus.py

const job = JSON.parse(process.argv[2]);
const bodies = readFileSync(job.bodies, "utf8").trimEnd().split("\n").map(JSON.parse);
const store = getPostgreSQLEventStore(job.uri);
await store.schema.migrate();

let serial = job.first;
function event() {
  const { facts } = bodies[serial % bodies.length];
  const title = String(serial++).padStart(DIGITS, "0") + facts.title.slice(DIGITS);
  return { type: "reported", data: { facts: { ...facts, title } } };
}

let count = 0;
const cpu = process.cpuUsage();
const began = performance.now();
async function append() {
  while (performance.now() - began < job.seconds * 1000) {
    const events = Array.from({ length: job.batch }, event);
    const recorded = await store.appendToStream(`incident-${randomUUID()}`, events, {
      expectedStreamVersion: "STREAM_DOES_NOT_EXIST",
    });
    if (recorded.nextExpectedStreamVersion !== BigInt(job.batch)) throw new Error("not all were recorded");
    count += job.batch;
  }
}
await Promise.all(Array.from({ length: job.concurrency }, append));

const seconds = (performance.now() - began) / 1000;
const spent = process.cpuUsage(cpu);
await store.close();
console.log(JSON.stringify({ count, seconds, client_cpu: (spent.user + spent.system) / 1e6 / seconds }));
process.exit(0); // the library keeps a timer
