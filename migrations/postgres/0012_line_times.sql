-- When the lines of a piece of log were written (engine/src/engine/logs/times.rs); NULL where its runner noted nothing.
ALTER TABLE log_chunks ADD COLUMN line_times BYTEA;
