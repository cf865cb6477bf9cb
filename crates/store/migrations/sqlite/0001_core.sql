-- The log. One writer numbers an event as it appends it, so an event row is complete at once and is never updated.
CREATE TABLE events (
    seq            INTEGER PRIMARY KEY,
    id             TEXT    NOT NULL,
    type           TEXT    NOT NULL,
    aggregate_type TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    stream         TEXT    NOT NULL,
    partition      INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    time_us        INTEGER NOT NULL,
    schema         TEXT    NOT NULL,
    content_type   TEXT    NOT NULL,
    correlation_id TEXT    NOT NULL,
    causation_id   TEXT    NOT NULL,
    traceparent    TEXT    NOT NULL,
    tracestate     TEXT    NOT NULL,
    extensions     TEXT    NOT NULL,
    payload        BLOB    NOT NULL
);
CREATE UNIQUE INDEX events_by_key ON events (stream, aggregate_type, key, version);
CREATE UNIQUE INDEX events_by_position ON events (stream, partition, position);
