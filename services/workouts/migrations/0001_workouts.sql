-- A workout of a user, and what it adds to the totals: whole milliseconds, millimetres and small calories. One that was deleted is kept as a mark.
CREATE TABLE workouts (
    user_id       TEXT   NOT NULL,
    workout_id    TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    type          TEXT   NOT NULL,
    at_us         BIGINT NOT NULL,
    started_at_us BIGINT,
    duration_ms   BIGINT,
    distance_mm   BIGINT,
    calories_cal  BIGINT,
    details       TEXT   NOT NULL,
    heart_rate    BLOB   NOT NULL,
    created_at_us BIGINT NOT NULL,
    updated_at_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, workout_id)
);
CREATE INDEX workouts_by_id ON workouts (workout_id);
CREATE INDEX workouts_by_time ON workouts (user_id, at_us, workout_id);
-- All that the totals are made of.
CREATE INDEX workouts_by_status ON workouts (user_id, status, started_at_us, duration_ms, distance_mm, calories_cal);

-- Files by their bytes: the same bytes of the same user are the same recording.
CREATE TABLE recordings (
    user_id       TEXT   NOT NULL,
    sha256        TEXT   NOT NULL,
    workout_id    TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    detail        TEXT   NOT NULL,
    updated_at_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, sha256)
);
CREATE INDEX recordings_by_workout ON recordings (user_id, workout_id);

-- Samples in runs of some hundreds, each an ensue.workouts.v1.Sample behind its length.
CREATE TABLE samples (
    user_id    TEXT   NOT NULL,
    workout_id TEXT   NOT NULL,
    first      BIGINT NOT NULL,
    samples    BLOB   NOT NULL,
    PRIMARY KEY (user_id, workout_id, first)
);

-- Each an ensue.workouts.v1.Lap.
CREATE TABLE laps (
    user_id    TEXT   NOT NULL,
    workout_id TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    lap        BLOB   NOT NULL,
    PRIMARY KEY (user_id, workout_id, number)
);
