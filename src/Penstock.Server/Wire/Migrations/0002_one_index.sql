-- An answer is found among the station's next frames: an index of its own cost as much as the frame.
DROP INDEX frame_pair;
