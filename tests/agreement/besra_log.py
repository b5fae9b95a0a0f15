# SPDX-License-Identifier: Apache-2.0
"""Reads a recording, event by event, in the terms of strace_log: calls, signals, ends."""
import collections
import json
import pathlib
import re
import subprocess

import strace_log

TABLES = pathlib.Path(__file__).resolve().parents[2] / "include" / "tables"
GENERIC = 1
FORKS = {"clone", "fork", "vfork", "clone3"}

Event = collections.namedtuple("Event", "ts number name result raw")


def read_tables():
    """{event number: [x86_64 numbers]}, {x86_64 number: name}."""
    events = {f"EVENT_{m[2]}": int(m[1]) for m in re.finditer(
        r"^EVENT\((\d+), (\w+),", (TABLES / "events.def").read_text(), re.M)}
    numbers, names = collections.defaultdict(list), {}
    for m in re.finditer(r'^SYSCALL\(\d+, \w+, "(\w+)", (\d+), (\w+),',
                         (TABLES / "syscalls.def").read_text(), re.M):
        numbers[events[m[3]]].append(int(m[2]))
        names[int(m[2])] = m[1]
    return numbers, names


NUMBERS, NAMES = read_tables()


def result_of(raw):
    """The first parameter is the result, by this name or as the descriptor it is."""
    for name in ("res", "fd"):
        if raw and next(iter(raw)) == name:
            return raw[name]
    return None


def entry(event):
    number, raw = event["event"], event["raw"]
    if event["type"] == "signaldeliver":
        return strace_log.Signal(raw["sig"])
    if event["type"] == "procexit":
        return strace_log.Exit(raw["ret"] if not raw["sig"] else None, raw["sig"])
    if number == GENERIC:
        native = raw["nativeID"]
        return Event(event["ts"], [native], NAMES.get(native, str(native)), None, {})
    return Event(event["ts"], NUMBERS[number], event["type"], result_of(raw), raw)


def read(build, trace):
    """{tid: [Event, Signal or Exit, ...]}; a child's return from its birth is left out."""
    threads = collections.defaultdict(list)
    out = subprocess.run([build + "/tests/live/dump_raw", str(trace)], stdout=subprocess.PIPE,
                         check=True, text=True).stdout
    for line in out.splitlines():
        event = json.loads(line)
        if event["type"] in FORKS and event["raw"]["res"] == 0:
            continue
        threads[event["tid"]].append(entry(event))
    return threads
