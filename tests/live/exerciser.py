# SPDX-License-Identifier: Apache-2.0
"""Runs the exerciser under besra and gives every event its place: case, thread, running number.

The program, what Falco recorded for it and the notation of both are described in
BESRA_SHARED/expected/live/README.md.
"""
import collections
import difflib
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("BESRA_SHARED", ROOT / ".." / "shared")).resolve()
LIVE = SHARED / "expected" / "live"
SLOWER = int(os.environ.get("BESRA_SLOWER", "1"))  # how much slower this machine is
FORKS = {"clone", "fork", "vfork", "clone3"}
LEFT_OUT = {"switch", "page_fault"}
BUILD_FLAGS = ("-O1 -nostdlib -static -no-pie -fno-stack-protector -fno-builtin "
               "-fcf-protection=none").split()
# Results of getcwd and write depend on the length of this name, the recorded one's scratch.
RECORDED_SCRATCH = "/tmp/liveoracle/s"


def why_not():
    """Why the comparison cannot be made here, or None."""
    if not LIVE.is_dir():
        return f"no {LIVE} (set BESRA_SHARED)"
    if os.geteuid() != 0:
        return "recording needs root"
    if not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        return "this kernel has no BTF"
    return None


class Run:
    """One recording: its events as dump_raw tells them, with what dump_fields says beside."""

    def __init__(self, build, cases, fields):
        with tempfile.TemporaryDirectory(dir="/tmp", prefix="b-") as name:
            self.directory = pathlib.Path(name)
            self.exe = self.directory / "exerciser"
            self.scratch = self.directory / "s"
            assert len(str(self.scratch)) == len(RECORDED_SCRATCH)
            self.record(build, cases)
            self.events = self.lines([build + "/tests/live/dump_raw", str(self.trace)])
            wanted = self.directory / "fields"
            wanted.write_text("\n".join([*fields, "evt.rawtime"]))
            self.fields = {(event["evt.rawtime"], event["thread.tid"]): event for event in
                           self.lines([build + "/tests/oracle/dump_fields", str(self.trace),
                                       str(wanted)])}

    def record(self, build, cases):
        self.trace = self.directory / "live.scap"
        subprocess.run(["gcc", *BUILD_FLAGS, "-o", str(self.exe), str(LIVE / "exerciser.c")],
                       check=True)
        # The shell opens /dev/null under our eyes, so that its name is known as it was given.
        script = 'exec env -i PATH=/nowhere /usr/bin/setsid -w "$@" </dev/null >/dev/null 2>&1'
        subprocess.run([build + "/tests/live/record_raw", str(self.trace), "--", "/bin/sh", "-c",
                        script, "sh", "./exerciser", str(self.scratch), *cases],
                       cwd=self.directory, timeout=60 * SLOWER, check=True,
                       env={**os.environ, "BESRA_EXTENSION": "1"})

    @staticmethod
    def lines(command):
        out = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    def fields_of(self, event):
        return self.fields.get((event["ts"], event["tid"]))

    def names(self):
        """What stands for this run's paths in the notation."""
        return {str(self.scratch): "$DIR", str(self.exe): "$EXE", str(self.directory): "$BINDIR"}


class Roles:
    """Who each thread is: `main.1t2` is the second thread made by the first child of main."""

    def __init__(self, events):
        # A child may already have another parent when its first event comes: ask who made it.
        self.makers = {e["raw"]["res"]: e["tid"] for e in events
                       if e["type"] in FORKS and (e["raw"].get("res") or 0) > 0}
        self.case = None
        self.roles = {}      # tid -> (case, role)
        self.children = collections.Counter()

    def child(self, event):
        raw = event["raw"]
        tid, pid, ptid = raw["tid"], raw["pid"], raw["ptid"]
        maker = self.makers.get(tid, pid if pid != tid else ptid)
        parent = self.roles.get(maker)
        if parent is None:
            return
        case, role = parent if parent[1] != "main" else (self.case, "main")
        kind = "t" if pid != tid else "."
        self.children[case, role, kind] += 1
        self.roles[tid] = (case, f"{role}{kind}{self.children[case, role, kind]}")

    def place(self, event):
        """(case, role) of the event, None for what the main thread does between cases."""
        tid = event["tid"]
        if event["type"] in FORKS and event["raw"].get("res") == 0 and tid not in self.roles:
            self.child(event)
        if tid not in self.roles:
            return None
        case, role = self.roles[tid]
        if role != "main":
            return case, role
        name = str(event["raw"].get("name", "")) if event["type"] == "open" else ""
        if name.startswith("/case/begin/"):
            self.case = name.rsplit("/", 1)[1]
        case = self.case or ("_start" if event["type"] == "execve" else None)
        if name.startswith("/case/end/"):
            self.case = None
        return case and (case, "main")


def by_place(events):
    """{(case, role): [event, ...]} and {(case, role): tid}."""
    roles = Roles(events)
    places = collections.defaultdict(list)
    started = False
    for event in events:
        if not started:
            if event["type"] != "execve" or event["raw"].get("res") != 0 or \
                    event["raw"].get("exe") != "./exerciser":
                continue
            started = True
            roles.roles[event["tid"]] = ("_start", "main")
        place = event["type"] not in LEFT_OUT and roles.place(event)
        if place:
            places[place].append(event)
    return places, {place: tid for tid, place in roles.roles.items()}


def pairs(wanted, places):
    """Each expected event with ours, either of them None where the other has no like."""
    theirs = collections.defaultdict(list)
    for event in wanted:
        theirs[event["case"], event["thread"]].append(event)
    for place in [*theirs, *(p for p in places if p not in theirs)]:
        left, right = theirs.get(place, []), places.get(place, [])
        matcher = difflib.SequenceMatcher(None, [e["event"] for e in left],
                                          [e["event"] for e in right], autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                yield from ((place, *both) for both in zip(left[a:b], right[c:d]))
            else:
                yield from ((place, event, None) for event in left[a:b])
                yield from ((place, None, event) for event in right[c:d])


def expected(cases):
    events = (json.loads(line) for line in (LIVE / "expected.jsonl").read_text().splitlines())
    return [e for e in events if not cases or e["case"] in cases]
