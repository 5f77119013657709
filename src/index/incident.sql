-- What findings belong together. `body`: as JSON, `why401.incident/1`. `clients` and `principals`: at most so many.
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    level TEXT NOT NULL,
    system TEXT,
    cause TEXT,
    confidence TEXT NOT NULL,
    refusals INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    clients INTEGER NOT NULL,
    principals INTEGER NOT NULL,
    -- change, accepted, quiet or open; and when.
    ended TEXT NOT NULL,
    ended_at INTEGER,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_first ON incident (first);
