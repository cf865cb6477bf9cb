-- One row a user: whoever decides about their goals locks it.
CREATE TABLE desks (
    user_id TEXT PRIMARY KEY
);

-- What users want to reach. `is_open` = it may still be reached: neither abandoned nor achieved for good.
CREATE TABLE goals (
    user_id       TEXT             NOT NULL,
    goal_id       TEXT             NOT NULL,
    kind          TEXT             NOT NULL,
    target        DOUBLE PRECISION NOT NULL,
    period        TEXT             NOT NULL,
    name          TEXT             NOT NULL,
    time_zone     TEXT             NOT NULL,
    created_at_us BIGINT           NOT NULL,
    abandoned     BIGINT           NOT NULL,
    is_open       BIGINT           NOT NULL,
    PRIMARY KEY (user_id, goal_id)
);

-- When a goal was reached in which period (its first day; empty where there are no periods).
CREATE TABLE achieved (
    user_id        TEXT   NOT NULL,
    goal_id        TEXT   NOT NULL,
    period_start   TEXT   NOT NULL,
    achieved_at_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, goal_id, period_start)
);

-- What is known of each workout: goals are counted anew from these, so that corrections and latecomers come out right.
CREATE TABLE workouts (
    user_id       TEXT   NOT NULL,
    workout_id    TEXT   NOT NULL,
    started_at_us BIGINT,
    duration_s    DOUBLE PRECISION,
    distance_m    DOUBLE PRECISION,
    calories_kcal DOUBLE PRECISION,
    completed     BIGINT NOT NULL,
    deleted       BIGINT NOT NULL,
    counts        BIGINT NOT NULL,
    PRIMARY KEY (user_id, workout_id)
);
CREATE INDEX workouts_by_start ON workouts (user_id, counts, started_at_us);
