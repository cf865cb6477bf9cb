-- What a consumer has reached. `previous` makes the upsert a compare-and-set: it is what the writer read before.
CREATE TABLE positions (
    consumer  TEXT   NOT NULL,
    source    TEXT   NOT NULL,
    stream    TEXT   NOT NULL,
    partition BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    previous  BIGINT NOT NULL,
    PRIMARY KEY (consumer, source, stream, partition)
);

-- Where a durable is made anew: all messages up to this sequence are dealt with, if the stream still is the one that was read.
CREATE TABLE cursors (
    consumer   TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    members    TEXT   NOT NULL,
    sequence   BIGINT NOT NULL,
    created_ns BIGINT NOT NULL,
    message_id TEXT   NOT NULL,
    PRIMARY KEY (consumer, stream, members)
);

-- Events that failed, and those of the same lane behind them, in order of arrival.
CREATE TABLE parked (
    consumer       TEXT   NOT NULL,
    event_id       TEXT   NOT NULL,
    lane           TEXT   NOT NULL,
    arrival        BIGINT NOT NULL,
    partition      BIGINT NOT NULL,
    subject        TEXT   NOT NULL,
    headers        TEXT   NOT NULL,
    payload        BLOB   NOT NULL,
    state          TEXT   NOT NULL,
    attempts       BIGINT NOT NULL,
    next_at_us     BIGINT NOT NULL,
    parked_at_us   BIGINT NOT NULL,
    history        TEXT   NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX parked_by_lane ON parked (consumer, lane, arrival);
CREATE INDEX parked_by_due ON parked (consumer, state, next_at_us);

CREATE TABLE dead_letters (
    id             TEXT   PRIMARY KEY,
    consumer       TEXT   NOT NULL,
    event_id       TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    aggregate_type TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    subject        TEXT   NOT NULL,
    headers        TEXT   NOT NULL,
    payload        BLOB   NOT NULL,
    reason         TEXT   NOT NULL,
    error          TEXT   NOT NULL,
    fingerprint    TEXT   NOT NULL,
    history        TEXT   NOT NULL,
    correlation_id TEXT   NOT NULL,
    traceparent    TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    died_at_us     BIGINT NOT NULL,
    settled_at_us  BIGINT NOT NULL,
    note           TEXT   NOT NULL
);
CREATE INDEX dead_letters_by_state ON dead_letters (state, died_at_us);
CREATE INDEX dead_letters_by_event ON dead_letters (consumer, event_id);

-- Calls to the outside world, written down before they are made. `id` is the idempotency key.
CREATE TABLE intents (
    id              TEXT   PRIMARY KEY,
    kind            TEXT   NOT NULL,
    key             TEXT   NOT NULL,
    arrival         BIGINT NOT NULL,
    payload         BLOB   NOT NULL,
    cause           TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    next_at_us      BIGINT NOT NULL,
    leased_until_us BIGINT NOT NULL,
    history         TEXT   NOT NULL
);
CREATE INDEX intents_by_due ON intents (kind, next_at_us);
CREATE INDEX intents_by_key ON intents (kind, key, arrival);

CREATE TABLE timers (
    consumer TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    due_us   BIGINT NOT NULL,
    payload  TEXT   NOT NULL,
    cause    TEXT   NOT NULL,
    PRIMARY KEY (consumer, id)
);
CREATE INDEX timers_by_due ON timers (consumer, due_us);

CREATE TABLE sagas (
    saga_id       TEXT   PRIMARY KEY,
    plan          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    ledger        TEXT   NOT NULL,
    data          BLOB   NOT NULL,
    version       BIGINT NOT NULL,
    updated_at_us BIGINT NOT NULL
);
CREATE INDEX sagas_by_state ON sagas (plan, state, updated_at_us);

-- Answers already given, by request id.
CREATE TABLE requests (
    method     TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    answer     BLOB   NOT NULL,
    at_us      BIGINT NOT NULL,
    PRIMARY KEY (method, request_id)
);

-- Ids of what came from a source without positions: by hand, or from a stream that Ensue did not write.
CREATE TABLE inbox (
    consumer TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    PRIMARY KEY (consumer, id)
);

-- Undone before done: refuses the late do.
CREATE TABLE tombstones (
    type  TEXT   NOT NULL,
    key   TEXT   NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (type, key)
);

-- Who may do what only one may do; the epoch fences the one before.
CREATE TABLE leases (
    name     TEXT   PRIMARY KEY,
    owner    TEXT   NOT NULL,
    epoch    BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);

-- How far the relay has published each stream; what the stream itself says wins.
CREATE TABLE relay_cursors (
    stream     TEXT   PRIMARY KEY,
    seq        BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    created_ns BIGINT NOT NULL,
    message_id TEXT   NOT NULL
);
