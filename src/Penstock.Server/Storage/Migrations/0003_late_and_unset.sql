-- clock: 'receipt' where the device's clock was not set and the time of receipt stands in its place.
ALTER TABLE reading ADD COLUMN clock TEXT;
CREATE INDEX session_transaction ON session (station_id, transaction_id);
