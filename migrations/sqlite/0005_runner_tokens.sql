-- A runner's token ends by itself; before that the runner offers the hash of the next one, which counts from its first use.
ALTER TABLE runners ADD COLUMN token_expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runners ADD COLUMN next_token_hash TEXT;
UPDATE runners SET token_expires_at = last_seen_at + 2592000000;
CREATE UNIQUE INDEX runners_by_next_token ON runners (next_token_hash);
