-- Portable columns only: TEXT ids and JSON, BIGINT counts and milliseconds, BOOLEAN.
-- `body` holds the whole row as JSON and is never queried into; the other columns are keys and indexes.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO meta (key, value) VALUES ('generation', '1');

-- Numbers that are handed out without a gap, in the order of commits.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('events', 0), ('audit', 0);

-- ── Pipelines and what moves through them ──────────────────────────────────────────────

CREATE TABLE pipelines (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    next_deadline BIGINT,
    deadline_claimed_by TEXT,
    deadline_claimed_until BIGINT,
    parked TEXT,
    parked_at BIGINT,
    created_at BIGINT NOT NULL,
    removed_at BIGINT,
    event_count BIGINT NOT NULL,
    event_hash TEXT NOT NULL,
    pruned_count BIGINT NOT NULL,
    pruned_hash TEXT NOT NULL,
    recent_commits TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX pipelines_by_name ON pipelines (name) WHERE removed_at IS NULL;
CREATE INDEX pipelines_by_deadline ON pipelines (next_deadline) WHERE next_deadline IS NOT NULL;

-- Equal plans are kept once.
CREATE TABLE plans (
    digest TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE releases (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    admission_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    plan_digest TEXT REFERENCES plans (digest),
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, number)
);
CREATE UNIQUE INDEX releases_by_admission_key ON releases (pipeline_id, admission_key);
CREATE INDEX releases_by_state ON releases (pipeline_id, state, number);
CREATE INDEX releases_by_plan ON releases (plan_digest);

CREATE TABLE waves (
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    wave BIGINT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, release, stage, wave),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);

CREATE TABLE nodes (
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    node BIGINT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, release, node),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);

CREATE TABLE attempts (
    id TEXT NOT NULL PRIMARY KEY,
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    node BIGINT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    urgent BOOLEAN NOT NULL,
    target TEXT,
    runner TEXT,
    queued_at BIGINT NOT NULL,
    lease_until BIGINT,
    ended_at BIGINT,
    body TEXT NOT NULL,
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);
CREATE INDEX attempts_by_release ON attempts (pipeline_id, release, node);
CREATE INDEX attempts_queued ON attempts (urgent, queued_at, id) WHERE state = 'queued';
CREATE INDEX attempts_alive ON attempts (pipeline_id, release) WHERE state <> 'ended';
CREATE INDEX attempts_aside ON attempts (pipeline_id, release, node) WHERE kind <> 'forward';
CREATE INDEX attempts_by_runner ON attempts (runner, state) WHERE runner IS NOT NULL;

CREATE TABLE gates (
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    node BIGINT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, release, node),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);

CREATE TABLE lanes (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, key)
);

CREATE TABLE targets (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    name TEXT NOT NULL,
    fence BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, name)
);

CREATE TABLE rollouts (
    pipeline_id TEXT NOT NULL,
    target TEXT NOT NULL,
    number BIGINT NOT NULL,
    release BIGINT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, target, number),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);
CREATE INDEX rollouts_by_release ON rollouts (pipeline_id, release);

-- An equal monitor has the same id in every pipeline, so that it is read once for all.
CREATE TABLE watches (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    id TEXT NOT NULL,
    next_poll_at BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, id)
);
CREATE INDEX watches_by_poll ON watches (next_poll_at);
CREATE INDEX watches_by_monitor ON watches (id);

CREATE TABLE holds (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    id TEXT NOT NULL,
    lifted_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, id)
);

-- ── What happened ──────────────────────────────────────────────────────────────────────

-- `number` counts within the pipeline, `hash` chains its events.
CREATE TABLE events (
    seq BIGINT NOT NULL PRIMARY KEY,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    release BIGINT,
    target TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_number ON events (pipeline_id, number);
CREATE INDEX events_by_pipeline ON events (pipeline_id, seq);
CREATE INDEX events_by_release ON events (pipeline_id, release, seq);
CREATE INDEX events_by_actor ON events (actor, seq);

-- What people did to the server itself: users, tokens, runners, secrets, settings.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL
);

-- ── What must leave, and what has come in ──────────────────────────────────────────────

CREATE TABLE outbox (
    key TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    delivery TEXT NOT NULL,
    pipeline_id TEXT,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until BIGINT,
    done_at BIGINT,
    failed_at BIGINT,
    last_error TEXT,
    body TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE inbox (
    key TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until BIGINT,
    done_at BIGINT,
    failed_at BIGINT,
    last_error TEXT,
    body TEXT NOT NULL
);
CREATE INDEX inbox_due ON inbox (due_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE idempotency_keys (
    key TEXT NOT NULL PRIMARY KEY,
    request_digest TEXT NOT NULL,
    status BIGINT,
    answer TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- ── Where revisions come from ──────────────────────────────────────────────────────────

CREATE TABLE sources (
    id TEXT NOT NULL PRIMARY KEY,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    url TEXT NOT NULL,
    branch TEXT NOT NULL,
    path TEXT NOT NULL,
    poll_interval_ms BIGINT NOT NULL,
    head TEXT,
    next_poll_at BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until BIGINT,
    last_polled_at BIGINT,
    last_error TEXT,
    body TEXT NOT NULL
);
CREATE INDEX sources_by_pipeline ON sources (pipeline_id);
CREATE INDEX sources_by_poll ON sources (next_poll_at);
CREATE INDEX sources_by_url ON sources (url);

CREATE TABLE commits (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    author_email TEXT NOT NULL,
    committed_at BIGINT NOT NULL,
    PRIMARY KEY (pipeline_id, source, id)
);
CREATE INDEX commits_by_order ON commits (pipeline_id, source, epoch, position);

CREATE TABLE schedules (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    last_fired_at BIGINT,
    PRIMARY KEY (pipeline_id, cron, timezone)
);
CREATE INDEX schedules_by_next ON schedules (next_at);

-- ── People, tokens, runners ────────────────────────────────────────────────────────────

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    password_hash TEXT,
    role TEXT NOT NULL,
    groups_json TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE UNIQUE INDEX users_by_name ON users (name);

CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);

CREATE TABLE join_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    pool TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_by TEXT,
    used_at BIGINT
);

CREATE TABLE runners (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    pool TEXT NOT NULL,
    labels TEXT NOT NULL,
    slots BIGINT NOT NULL,
    version TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    draining BOOLEAN NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX runners_by_token ON runners (token_hash);
CREATE INDEX runners_by_seen ON runners (last_seen_at) WHERE revoked_at IS NULL;

-- ── Logs, artifacts, values ────────────────────────────────────────────────────────────

CREATE TABLE logs (
    attempt TEXT NOT NULL PRIMARY KEY,
    stored_bytes BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sealed_at BIGINT,
    digest TEXT,
    sealed_blob TEXT
);
CREATE INDEX logs_by_age ON logs (created_at);

-- A gap has no blob. `first_line` counts the line ends before `start_byte`.
CREATE TABLE log_chunks (
    attempt TEXT NOT NULL REFERENCES logs (attempt) ON DELETE CASCADE,
    start_byte BIGINT NOT NULL,
    length BIGINT NOT NULL,
    digest TEXT,
    blob_key TEXT,
    first_line BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    PRIMARY KEY (attempt, start_byte)
);

CREATE TABLE artifacts (
    digest TEXT NOT NULL PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE artifact_uses (
    pipeline_id TEXT NOT NULL,
    release BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, release, name),
    FOREIGN KEY (pipeline_id, release) REFERENCES releases (pipeline_id, number) ON DELETE CASCADE
);
CREATE INDEX artifact_uses_by_digest ON artifact_uses (digest);

CREATE TABLE secrets (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);

CREATE TABLE vars (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);
