-- The public halves of keys that sign identity tokens, as JSON Web Keys. No private key is stored.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
