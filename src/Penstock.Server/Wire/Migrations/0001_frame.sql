-- Frames as they were on the wire; type 0 = no OCPP-J frame. sequence is the order in which they were seen.
CREATE TABLE frame (
  sequence INTEGER PRIMARY KEY,
  station_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  incoming INTEGER NOT NULL,
  type INTEGER NOT NULL,
  message_id TEXT,
  action TEXT,
  frame BLOB NOT NULL
);
CREATE INDEX frame_station ON frame (station_id, sequence);
CREATE INDEX frame_pair ON frame (station_id, message_id, sequence);
