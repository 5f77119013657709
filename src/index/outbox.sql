-- Alerts, each as it was decided.
CREATE TABLE alert (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    level TEXT NOT NULL,
    state TEXT NOT NULL,
    -- `client=203.0.113.9`
    group_values TEXT NOT NULL,
    -- Microseconds, by the logs' clock: when it was decided, and of what counted.
    time INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    message TEXT NOT NULL,
    -- JSON: why401.alert/1, without the delivery.
    body TEXT NOT NULL,
    UNIQUE (id, sequence)
) STRICT;
CREATE INDEX alert_time ON alert (time);

-- To whom it goes, and how that went.
CREATE TABLE delivery (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    alert INTEGER NOT NULL REFERENCES alert,
    hook TEXT NOT NULL,
    -- waiting, delivered or dead.
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Microseconds, by this host's clock: not to be run before, and when the last run was over.
    due INTEGER NOT NULL,
    ended INTEGER,
    -- Of the last run: microseconds, how it ended, what it wrote, and how many bytes beyond that.
    took INTEGER,
    outcome TEXT,
    output TEXT,
    left_out INTEGER
) STRICT;
CREATE INDEX delivery_waiting ON delivery (hook, number) WHERE state = 'waiting';
CREATE INDEX delivery_alert ON delivery (alert);

-- All runs there were, counted: deliveries go in time.
CREATE TABLE hook_run (
    hook TEXT NOT NULL,
    result TEXT NOT NULL,
    runs INTEGER NOT NULL,
    -- Microseconds in all.
    took INTEGER NOT NULL,
    PRIMARY KEY (hook, result)
) STRICT, WITHOUT ROWID;

-- `heard`: rules have heard of all findings until this moment (microseconds), and what they said is here. The least
-- number: they never have.
INSERT INTO state VALUES ('heard', -9223372036854775808);
