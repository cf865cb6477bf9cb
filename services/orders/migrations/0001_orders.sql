-- An order as its events made it so far: what queries show and what the saga decides upon. The events are the truth.
CREATE TABLE orders (
    order_id       TEXT   PRIMARY KEY,
    user_id        TEXT   NOT NULL,
    status         TEXT   NOT NULL,
    status_reason  TEXT   NOT NULL,
    placed         BLOB   NOT NULL, -- ensue.orders.v2.OrderPlaced: what never changes
    returned       TEXT   NOT NULL, -- pieces that came back, item by item
    refunded       BIGINT NOT NULL, -- minor units of the total's currency
    version        BIGINT NOT NULL, -- of its last event
    correlation_id TEXT   NOT NULL,
    created_at_us  BIGINT NOT NULL,
    updated_at_us  BIGINT NOT NULL
);
CREATE INDEX orders_by_time ON orders (created_at_us, order_id);
CREATE INDEX orders_by_user ON orders (user_id, created_at_us, order_id);
CREATE INDEX orders_by_status ON orders (status, created_at_us, order_id);

-- Inventory's catalogue, as far as orders needs it.
CREATE TABLE products (
    product_id TEXT   PRIMARY KEY,
    name       TEXT   NOT NULL,
    price      BIGINT NOT NULL, -- for one piece, in minor units
    currency   TEXT   NOT NULL,
    sku_ids    TEXT   NOT NULL, -- a list; empty where the product has no variants
    withdrawn  BIGINT NOT NULL
);
