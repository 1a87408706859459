-- What each vehicle was asked to give under orders in a month (of the site's zone, of the session's start) and what it offered, Wh.
CREATE TABLE called_energy (
  vehicle_id TEXT NOT NULL,
  month TEXT NOT NULL,
  called_wh REAL NOT NULL,
  offered_wh REAL NOT NULL,
  PRIMARY KEY (vehicle_id, month)
) WITHOUT ROWID;
