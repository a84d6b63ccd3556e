-- What jobs added to the plans of their releases, in order. The plan itself stays as it was when its release was created.
CREATE TABLE additions (
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    number BIGINT NOT NULL,
    node BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    text TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, release, number),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);
