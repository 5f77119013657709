-- The first version. Names are those of the documented views below; tables are nobody's business but ours.

-- Texts and addresses that repeat, once each.
CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
-- `bytes`: 16, IPv4 as ::ffff:a.b.c.d, so that a network is a range.
CREATE TABLE address (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE, text TEXT NOT NULL UNIQUE) STRICT;

-- `appended`: grows with every commit of events. `explained`: what it was when the findings were made of them.
-- `pruned`: what is older (microseconds) was thrown away. `masked`: by which patterns secrets were covered.
CREATE TABLE state (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO state VALUES ('appended', 0), ('explained', 0), ('pruned', -9223372036854775808),
    ('masked', 0);

-- A rotated set of files, or a stream.
CREATE TABLE input (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- Absolute path of the file that is written today.
    path TEXT NOT NULL,
    format TEXT NOT NULL,
    system TEXT,
    -- Given for times that name none.
    timezone TEXT,
    UNIQUE (path, format)
) STRICT;

-- One file of it. Oldest first by `rank`.
CREATE TABLE part (
    id INTEGER PRIMARY KEY,
    input INTEGER NOT NULL REFERENCES input,
    rank REAL NOT NULL,
    name TEXT NOT NULL,
    identity BLOB NOT NULL UNIQUE,
    beginning BLOB NOT NULL,
    lines INTEGER NOT NULL DEFAULT 0,
    parsed INTEGER NOT NULL DEFAULT 0,
    ignored INTEGER NOT NULL DEFAULT 0,
    unparsed INTEGER NOT NULL DEFAULT 0,
    cut INTEGER NOT NULL DEFAULT 0,
    bytes_parsed INTEGER NOT NULL DEFAULT 0,
    bytes_ignored INTEGER NOT NULL DEFAULT 0,
    bytes_unparsed INTEGER NOT NULL DEFAULT 0,
    -- JSON: [{"line", "offset", "length", "why"}].
    first_unparsed TEXT NOT NULL DEFAULT '[]',
    -- Where reading goes on.
    position_lines INTEGER NOT NULL DEFAULT 0,
    position_offset INTEGER NOT NULL DEFAULT 0,
    -- The last record, where it has no end yet: its fate, lines, length, and whether it was cut.
    open_fate TEXT,
    open_lines INTEGER,
    open_bytes INTEGER,
    open_cut INTEGER,
    -- Of its events, microseconds.
    first INTEGER,
    last INTEGER,
    -- Why it could not be read to its end.
    failure TEXT
) STRICT;
CREATE INDEX part_input ON part (input, rank);
CREATE INDEX part_beginning ON part (beginning);
CREATE INDEX part_name ON part (name);

-- All events, a few thousand in one piece: a version, then records as postcard within zstd. Findings are made
-- anew from these.
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    part INTEGER NOT NULL REFERENCES part,
    -- Offset of the first and last record.
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    records INTEGER NOT NULL,
    -- Time of the newest, microseconds.
    newest INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (part, first)
) STRICT;
CREATE INDEX block_part ON block (part);
CREATE INDEX block_newest ON block (newest);

-- Refusals, failures and changes, with their line (redacted).
CREATE TABLE event (
    part INTEGER NOT NULL REFERENCES part,
    line INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    time INTEGER NOT NULL,
    -- request, authentication or change.
    kind TEXT NOT NULL,
    -- success, failure or unknown; of a request it is the status.
    outcome TEXT,
    action INTEGER REFERENCES text,
    reason INTEGER REFERENCES text,
    source INTEGER REFERENCES address,
    principal INTEGER REFERENCES text,
    method TEXT,
    target INTEGER REFERENCES text,
    status INTEGER,
    bytes INTEGER,
    line_text TEXT NOT NULL,
    PRIMARY KEY (part, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_time ON event (time);

-- In the order in which they fell.
CREATE TABLE finding (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    system TEXT,
    verdict TEXT NOT NULL,
    cause TEXT,
    confidence TEXT NOT NULL,
    logged INTEGER,
    source INTEGER REFERENCES address,
    principal INTEGER REFERENCES text,
    host INTEGER REFERENCES text,
    action INTEGER REFERENCES text,
    reason INTEGER REFERENCES text,
    method TEXT,
    target INTEGER REFERENCES text,
    status INTEGER,
    bytes INTEGER,
    agent INTEGER REFERENCES text,
    -- JSON: what else the access logs tell of the request.
    request TEXT,
    message TEXT NOT NULL,
    fix INTEGER REFERENCES text,
    -- JSON: [{"cause", "because"}], most likely first.
    candidates TEXT NOT NULL,
    -- JSON: [{"role", "part", "line", "offset", "length", "delta_s", "clock_offset_s", "forged"}], the line is in `event`.
    evidence TEXT NOT NULL
) STRICT;
CREATE INDEX finding_id ON finding (id);
CREATE INDEX finding_time ON finding (time);
CREATE INDEX finding_source ON finding (source, time);
CREATE INDEX finding_principal ON finding (principal, time);

-- Roll-up: how many findings a minute (since 1970).
CREATE TABLE finding_minute (
    minute INTEGER NOT NULL,
    system TEXT NOT NULL,
    cause TEXT NOT NULL,
    verdict TEXT NOT NULL,
    findings INTEGER NOT NULL,
    PRIMARY KEY (minute, system, cause, verdict)
) STRICT, WITHOUT ROWID;

-- Of inputs whose times name no zone: how far theirs is ahead of UTC (microseconds), and how that is known.
CREATE TABLE zone (
    input TEXT NOT NULL,
    ahead INTEGER NOT NULL,
    source TEXT NOT NULL,
    -- Where it was given and the logs say otherwise.
    too_far_ahead INTEGER
) STRICT;

CREATE TABLE clock_offset (
    input TEXT NOT NULL,
    reference TEXT NOT NULL,
    since INTEGER,
    offset_s REAL NOT NULL,
    error_s REAL NOT NULL,
    pairs INTEGER NOT NULL
) STRICT;

CREATE TABLE gap (
    input TEXT NOT NULL,
    since INTEGER,
    until INTEGER,
    why TEXT NOT NULL,
    refusals INTEGER NOT NULL
) STRICT;

CREATE TABLE note (text TEXT NOT NULL) STRICT;
