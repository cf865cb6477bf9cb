-- The key first: it tells most rows apart, and where a key stands is what every append looks for. The stream and the aggregate's type were compared
-- before it, each time, and are the same in nearly all rows. Made before the old one goes: meanwhile the log can be read.
CREATE UNIQUE INDEX events_of_key ON events (key, stream, aggregate_type, version);
DROP INDEX events_by_key;
