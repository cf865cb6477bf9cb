-- What is counted of each user, and the row that is locked while it changes. `zone` is empty until one is known; distances and energy are in
-- thousandths of a metre and of a kilocalorie: whole numbers add up to the same in every order.
CREATE TABLE people (
    user_id          TEXT   PRIMARY KEY,
    zone             TEXT   NOT NULL DEFAULT '',
    workouts         BIGINT NOT NULL DEFAULT 0,
    distance_mm      BIGINT NOT NULL DEFAULT 0,
    calories_milli   BIGINT NOT NULL DEFAULT 0,
    uploads          BIGINT NOT NULL DEFAULT 0,
    goals            BIGINT NOT NULL DEFAULT 0,
    follows_given    BIGINT NOT NULL DEFAULT 0,
    follows_received BIGINT NOT NULL DEFAULT 0,
    likes_given      BIGINT NOT NULL DEFAULT 0,
    likes_received   BIGINT NOT NULL DEFAULT 0,
    streak_current   BIGINT NOT NULL DEFAULT 0,
    streak_best      BIGINT NOT NULL DEFAULT 0,
    last_day         BIGINT
);

-- Each workout once, however often it is told. `day` (days since 1970, where the user was) and `counts` follow from the rest.
CREATE TABLE workouts (
    user_id        TEXT   NOT NULL,
    workout_id     TEXT   NOT NULL,
    done           BIGINT NOT NULL,
    uploaded       BIGINT NOT NULL,
    deleted        BIGINT NOT NULL,
    started_at_us  BIGINT,
    zone           TEXT   NOT NULL,
    distance_mm    BIGINT,
    calories_milli BIGINT,
    counts         BIGINT NOT NULL,
    day            BIGINT,
    PRIMARY KEY (user_id, workout_id)
);
CREATE INDEX workouts_by_day ON workouts (user_id, day) WHERE counts = 1;
CREATE INDEX workouts_without_zone ON workouts (user_id) WHERE zone = '';

-- Goals, follows and likes that stand, each once: `item` says which.
CREATE TABLE marks (
    user_id TEXT NOT NULL,
    mark    TEXT NOT NULL,
    item    TEXT NOT NULL,
    PRIMARY KEY (user_id, mark, item)
);

-- Never changed but for `active`. `measure` is what one need counts, or `combination` with its `parts` as JSON.
CREATE TABLE rules (
    rule_id       TEXT             PRIMARY KEY,
    name          TEXT             NOT NULL,
    icon          TEXT             NOT NULL,
    description   TEXT             NOT NULL,
    measure       TEXT             NOT NULL,
    target        DOUBLE PRECISION NOT NULL,
    parts         TEXT             NOT NULL,
    active        BIGINT           NOT NULL,
    created_at_us BIGINT           NOT NULL
);

-- One row, locked by whoever adds a rule and by whoever adds a person: neither misses the other.
CREATE TABLE rulebook (
    id BIGINT PRIMARY KEY
);
INSERT INTO rulebook (id) VALUES (1);

-- How far each user is with each rule; no row = nothing yet. `milestone` is the highest that was announced.
CREATE TABLE progress (
    user_id          TEXT             NOT NULL,
    rule_id          TEXT             NOT NULL,
    current          DOUBLE PRECISION NOT NULL,
    percent          DOUBLE PRECISION NOT NULL,
    milestone        BIGINT           NOT NULL,
    unlocked_at_us   BIGINT,
    unlocked_current DOUBLE PRECISION,
    updated_at_us    BIGINT           NOT NULL,
    PRIMARY KEY (user_id, rule_id)
);
CREATE INDEX progress_unlocked ON progress (user_id, unlocked_at_us, rule_id) WHERE unlocked_at_us IS NOT NULL;
