-- Accounts of a cloud that targets live in: who may be assumed there, and how that went last.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    health TEXT NOT NULL
);
CREATE UNIQUE INDEX accounts_by_name ON accounts (name);
