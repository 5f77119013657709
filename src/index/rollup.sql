-- What a report counts, made with the findings, without their lines: in blocks of some ten thousand, each a version, then
-- postcard within zstd. Those that count have the numbers between `rolled_first` and `rolled_last`; they were written
-- by a version that calls things as `rolled_by` says.
CREATE TABLE rollup (
    id INTEGER PRIMARY KEY,
    -- outlines, echoes, changes; and one that is the incidents.
    kind TEXT NOT NULL,
    -- When the first of it was, and the last.
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    -- Of its first finding in `finding`.
    number INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
INSERT INTO state VALUES ('rolled_first', -9223372036854775808), ('rolled_last', 9223372036854775807), ('rolled_by', 0);
