"""Counts the events of a stream, each exactly once, with none of Ensue's code: docs/protocol.md at work.
python3 consumer.py NATS_URL SQLITE_FILE [STREAM OWNER]"""
import asyncio, sqlite3, sys
import nats, wire
from nats.errors import Error, TimeoutError
from nats.js.api import AckPolicy, ConsumerConfig

URL, FILE, STREAM, OWNER = (sys.argv[1:] + ["EVENTS_ORDER", "orders"])[:4]
TABLES = """PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS positions (source, stream, partition, position, PRIMARY KEY (source, stream, partition));
CREATE TABLE IF NOT EXISTS counts (type PRIMARY KEY, events);
CREATE TABLE IF NOT EXISTS applied (id, type, key, version, partition, position);
CREATE TABLE IF NOT EXISTS dead (subject, headers, payload, reason);"""

def commit(db, events, dead=()):  # positions, effects and what is in nobody's log: one transaction
    with db:
        for event in events:
            was = (OWNER, STREAM, event["partition"], event["position"] - 1)
            moved = db.execute("UPDATE positions SET position = position + 1 WHERE (source, stream, partition, position) = (?, ?, ?, ?)", was)
            if moved.rowcount != 1:
                sys.exit(f"a hole in the log, or a second copy of this process: the stored position is not {was}")
            db.execute("INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET events = events + 1", (event["ce-type"],))
            row = [event[name] for name in ("ce-id", "ce-type", "ce-subject", "ce-sequence", "partition", "position")]
            db.execute("INSERT INTO applied VALUES (?, ?, ?, ?, ?, ?)", row)
        db.executemany("INSERT INTO dead VALUES (?, ?, ?, ?)", dead)

async def fill(nc, db, reached, partition, why):  # what the stream does not give, from the owner's log
    while events := await wire.read(nc, OWNER, STREAM, partition, reached[partition] + 1):
        print(f"{why}: {len(events)} of partition {partition} from the log", file=sys.stderr, flush=True)
        commit(db, events)
        reached[partition] += len(events)

async def session(nc, db):
    reached = dict(db.execute("SELECT partition, position FROM positions WHERE (source, stream) = (?, ?)", (OWNER, STREAM)))
    # Where the durable stands is only a hint: what it gives too early shows as a gap, what it gives again as a repeat.
    reader = await nc.jetstream().pull_subscribe("", "python-counts", STREAM, ConsumerConfig(ack_policy=AckPolicy.ALL))
    while True:
        try:
            messages = await reader.fetch(256, timeout=1)
        except TimeoutError:  # idle: what was lost at the end shows in the owner's heads only
            for stream, partition, position in await wire.heads(nc, OWNER):
                if stream == STREAM and position > reached[partition]:
                    await fill(nc, db, reached, partition, "lost tail")
            continue
        events, dead = [], []
        for message in messages:
            headers, partition = message.headers or {}, int(message.subject.split(".")[3])
            try:
                event = wire.opened(headers, message.data, partition, OWNER, STREAM)
                by_relay = headers["Nats-Msg-Id"].split("/")[0] == event["ce-id"]
                if event["position"] > reached[partition] + by_relay:  # a gap, or not written by a relay: the owner knows
                    commit(db, events)
                    events = []
                    await fill(nc, db, reached, partition, "gap")
                    if event["position"] > reached[partition]:
                        raise ValueError("beyond the end of the owner's log")
                elif event["position"] > reached[partition]:  # the next one; anything else is a repeat
                    events.append(event)
                    reached[partition] += 1
            except (KeyError, ValueError) as fault:
                dead.append((message.subject, repr(headers), message.data, repr(fault)))
        commit(db, events, dead)
        await messages[-1].ack()  # all up to it, and only after the commit

async def main():
    db = sqlite3.connect(FILE)
    db.executescript(TABLES)
    with db:
        db.executemany("INSERT OR IGNORE INTO positions VALUES (?, ?, ?, 0)", [(OWNER, STREAM, partition) for partition in range(16)])
    while True:
        try:
            async with await nats.connect(URL) as nc:
                await session(nc, db)
        except Error as fault:  # the broker or the owner is away: wait and begin again from what is stored; nothing is skipped
            print("again:", repr(fault), file=sys.stderr, flush=True)
            await asyncio.sleep(1)

asyncio.run(main())
