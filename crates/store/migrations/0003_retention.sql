-- Until when an id is remembered, microseconds since 1970. Those that are there already are remembered for good: nobody noted when they came.
ALTER TABLE inbox ADD COLUMN until_us BIGINT NOT NULL DEFAULT 9223372036854775807;

CREATE INDEX inbox_by_end ON inbox (until_us);
CREATE INDEX requests_by_age ON requests (at_us);
CREATE INDEX tombstones_by_age ON tombstones (at_us);
