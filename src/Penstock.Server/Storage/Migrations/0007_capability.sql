-- What stations said and showed that they can do; evse 0 = the station itself. A fact learnt under another firmware no longer counts.
CREATE TABLE capability_fact (
  station_id TEXT NOT NULL,
  evse INTEGER NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  value TEXT NOT NULL,
  at INTEGER NOT NULL,
  firmware TEXT,
  detail TEXT,
  PRIMARY KEY (station_id, evse, name, source)
) WITHOUT ROWID;
