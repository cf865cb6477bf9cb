-- Every event and command of the system, in order of arrival. Four indexes, one for each question, and no more: every message passes
-- here. Once each: the consumer's positions see to that.
CREATE TABLE log (
    seq            BIGSERIAL PRIMARY KEY,
    id             TEXT   NOT NULL,
    kind           TEXT   NOT NULL,
    type           TEXT   NOT NULL,
    aggregate_type TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    correlation_id TEXT   NOT NULL,
    causation_id   TEXT   NOT NULL,
    time_us        BIGINT NOT NULL,
    source         TEXT   NOT NULL,
    stream         TEXT   NOT NULL,
    partition      BIGINT NOT NULL,
    position       BIGINT NOT NULL,
    schema         TEXT   NOT NULL,
    content_type   TEXT   NOT NULL,
    traceparent    TEXT   NOT NULL,
    tracestate     TEXT   NOT NULL,
    extensions     TEXT   NOT NULL,
    payload        BLOB   NOT NULL
);
CREATE INDEX log_by_key ON log (key, aggregate_type, stream, version);
CREATE INDEX log_by_type ON log (type, time_us, seq);
CREATE INDEX log_by_time ON log (time_us, seq);
CREATE INDEX log_by_correlation ON log (correlation_id, time_us, seq);

-- What was accepted for publishing and is not yet at the door of the service that owns it.
CREATE TABLE outgoing (
    seq        BIGSERIAL PRIMARY KEY,
    key        TEXT NOT NULL,
    subject    TEXT NOT NULL,
    message_id TEXT NOT NULL,
    headers    TEXT NOT NULL,
    payload    BLOB NOT NULL
);
