-- How often somebody said that a source has news: a look that began before the last of them is not the last look.
ALTER TABLE sources ADD COLUMN pokes BIGINT NOT NULL DEFAULT 0;
