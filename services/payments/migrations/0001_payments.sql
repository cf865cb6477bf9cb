-- The payment of an order. An order whose undo came before its payment has a row without a payment id.
CREATE TABLE payments (
    order_id           TEXT   PRIMARY KEY,
    payment_id         TEXT   UNIQUE,
    minor_units        BIGINT NOT NULL,
    currency           TEXT   NOT NULL,
    method             TEXT   NOT NULL,
    provider_reference TEXT   NOT NULL,
    status             TEXT   NOT NULL,
    refunded           BIGINT NOT NULL,
    refunding          BIGINT NOT NULL,
    reason             TEXT   NOT NULL,
    unclear            BIGINT NOT NULL,
    undo_refund_id     TEXT,
    undo_reason        TEXT,
    undo_cause         TEXT,
    customer           BLOB   NOT NULL,
    created_at_us      BIGINT NOT NULL,
    updated_at_us      BIGINT NOT NULL
);
CREATE INDEX payments_by_time ON payments (created_at_us, order_id);
CREATE INDEX payments_by_status ON payments (status, created_at_us, order_id);

-- Money given back, or on its way.
CREATE TABLE refunds (
    refund_id     TEXT   PRIMARY KEY,
    order_id      TEXT   NOT NULL,
    payment_id    TEXT   NOT NULL,
    minor_units   BIGINT NOT NULL,
    currency      TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    created_at_us BIGINT NOT NULL
);
CREATE INDEX refunds_by_order ON refunds (order_id, created_at_us);
