-- The tries of a timer that failed: it is due again later, and not for ever.
ALTER TABLE timers ADD COLUMN history TEXT NOT NULL DEFAULT '[]';
