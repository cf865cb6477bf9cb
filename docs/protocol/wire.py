"""What travels, as docs/protocol.md describes it: headers, partitions, and the two questions that a log answers."""
import functools, urllib.parse
from nats.errors import Error

def partition_of(key):
    return functools.reduce(lambda hash, byte: (hash ^ byte) * 0x01000193 & 0xFFFFFFFF, key.encode(), 0x811C9DC5) % 16

def opened(headers, payload, partition, source, stream):
    """A message of this log as one dict; KeyError or ValueError when it is in nobody's log."""
    event = {name.lower(): urllib.parse.unquote(value) for name, value in headers.items()}
    named = "EVENTS_" + event["ce-type"].split(".")[0].upper()
    if (event["ce-source"], named, partition_of(event["ce-subject"])) != (source, stream, partition):
        raise ValueError("source, type or key are of another log")
    return event | {"partition": partition, "position": int(event["ce-position"]), "payload": bytes(payload)}

async def read(nc, source, stream, partition, position):
    """A page of the owner's log from this position on; empty at its end."""
    request = b"\x0a" + varint(len(stream)) + stream.encode() + b"\x10" + varint(partition) + b"\x18" + varint(position)
    events = []
    for record in await ask(nc, f"log.{source}.read", request, error=3):
        lines = [dict(fields(value)) for field, value in record if field == 2]
        headers = {line[1].decode(): line.get(2, b"").decode() for line in lines}
        events.append(opened(headers, dict(record).get(3, b""), partition, source, stream))
    return events

async def heads(nc, source):
    """The last position of every partition of every stream that this service writes to."""
    answers = [dict(head) for head in await ask(nc, f"log.{source}.heads", error=2)]
    return [(head[1].decode(), head.get(2, 0), head[3]) for head in answers]

async def ask(nc, subject, request=b"", error=0):
    answer = list(fields((await nc.request(subject, request, timeout=5)).data))
    for field, value in answer:
        if field == error and isinstance(value, bytes):
            raise Error(f"{subject}: {value.decode()}")
    return [list(fields(value)) for field, value in answer if field == 1]

def fields(data):
    """(field, value) of a Protobuf message; those of the log have numbers and what comes with its length, nothing else."""
    def number():
        nonlocal data
        end = next(at for at, byte in enumerate(data) if byte < 128) + 1
        value, data = sum((byte & 127) << 7 * at for at, byte in enumerate(data[:end])), data[end:]
        return value
    while data:
        tag, value = number(), number()
        if tag & 7 == 2:
            value, data = data[:value], data[value:]
        yield tag >> 3, value

def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)
