-- One of every row of a pipeline, as version 11 wrote them; both databases understand it.

INSERT INTO pipelines (id, name, version, next_deadline, deadline_claimed_by, deadline_claimed_until, parked, parked_at, created_at, removed_at, event_count, event_hash, pruned_count, pruned_hash, recent_commits, body) VALUES
    ('p-1', 'shop', 1, 1780000000005, NULL, NULL, NULL, NULL, 1780000000000, NULL, 2, '5b32adb4840fc74ec00c8d6ef0e6c914ec0302b6f3f067bda0f6d0f4854cb567', 0, '', 'server-21715-0/0=1;', '{"id":"p-1","name":"shop","next_release":2,"keys":[],"upstream":[]}');
INSERT INTO plans (digest, body) VALUES
    ('f7292fc278477882901c556025281aacdd039e57490142682f3b9dded0ce8ae2', '{"pipeline":"shop","stages":[],"nodes":[],"accounts":{},"triggers":[],"notify":[],"blocks":{"process/in-place":"ab12"},"inputs":{},"vars":[],"secrets":[]}');
INSERT INTO releases (pipeline_id, number, state, digest, admission_key, created_at, ended_at, plan_digest, body) VALUES
    ('p-1', 1, 'moving', 'digest-1', 'push 1', 1780000000000, NULL, 'f7292fc278477882901c556025281aacdd039e57490142682f3b9dded0ce8ae2', '{"number":1,"digest":"digest-1","order":{"epoch":0,"position":1},"revisions":[{"source":"app","commit":"0000000000000000000000000000000000000001","reference":"main","title":"Größere Änderung 🚀 ''quoted'' \"twice\"","author":"Ada","committed_at":1780000000000}],"inputs":{"colour":"green"},"trigger":"push","involved":["local:ada"],"key":"push 1","created_at":1780000000000,"created_by":{"kind":"trigger","source":"app"},"state":"moving","reason":"","ended_at":null,"superseded_by":null,"quarantine":null,"overrides":[]}');
INSERT INTO waves (pipeline_id, release, stage, wave, state, body) VALUES
    ('p-1', 1, 1, 0, 'waiting', '{"release":1,"wave":{"stage":1,"wave":0},"state":"waiting","arrived_at":1780000000000,"entered_at":null,"ended_at":null,"waits_for":[{"kind":"window","detail":"window opens Monday","since":1780000000000,"until":1780000001000,"subject":null}],"failure":null}');
INSERT INTO nodes (pipeline_id, release, node, state, body) VALUES
    ('p-1', 1, 4, 'running', '{"release":1,"node":4,"state":"running","since":1780000000000,"attempts":1,"retries_used":[0],"not_before":null,"outputs":{},"reason":"","bake":null}');
INSERT INTO attempts (id, pipeline_id, release, node, number, kind, state, urgent, target, runner, queued_at, lease_until, ended_at, body) VALUES
    ('p-1.1.4.1', 'p-1', 1, 4, 1, 'forward', 'queued', FALSE, 'local/a', NULL, 1780000000000, NULL, NULL, '{"id":"p-1.1.4.1","release":1,"node":4,"number":1,"kind":{"kind":"forward"},"class":"target","target":"local/a","fence":7,"runs_on":{"pool":"default","labels":{"os":"linux"}},"state":"queued","urgent":false,"queued_at":1780000000000,"runner":null,"token":null,"leased_at":null,"lease_until":null,"credentials_until":null,"stop":null,"ended_at":null,"outcome":null,"steps":[],"outputs":{"url":"https://example.test/\u0000"},"summary":"# Summary\n\u0000","artifacts":[{"name":"app","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size_bytes":12,"is_folder":false,"mode":493}],"log_bytes":0,"log_digest":""}');
INSERT INTO gates (pipeline_id, release, node, state, body) VALUES
    ('p-1', 1, 2, 'open', '{"release":1,"node":2,"state":"open","since":1780000000000,"reason":"approved","opens_at":null,"closes_at":null,"asked_at":1780000000000,"expires_at":null,"approvals":[{"by":{"kind":"person","id":"local:grace","name":"grace","groups":["release managers"]},"at":1780000000000,"reason":"looks good","digest":"digest-1"}],"rejected":null,"answered_at":null,"overridden":false}');
INSERT INTO lanes (pipeline_id, key, body) VALUES
    ('p-1', 'prod', '{"key":"prod","inside":[1],"newest_entered":null,"rollback":null}');
INSERT INTO targets (pipeline_id, name, fence, body) VALUES
    ('p-1', 'local/a', 7, '{"name":"local/a","fence":7,"holder":null,"live":1,"live_since":1780000000000,"partly":null,"good":[{"release":1,"order":{"epoch":0,"position":1},"at":1780000000000}],"bad":[],"unknown":null,"rollouts":1,"flag":null}');
INSERT INTO rollouts (pipeline_id, target, number, release, state, body) VALUES
    ('p-1', 'local/a', 1, 1, 'running', '{"number":1,"target":"local/a","release":1,"wave":{"stage":1,"wave":0},"direction":{"kind":"forward"},"state":"running","started_at":1780000000000,"deployed_at":null,"ended_at":null,"reason":""}');
INSERT INTO watches (pipeline_id, id, next_poll_at, claimed_by, claimed_until, body) VALUES
    ('p-1', 'm-1', 1780000000000, NULL, NULL, '{"id":"m-1","monitor":{"command":{"run":"curl m-1"},"interval_ms":10000,"timeout_ms":1000},"since":1780000000000,"watchers":["prod/wave-1/local/a/bake"],"last":{"kind":"ok","value":0.25,"detail":"fine"},"last_at":1780000000000,"bad_since":null,"dark_since":null,"fired":false}');
INSERT INTO holds (pipeline_id, id, lifted_at, body) VALUES
    ('p-1', 'h-1', NULL, '{"id":"h-1","scope":{"kind":"pipeline"},"by":{"kind":"person","id":"local:ada","name":"ada","groups":["release managers"]},"since":1780000000000,"reason":"audit","lifted":null}');
INSERT INTO events (seq, pipeline_id, number, at, kind, actor, release, target, previous_hash, hash, body) VALUES
    (1, 'p-1', 1, 1780000000000, 'release_created', 'trigger:app', 1, 'local/a', '', '200b4029647752278bcf7b2897418ba7499d2018cc08297ad58ff3dbc076e54d', '{"at":1780000000000,"kind":"release_created","actor":{"kind":"trigger","source":"app"},"reason":"because","release":1,"place":"prod","target":"local/a","node":null,"attempt":null,"data":{"value":{"a":[1,2.5,null]}}}');
INSERT INTO events (seq, pipeline_id, number, at, kind, actor, release, target, previous_hash, hash, body) VALUES
    (2, 'p-1', 2, 1780000000000, 'release_waiting', 'engine', 1, 'local/a', '200b4029647752278bcf7b2897418ba7499d2018cc08297ad58ff3dbc076e54d', '5b32adb4840fc74ec00c8d6ef0e6c914ec0302b6f3f067bda0f6d0f4854cb567', '{"at":1780000000000,"kind":"release_waiting","actor":{"kind":"engine"},"reason":"because","release":1,"place":"prod","target":"local/a","node":null,"attempt":null,"data":{"value":{"a":[1,2.5,null]}}}');
UPDATE counters SET value = 2 WHERE name = 'events';
INSERT INTO meta (key, value) VALUES ('instance', 'sample');
INSERT INTO logs (attempt, stored_bytes, lines, created_at, sealed_at, digest, sealed_blob, ended_at, runner_bytes, runner_digest, seal_claimed_until) VALUES
    ('p-1.1.4.1', 12, 1, 1780000000000, 1780000000001, 'whole', NULL, 1780000000001, 12, 'whole', NULL);
INSERT INTO log_chunks (attempt, start_byte, length, digest, blob_key, first_line, line_count, bytes, blob_start, blob_length, encoding) VALUES
    ('p-1.1.4.1', 0, 4, NULL, 'logs/p-1/sealed-1', 0, 0, NULL, 0, 9, 'zstd');
INSERT INTO log_chunks (attempt, start_byte, length, digest, blob_key, first_line, line_count, bytes, blob_start, blob_length, encoding) VALUES
    ('p-1.1.4.1', 4, 8, NULL, NULL, 0, 1, NULL, NULL, NULL, NULL);
INSERT INTO dead_blobs (key, dead_at) VALUES ('logs/p-1/0', 1780000000001);
INSERT INTO forge_marks (key, shown_at, body) VALUES
    ('show:p-1:1', 1780000000000, '{"shown":"9f86","check":1001,"status":"running","deployments":{"shop/local/a":[1002,"in_progress"]}}');
INSERT INTO accounts (id, name, body, health) VALUES
    ('222222222222', 'prod', '{"id":"222222222222","name":"prod","partition":"aws","roles":["tidegate-deploy"],"labels":{"tier":"prod"},"regions":{"eu-west-1":{"size":"small"}},"external_id":"tidegate-0123","created_at":1780000000000,"created_by":"local:ada"}', '{"is_open":false,"regions":{"eu-west-1":{"at":1780000000000,"problem":null,"last_assumed_at":1780000000000}}}');
INSERT INTO pins (pipeline_id, written, body) VALUES
    ('p-1', 'git::https://git.example/platform/blocks//cache@v3', '{"name":"git::https://git.example/platform/blocks//cache@v4","locked":{"commit":"1f2e3d4c5b6a79880123456789abcdef01234567","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}');
INSERT INTO upgrades (id, is_over, version, created_at, body) VALUES
    ('u-1', FALSE, 2, 1780000000000, '{"id":"u-1","to":{"name":"git::https://git.example/platform/blocks//cache@v4","locked":{"commit":"1f2e3d4c5b6a79880123456789abcdef01234567","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},"state":"held","reason":"shop: release 2 failed","waves":[[{"pipeline":"p-1","name":"shop","written":"git::https://git.example/platform/blocks//cache@v3","from":"git::https://git.example/platform/blocks//cache@v3","state":"failed","tries":1,"release":2,"detail":"release 2 failed"}]],"created_by":"local:ada","created_at":1780000000000}');
