-- Who follows whom.
CREATE TABLE follows (
    user_id     TEXT   NOT NULL,
    followed_id TEXT   NOT NULL,
    since_us    BIGINT NOT NULL,
    PRIMARY KEY (user_id, followed_id)
);
CREATE INDEX follows_by_followed ON follows (followed_id, user_id);

-- Who likes what.
CREATE TABLE likes (
    user_id   TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    target_id TEXT   NOT NULL,
    owner_id  TEXT   NOT NULL,
    at_us     BIGINT NOT NULL,
    PRIMARY KEY (kind, target_id, owner_id, user_id)
);

-- What was said about what.
CREATE TABLE comments (
    comment_id TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    target_id  TEXT   NOT NULL,
    owner_id   TEXT   NOT NULL,
    text       TEXT   NOT NULL,
    at_us      BIGINT NOT NULL
);
CREATE INDEX comments_by_target ON comments (kind, target_id, owner_id, at_us, comment_id);

-- What users did, for the feeds of those who follow them. `about` is the workout, else the event: a workout is one thing in a feed,
-- however many events tell of it. `place` is time and event in one text that sorts: where it stands in a feed.
CREATE TABLE activities (
    user_id   TEXT   NOT NULL,
    about     TEXT   NOT NULL,
    event_id  TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    target_id TEXT   NOT NULL,
    owner_id  TEXT   NOT NULL,
    text      TEXT   NOT NULL,
    at_us     BIGINT NOT NULL,
    place     TEXT   NOT NULL,
    PRIMARY KEY (user_id, about)
);
CREATE INDEX activities_by_place ON activities (user_id, place);

-- Workouts that are no more: nothing about them is shown or taken.
CREATE TABLE deleted_workouts (
    workout_id TEXT NOT NULL,
    owner_id   TEXT NOT NULL,
    PRIMARY KEY (workout_id, owner_id)
);
