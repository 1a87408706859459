-- Identifier tokens under the operator's care; a vehicle's own token needs no row.
CREATE TABLE token (token TEXT PRIMARY KEY COLLATE NOCASE, body TEXT NOT NULL);
-- What a station told or was told that outlives a message: one row per thing, the latest counts. body is JSON of OCPP 2.1's own record where there is one.
CREATE TABLE station_fact (
  station_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (station_id, topic, key)
) WITHOUT ROWID;
CREATE INDEX station_fact_time ON station_fact (station_id, topic, at);
-- Calls that a person or a program sent: queued, sent, accepted or refused, effective once the station did what it said.
CREATE TABLE command (
  command_id TEXT PRIMARY KEY,
  station_id TEXT NOT NULL,
  action TEXT NOT NULL,
  queued_at INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX command_station ON command (station_id, queued_at);
ALTER TABLE session ADD COLUMN token TEXT;
ALTER TABLE session ADD COLUMN stop_reason TEXT;
