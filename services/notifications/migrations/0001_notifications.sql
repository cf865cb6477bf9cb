-- Every message to a person, in the order in which they were asked for. The address is masked: the whole one is only in the intent.
CREATE TABLE notifications (
    seq            BIGSERIAL PRIMARY KEY,
    id             TEXT      NOT NULL UNIQUE,
    user_id        TEXT      NOT NULL,
    channel        TEXT      NOT NULL,
    template       TEXT      NOT NULL,
    recipient      TEXT      NOT NULL,
    status         TEXT      NOT NULL,
    attempts       BIGINT    NOT NULL,
    error          TEXT      NOT NULL,
    order_id       TEXT      NOT NULL,
    correlation_id TEXT      NOT NULL,
    cause_id       TEXT      NOT NULL,
    cause_type     TEXT      NOT NULL,
    title          TEXT      NOT NULL,
    message        TEXT      NOT NULL,
    locale         TEXT      NOT NULL,
    created_at_us  BIGINT    NOT NULL,
    sent_at_us     BIGINT    NOT NULL
);
CREATE INDEX notifications_by_user ON notifications (user_id, seq);
CREATE INDEX notifications_by_order ON notifications (order_id, seq) WHERE order_id <> '';
CREATE INDEX notifications_by_correlation ON notifications (correlation_id, seq);

-- How users are reached, and on which channels they want quiet: names with a comma between them.
CREATE TABLE preferences (
    user_id       TEXT   PRIMARY KEY,
    email         TEXT   NOT NULL,
    phone         TEXT   NOT NULL,
    device_token  TEXT   NOT NULL,
    locale        TEXT   NOT NULL,
    quiet         TEXT   NOT NULL,
    updated_at_us BIGINT NOT NULL
);
