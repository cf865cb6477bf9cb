-- What a relay reads when it is behind: one stream in the order of publishing. Without it each page walks and sorts the whole stream.
CREATE INDEX events_by_stream ON events (stream);
