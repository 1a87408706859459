-- Every accepted input, in the order in which it became durable. answer is replayed when the station repeats itself.
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  received_at TEXT NOT NULL,
  body BLOB NOT NULL,
  answer BLOB
);
CREATE UNIQUE INDEX journal_once ON journal (source, dedupe_key);
