#!/usr/bin/env python3
"""CPU of `why401 explain` against DuckDB, on the same two logs, round by round.

    cargo run --release --example generate -- --lines 1000000 --out /tmp/pritunl-1m
    python3 -m venv /tmp/duckdb && /tmp/duckdb/bin/pip install duckdb
    /tmp/duckdb/bin/python benches/against_duckdb.py target/release/why401 /tmp/pritunl-1m

DuckDB loads both logs and joins the refusals with the failures by two ASOF joins (nearest before and nearest
after, by client). That is less than why401 does: no clock offset, no line given to one request only, no
silence, no written result. They run by turns, because a machine that others use as well is only fair within a
round; user and system time count, not the clock on the wall.
"""

import argparse
import os
import statistics
import subprocess
import sys

# Blanks separate the fields of an access line, quotes protect them: the fastest way to read it.
FIELDS = ("client", "identity", "person", "time", "zone", "request", "status", "bytes", "referer", "agent")
COLUMNS = ", ".join(f"'{name}': 'varchar'" for name in FIELDS)
STEPS = [
    "create table requests as select client, epoch(strptime(time || zone, '[%d/%b/%Y:%H:%M:%S%z]'))::bigint as time,"
    " request, status::smallint status, bytes::bigint bytes"
    " from read_csv('{folder}/access.log', delim = ' ', quote = '\"', header = false, auto_detect = false,"
    " columns = {" + COLUMNS + "})",
    "create table entries as select remote_address client, timestamp as time, event, admin_name,"
    " coalesce(reason_long, event_long) reason"
    " from read_json('{folder}/pritunl_journal.log', format = 'newline_delimited', columns = {'event': 'varchar',"
    " 'timestamp': 'bigint', 'remote_address': 'varchar', 'admin_name': 'varchar', 'reason_long': 'varchar',"
    " 'event_long': 'varchar'})",
    "create view failures as from entries where event like '%_failure'",
    "create table joined as select r.*, b.reason before, b.time before_time, a.reason after, a.time after_time"
    " from requests r asof left join failures b on r.client = b.client and r.time >= b.time"
    " asof left join failures a on r.client = a.client and r.time <= a.time where r.status in (401, 403, 429)",
]


def duckdb_join(folder):
    """Runs in a process of its own, so that its CPU is told apart."""
    import duckdb

    database = duckdb.connect()
    database.execute("set timezone = 'UTC'")
    for step in STEPS:
        database.execute(step.replace("{folder}", folder))
    print(*database.execute("select count(*), count(before), count(after) from joined").fetchone())


def cost(command, output):
    """CPU seconds and peak MiB of a command. The peak is that of its own process."""
    child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder", help="holds access.log and pritunl_journal.log")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    logs = [os.path.join(args.folder, name) for name in ("access.log", "pritunl_journal.log")]
    join = [sys.executable, os.path.abspath(__file__), "--join", args.folder]
    explain = [args.binary, "explain", "-o", "ndjson", *logs]
    ratios = []
    print("round  why401 s  RSS MiB  duckdb s  RSS MiB  ratio")
    for number in range(1, args.rounds + 1):
        ours, memory = cost(explain, subprocess.DEVNULL)
        theirs, their_memory = cost(join, subprocess.DEVNULL)
        ratios.append(ours / theirs)
        print(f"{number:5}  {ours:8.2f}  {memory:7.0f}  {theirs:8.2f}  {their_memory:7.0f}  {ratios[-1]:5.2f}")
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--join"]:
        duckdb_join(sys.argv[2])
    else:
        main()
