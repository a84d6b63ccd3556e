-- The audit log is filtered by what happened, over all pipelines: a rare kind is found without reading a million events.
CREATE INDEX events_by_kind ON events (kind, seq);
