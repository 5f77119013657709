-- The documented interface for SQL. Made anew when an index is opened for writing, so they are no part of the
-- migrations. Every `epoch` is in microseconds and indexed; `time` is the same for people, in UTC.

DROP VIEW IF EXISTS inputs;
CREATE VIEW inputs AS
SELECT i.name AS input, i.format, i.system, p.name AS file,
    p.lines, p.parsed, p.ignored, p.unparsed, p.cut,
    p.bytes_parsed, p.bytes_ignored, p.bytes_unparsed,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.first / 1e6, 'unixepoch') AS first,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.last / 1e6, 'unixepoch') AS last,
    z.ahead / 1e6 AS zone_s, z.source AS zone_source, p.position_offset AS position, p.failure
FROM part p JOIN input i ON i.id = p.input LEFT JOIN zone z ON z.input = i.name
ORDER BY i.id, p.rank;

DROP VIEW IF EXISTS events;
CREATE VIEW events AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', e.time / 1e6, 'unixepoch') AS time, e.time AS epoch,
    i.system, i.format, e.kind, e.outcome, action.text AS action, reason.text AS reason,
    source.text AS client, principal.text AS principal,
    e.method, target.text AS target, e.status, e.bytes,
    p.name AS file, e.line, e.offset, e.length, e.line_text AS text
FROM event e
JOIN part p ON p.id = e.part JOIN input i ON i.id = p.input
LEFT JOIN text action ON action.id = e.action
LEFT JOIN text reason ON reason.id = e.reason
LEFT JOIN address source ON source.id = e.source
LEFT JOIN text principal ON principal.id = e.principal
LEFT JOIN text target ON target.id = e.target;

DROP VIEW IF EXISTS findings;
CREATE VIEW findings AS
SELECT f.id, strftime('%Y-%m-%dT%H:%M:%fZ', f.time / 1e6, 'unixepoch') AS time, f.time AS epoch,
    f.system, f.verdict, f.cause, f.confidence, f.logged,
    source.text AS client, principal.text AS principal, host.text AS host,
    action.text AS action, reason.text AS reason,
    f.method, target.text AS target,
    iif(instr(target.text, '?'), substr(target.text, 1, instr(target.text, '?') - 1), target.text) AS path,
    f.status, f.bytes, agent.text AS user_agent, f.message, fix.text AS fix
FROM finding f
LEFT JOIN address source ON source.id = f.source
LEFT JOIN text principal ON principal.id = f.principal
LEFT JOIN text host ON host.id = f.host
LEFT JOIN text action ON action.id = f.action
LEFT JOIN text reason ON reason.id = f.reason
LEFT JOIN text target ON target.id = f.target
LEFT JOIN text agent ON agent.id = f.agent
LEFT JOIN text fix ON fix.id = f.fix
WHERE f.number BETWEEN (SELECT value FROM state WHERE key = 'first') AND (SELECT value FROM state WHERE key = 'last');

DROP VIEW IF EXISTS candidates;
CREATE VIEW candidates AS
SELECT f.id AS finding, c.key + 1 AS rank, c.value ->> 'cause' AS cause, c.value ->> 'because' AS because
FROM finding f, json_each(f.candidates) c
WHERE f.number BETWEEN (SELECT value FROM state WHERE key = 'first') AND (SELECT value FROM state WHERE key = 'last');

DROP VIEW IF EXISTS evidence;
CREATE VIEW evidence AS
SELECT f.id AS finding, v.key + 1 AS rank, v.value ->> 'role' AS role, p.name AS file,
    v.value ->> 'line' AS line, v.value ->> 'offset' AS offset, v.value ->> 'length' AS length,
    v.value ->> 'delta_s' AS delta_s, v.value ->> 'clock_offset_s' AS clock_offset_s, e.line_text AS text,
    nullif(concat_ws(' ', iif(v.value ->> 'forged', 'forgery', NULL),
        iif(v.value ->> 'unsigned', 'signature', NULL)), '') AS flags
FROM finding f, json_each(f.evidence) v
JOIN part p ON p.id = v.value ->> 'part'
LEFT JOIN event e ON e.part = v.value ->> 'part' AND e.line = v.value ->> 'line'
WHERE f.number BETWEEN (SELECT value FROM state WHERE key = 'first') AND (SELECT value FROM state WHERE key = 'last');

DROP VIEW IF EXISTS findings_per_minute;
CREATE VIEW findings_per_minute AS
SELECT strftime('%Y-%m-%dT%H:%MZ', minute * 60, 'unixepoch') AS minute, minute * 60000000 AS epoch,
    nullif(system, '') AS system, nullif(cause, '') AS cause, verdict, findings
FROM finding_minute;

DROP VIEW IF EXISTS clock_offsets;
CREATE VIEW clock_offsets AS
SELECT input, reference, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1e6, 'unixepoch') AS since,
    offset_s, error_s, pairs
FROM clock_offset;

DROP VIEW IF EXISTS gaps;
CREATE VIEW gaps AS
SELECT input, strftime('%Y-%m-%dT%H:%M:%fZ', since / 1e6, 'unixepoch') AS since,
    strftime('%Y-%m-%dT%H:%M:%fZ', until / 1e6, 'unixepoch') AS until, why, refusals,
    NULL AS file, NULL AS offset, NULL AS bytes
FROM gap
UNION ALL
SELECT i.name, strftime('%Y-%m-%dT%H:%M:%fZ', l.since / 1e6, 'unixepoch'),
    strftime('%Y-%m-%dT%H:%M:%fZ', l.until / 1e6, 'unixepoch'), l.why, NULL, p.name, l.at, l.bytes
FROM lost l JOIN part p ON p.id = l.part JOIN input i ON i.id = p.input;

DROP VIEW IF EXISTS alerts;
CREATE VIEW alerts AS
SELECT id, sequence, strftime('%Y-%m-%dT%H:%M:%fZ', time / 1e6, 'unixepoch') AS time, time AS epoch,
    rule, title, level, state, group_values,
    strftime('%Y-%m-%dT%H:%M:%fZ', first / 1e6, 'unixepoch') AS first,
    strftime('%Y-%m-%dT%H:%M:%fZ', last / 1e6, 'unixepoch') AS last,
    count, suppressed, message, body
FROM alert;

DROP VIEW IF EXISTS deliveries;
CREATE VIEW deliveries AS
SELECT d.id, a.id AS alert, a.sequence, d.hook, d.state, d.attempts,
    iif(d.state = 'waiting', strftime('%Y-%m-%dT%H:%M:%fZ', d.due / 1e6, 'unixepoch'), NULL) AS due,
    strftime('%Y-%m-%dT%H:%M:%fZ', d.ended / 1e6, 'unixepoch') AS ended,
    d.took / 1e6 AS took_s, d.outcome, d.output, d.left_out
FROM delivery d JOIN alert a ON a.number = d.alert;

DROP VIEW IF EXISTS incidents;
CREATE VIEW incidents AS
SELECT id, level, system, cause, confidence, refusals,
    strftime('%Y-%m-%dT%H:%M:%fZ', first / 1e6, 'unixepoch') AS first, first AS epoch,
    strftime('%Y-%m-%dT%H:%M:%fZ', last / 1e6, 'unixepoch') AS last,
    clients, principals, ended, strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1e6, 'unixepoch') AS ended_at,
    body ->> '$.trigger.message' AS trigger, body
FROM incident;
