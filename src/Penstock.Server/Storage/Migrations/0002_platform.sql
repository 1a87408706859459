-- What the platform knows, one row per thing. body is JSON of the domain record. Times are milliseconds since 1970 UTC, registers are exact decimal Wh.
CREATE TABLE site (site_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE station (station_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE vehicle (vehicle_id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE session (
  session_id TEXT PRIMARY KEY,
  transaction_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  site_id TEXT,
  vehicle_id TEXT,
  terms TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  status TEXT NOT NULL,
  waiting_for TEXT,
  guarantee TEXT
);
CREATE INDEX session_status ON session (status);
CREATE INDEX session_vehicle ON session (vehicle_id, started_at);
CREATE INDEX session_start ON session (started_at);
CREATE TABLE reading (
  session_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  import_wh TEXT,
  export_wh TEXT,
  power_w REAL,
  soc REAL,
  PRIMARY KEY (session_id, at)
) WITHOUT ROWID;
CREATE TABLE grid_event (event_id TEXT PRIMARY KEY, request_key TEXT UNIQUE, starts_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE plan (plan_id TEXT PRIMARY KEY, site_id TEXT NOT NULL, made_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX plan_site ON plan (site_id, made_at);
CREATE TABLE statement (
  statement_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  vehicle_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  total TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX statement_issued ON statement (issued_at);
CREATE TABLE site_minute (site_id TEXT NOT NULL, at INTEGER NOT NULL, power_w REAL NOT NULL, planned_w REAL, PRIMARY KEY (site_id, at)) WITHOUT ROWID;
