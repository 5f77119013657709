-- Device and inode that a part had when it was last followed: found in another file, it was copied.
CREATE TABLE seen (part INTEGER PRIMARY KEY REFERENCES part, device INTEGER NOT NULL, inode INTEGER NOT NULL) STRICT;

-- What could not be read of a part, behind byte `at` of it.
CREATE TABLE lost (
    part INTEGER NOT NULL REFERENCES part,
    at INTEGER NOT NULL,
    -- That are known of; perhaps more are.
    bytes INTEGER NOT NULL,
    why TEXT NOT NULL,
    -- Microseconds: the newest event before it, and when it was noticed.
    since INTEGER,
    until INTEGER NOT NULL
) STRICT;

-- How changes of an input are noticed while it is followed; `why` where that is only by looking.
CREATE TABLE followed (input INTEGER PRIMARY KEY REFERENCES input, why TEXT) STRICT;
