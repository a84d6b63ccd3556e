-- What a forge gave back for what was shown there: ids of checks and deployments, by the key of the message.
CREATE TABLE forge_marks (
    key TEXT NOT NULL PRIMARY KEY,
    shown_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX forge_marks_by_age ON forge_marks (shown_at);
