-- Times are milliseconds since 1970 UTC. told_at is the device's own time of what it tells, 0 = none: entries of one moment lie side by side in the index,
-- so that a batch of many stations touches few pages. What was stored before has none.
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  told_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  answer BLOB
);
INSERT INTO entry SELECT sequence, source, dedupe_key, kind, 0, CAST(unixepoch(received_at, 'subsec') * 1000 AS INTEGER), body, answer FROM journal;
DROP TABLE journal;
ALTER TABLE entry RENAME TO journal;
CREATE UNIQUE INDEX journal_once ON journal (told_at, source, dedupe_key);
