-- What a push hint names of a watched alarm (pipelines::plan::Monitor::signal); NULL where nothing pushes, and in rows of before until they are
-- read next.
ALTER TABLE watches ADD COLUMN signal TEXT;
CREATE INDEX watches_by_signal ON watches (signal);
