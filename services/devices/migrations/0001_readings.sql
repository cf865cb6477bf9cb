-- What devices measured. `number` is the event's version within its device.
CREATE TABLE readings (
    device_id      TEXT             NOT NULL,
    number         BIGINT           NOT NULL,
    metric         TEXT             NOT NULL,
    value          DOUBLE PRECISION NOT NULL,
    measured_at_us BIGINT           NOT NULL,
    PRIMARY KEY (device_id, number)
);
CREATE INDEX readings_by_metric ON readings (device_id, metric, number);
