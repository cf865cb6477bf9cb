-- The shipment of an order. An order that was let go before it had a shipment has a row without a shipment id.
CREATE TABLE shipments (
    order_id         TEXT   PRIMARY KEY,
    shipment_id      TEXT   UNIQUE,
    lines            TEXT   NOT NULL,
    address          TEXT   NOT NULL,
    status           TEXT   NOT NULL,
    reason           TEXT   NOT NULL,
    tracking_number  TEXT   NOT NULL,
    customer         BLOB   NOT NULL,
    created_at_us    BIGINT NOT NULL,
    dispatched_at_us BIGINT,
    delivered_at_us  BIGINT,
    updated_at_us    BIGINT NOT NULL
);
CREATE INDEX shipments_by_time ON shipments (created_at_us, order_id);
CREATE INDEX shipments_by_status ON shipments (status, created_at_us, order_id);
