-- The same command to many stations: what was asked, and which stations are still to be asked. began_at is in milliseconds since 1970 UTC.
CREATE TABLE bulk (
  bulk_id TEXT PRIMARY KEY,
  began_at INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX command_bulk ON command (json_extract(body, '$.bulk'));
