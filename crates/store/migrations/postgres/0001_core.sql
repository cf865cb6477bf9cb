-- The log. Several processes append; the one relay numbers what they appended (publications), so an event row is never updated.
CREATE TABLE events (
    seq            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    aggregate_type TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    stream         TEXT   NOT NULL,
    partition      BIGINT NOT NULL,
    time_us        BIGINT NOT NULL,
    schema         TEXT   NOT NULL,
    content_type   TEXT   NOT NULL,
    correlation_id TEXT   NOT NULL,
    causation_id   TEXT   NOT NULL,
    traceparent    TEXT   NOT NULL,
    tracestate     TEXT   NOT NULL,
    extensions     TEXT   NOT NULL,
    payload        BYTEA  NOT NULL
);
CREATE UNIQUE INDEX events_by_key ON events (stream, aggregate_type, key, version);

-- Appended, not numbered yet.
CREATE TABLE outbox (
    event_seq BIGINT PRIMARY KEY,
    stream    TEXT   NOT NULL,
    partition BIGINT NOT NULL
);

-- Numbered: `seq` is the order in which the relay publishes, `position` the number within (stream, partition).
CREATE TABLE publications (
    seq       BIGINT PRIMARY KEY,
    stream    TEXT   NOT NULL,
    partition BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    event_seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX publications_by_position ON publications (stream, partition, position);
