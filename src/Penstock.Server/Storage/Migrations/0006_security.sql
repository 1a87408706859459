-- How stations prove who they are. body is JSON; passwords are slow hashes. A certificate is kept from signing to the end; times are milliseconds since 1970 UTC.
CREATE TABLE station_credentials (station_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE security_event (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  station_id TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE UNIQUE INDEX security_event_once ON security_event (station_id, at, type, source, detail);
CREATE TABLE station_certificate (
  fingerprint TEXT PRIMARY KEY,
  station_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  subject TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  state TEXT NOT NULL,
  changed_at INTEGER NOT NULL
);
CREATE INDEX station_certificate_station ON station_certificate (station_id, not_after);
