-- What is sold. Its pieces stand in `variants`.
CREATE TABLE products (
    product_id          TEXT   PRIMARY KEY,
    name                TEXT   NOT NULL,
    group_name          TEXT   NOT NULL,
    department          TEXT   NOT NULL,
    price_minor         BIGINT NOT NULL CHECK (price_minor >= 0),
    currency            TEXT   NOT NULL,
    low_stock_threshold BIGINT NOT NULL CHECK (low_stock_threshold >= 0),
    low_armed           BIGINT NOT NULL,
    withdrawn           BIGINT NOT NULL,
    created_at_us       BIGINT NOT NULL,
    updated_at_us       BIGINT NOT NULL
);

-- `sku_id` is empty for a product without variants. The domain keeps these bounds; the database keeps them from a fault in it.
CREATE TABLE variants (
    product_id    TEXT   NOT NULL REFERENCES products (product_id),
    sku_id        TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    place         BIGINT NOT NULL,
    stock         BIGINT NOT NULL CHECK (stock >= 0),
    reserved      BIGINT NOT NULL CHECK (reserved >= 0),
    updated_at_us BIGINT NOT NULL,
    PRIMARY KEY (product_id, sku_id),
    CHECK (reserved <= stock)
);

-- What orders hold or held. `lines` is JSON: an order's lines are read and written together, and nobody asks for one alone.
CREATE TABLE reservations (
    order_id      TEXT   PRIMARY KEY,
    state         TEXT   NOT NULL CHECK (state IN ('open', 'deducted', 'released')),
    lines         TEXT   NOT NULL,
    created_at_us BIGINT NOT NULL,
    updated_at_us BIGINT NOT NULL
);
CREATE INDEX reservations_by_state ON reservations (state, order_id);

-- Returns that are back on the shelf: the same one is not put there twice.
CREATE TABLE returns (
    order_id  TEXT   NOT NULL,
    return_id TEXT   NOT NULL,
    at_us     BIGINT NOT NULL,
    PRIMARY KEY (order_id, return_id)
);
