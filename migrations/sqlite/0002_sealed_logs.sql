-- What its runner said of a log when the attempt ended; from then on it waits to be sealed.
ALTER TABLE logs ADD COLUMN ended_at BIGINT;
ALTER TABLE logs ADD COLUMN runner_bytes BIGINT;
ALTER TABLE logs ADD COLUMN runner_digest TEXT;
ALTER TABLE logs ADD COLUMN seal_claimed_until BIGINT;
CREATE INDEX logs_to_seal ON logs (ended_at) WHERE sealed_at IS NULL AND ended_at IS NOT NULL;

-- A small piece stands in its row, a larger one in a blob of its own, a piece of a sealed log in a range of that log's blob.
ALTER TABLE log_chunks ADD COLUMN bytes BLOB;
ALTER TABLE log_chunks ADD COLUMN blob_start BIGINT;
ALTER TABLE log_chunks ADD COLUMN blob_length BIGINT;
ALTER TABLE log_chunks ADD COLUMN encoding TEXT;

-- Blobs that no row names any more. They go a while later, so that whoever reads one now can finish.
CREATE TABLE dead_blobs (
    key TEXT NOT NULL PRIMARY KEY,
    dead_at BIGINT NOT NULL
);
CREATE INDEX dead_blobs_by_age ON dead_blobs (dead_at);

-- Its bytes are being removed: whoever wants to store them again waits until that is done.
ALTER TABLE artifacts ADD COLUMN removing_at BIGINT;
CREATE INDEX artifacts_by_age ON artifacts (created_at);
