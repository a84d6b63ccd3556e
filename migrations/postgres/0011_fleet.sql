-- Versions of shared blocks that go over those of pipelines' files, and the upgrades that set them.
CREATE TABLE pins (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    written TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, written)
);
CREATE TABLE upgrades (
    id TEXT NOT NULL PRIMARY KEY,
    is_over BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX upgrades_by_age ON upgrades (created_at, id);
