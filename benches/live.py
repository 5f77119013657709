#!/usr/bin/env python3
"""How fast `why401 tail` is: `benches/live.py BINARY [SECONDS]`, or `benches/live.py BINARY --check`.

1. From a line that is written to its finding on standard output, with the proof already there, beside `tail -F | grep`
   on the same file in the same loop.
2. 20,000 lines a second, one in fifty a refusal with its proof, for SECONDS (90, so that findings are made anew in
   between): how far the index is behind, asked four times a second, and the most memory that was held. Once with 5,000
   clients, and once where each line is of another client.

--check takes less than a minute and fails where something is far beyond what is promised: a machine that does other
things meanwhile is slow, so its bounds are generous.
"""

import argparse
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque

# Behind the promises, by how far `--check` lets a slow machine be: the 95th percentile behind `tail -F | grep` (5 ms),
# the longest lag (1 s), and MiB held (128).
SLOWER, LAG, MEMORY = 0.050, 5.0, 160

# Few clients, and more than lines.
CLIENTS, MANY = 5_000, 1 << 24


def access(n, when, status, clients):
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(when))
    size = 17 if status == 401 else 512
    return f'{address(n, clients)} - - [{stamp}] "GET /organization/n{n}n HTTP/1.1" {status} {size} "-" "a"\n'


def address(n, clients):
    n = n * 7919 % clients
    return f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"


def journal(template, n, when, clients):
    line = dict(template)
    line["timestamp"] = int(when)
    line["remote_address"] = address(n, clients)
    return json.dumps(line) + "\n"


def template():
    """A line of a real journal, for its form."""
    with open("fixtures/scenarios/pritunl/pritunl_journal.log", encoding="utf-8") as lines:
        return next(l for l in map(json.loads, lines) if l.get("event_long") == "Expired auth timestamp")


class Reader:
    """When each line of a program came, by the number in it."""

    def __init__(self, arguments, cwd):
        self.process = subprocess.Popen(
            arguments, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.came = {}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            now = time.perf_counter()
            if b"/organization/n" in line:
                number = line.split(b"/organization/n", 1)[1].split(b"n", 1)[0]
                self.came.setdefault(int(number), now)

    def end(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def p95(values):
    return statistics.quantiles(values, n=100)[94] if len(values) > 1 else float("nan")


def follow(binary, folder, *arguments):
    return [binary, "tail", "-o", "ndjson", "--index", f"{folder}/index.db", *arguments, "access.log", "journal.log"]


def latency(binary, rounds):
    """The 95th percentiles of both, in seconds."""
    form = template()
    with tempfile.TemporaryDirectory() as folder:
        now = time.time()
        with open(f"{folder}/access.log", "a", 1) as log, open(f"{folder}/journal.log", "a", 1) as proof:
            for n in range(60):
                proof.write(journal(form, n, now - 120 + n, CLIENTS))
                log.write(access(n, now - 120 + n, 401, CLIENTS))
            ours = Reader(follow(binary, folder), folder)
            theirs = Reader(["sh", "-c", "tail -n 0 -F access.log | grep --line-buffered ' 401 '"], folder)
            time.sleep(4)
            wrote = {}
            for n in range(1000, 1000 + rounds):
                when = time.time()
                proof.write(journal(form, n, when, CLIENTS))
                time.sleep(0.1)
                wrote[n] = time.perf_counter()
                log.write(access(n, when, 401, CLIENTS))
                time.sleep(0.1)
            time.sleep(4)
            took = [[r.came.get(n, float("inf")) - at for n, at in wrote.items()] for r in (ours, theirs)]
            ours.end()
            theirs.end()
    for name, each in zip(("why401", "tail -F | grep"), took):
        print(f"{name}: median {statistics.median(each) * 1000:.2f} ms, p95 {p95(each) * 1000:.2f} ms of {rounds}")
    return [p95(each) for each in took]


def position(folder):
    query = "SELECT sum(position_offset + coalesce(open_bytes + 1, 0)) FROM part WHERE name LIKE '%access.log'"
    try:
        with sqlite3.connect(f"file:{folder}/index.db?mode=ro", uri=True) as index:
            return index.execute(query).fetchone()[0] or 0
    except sqlite3.Error:
        return 0


def load(binary, seconds, clients, a_second=20_000):
    """The longest lag in seconds, and MiB held."""
    form = template()
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/access.log", "a") as log, open(f"{folder}/journal.log", "a") as proof:
            for n in range(60):
                proof.write(journal(form, n, time.time() - 60, clients))
                log.write(access(n, time.time() - 60, 401, clients))
        ours = Reader(follow(binary, folder, "--quiet"), folder)
        time.sleep(3)
        sizes, lags, is_over = deque(), [], threading.Event()

        def watch():
            while not is_over.wait(0.25):
                read, now = position(folder), time.perf_counter()
                while sizes and sizes[0][1] <= read:
                    sizes.popleft()
                lags.append(now - sizes[0][0] if sizes else 0.0)

        began, n, size = time.perf_counter(), 1000, os.path.getsize(f"{folder}/access.log")
        threading.Thread(target=watch, daemon=True).start()
        with open(f"{folder}/access.log", "a") as log, open(f"{folder}/journal.log", "a") as proof:
            for tick in range(seconds * 20):
                now = time.time()
                numbers = range(n, n + a_second // 20)
                proof.write("".join(journal(form, i, now, clients) for i in numbers if i % 50 == 0))
                proof.flush()
                text = "".join(access(i, now, 401 if i % 50 == 0 else 200, clients) for i in numbers)
                n, size = numbers.stop, size + len(text)
                log.write(text)
                log.flush()
                sizes.append((time.perf_counter(), size))
                time.sleep(max(0, began + (tick + 1) / 20 - time.perf_counter()))
        took = time.perf_counter() - began
        with open(f"/proc/{ours.process.pid}/status", encoding="utf-8") as status:
            held = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
        is_over.set()
        ours.end()
    print(
        f"{(n - 1000) / took:.0f} lines/s of {clients} clients for {took:.0f} s: "
        f"lag p95 {p95(lags) * 1000:.0f} ms, most {max(lags) * 1000:.0f} ms; {held:.0f} MiB at most"
    )
    return max(lags), held


def check(binary):
    ours, theirs = latency(binary, 60)
    lag, held = load(binary, 12, CLIENTS)
    bounds = {
        f"a finding comes {ours - theirs:.3f} s behind tail -F | grep": ours - theirs <= SLOWER,
        f"the index is {lag:.1f} s behind": lag <= LAG,
        f"{held:.0f} MiB were held": held <= MEMORY,
    }
    sys.exit("\n".join(what for what, is_well in bounds.items() if not is_well) or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("seconds", type=int, nargs="?", default=90)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    if asked.check:
        check(asked.binary)
    latency(asked.binary, 300)
    for clients in CLIENTS, MANY:
        load(asked.binary, asked.seconds, clients)


if __name__ == "__main__":
    main()
