# SPDX-License-Identifier: Apache-2.0
"""Noise from one control group, a detection in another, and an agent that gets no time to read."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

SLOWER = int(os.environ.get("BESRA_SLOWER", "1"))
PATIENCE_S = 30 * SLOWER
NOISE_MS = 2500 * SLOWER
NOISY = 2  # processes
RINGS_OF_1_MIB = ["-o", "engine.kind=modern_ebpf", "-o", "engine.modern_ebpf.buf_size_preset=1"]
# That of the memory controller where all tasks sit in the root of v2.
HIERARCHIES = [pathlib.Path(p) for p in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup")]
MUST_FIRE = {"Credential file read", "Program run from a scratch directory"}


class Groups:
    """A control group of our own with one for the noise and one for the victim."""

    def __enter__(self):
        top = next(h for h in HIERARCHIES if (h / "cgroup.procs").exists())
        self.all = top / f"besra-evasion-{os.getpid()}"
        self.noise, self.victim = self.all / "noise", self.all / "victim"
        for group in (self.all, self.noise, self.victim):
            group.mkdir()
        return self

    def __exit__(self, *_):
        for group in (self.noise, self.victim, self.all):
            self.empty(group)
            group.rmdir()

    @staticmethod
    def empty(group):
        """A child that was killed leaves its group a moment later."""
        end = time.monotonic() + PATIENCE_S
        while (group / "cgroup.procs").read_text() and time.monotonic() < end:
            time.sleep(0.02)


def start(build, group, directory, case, rounds, oracle):
    directory.mkdir(exist_ok=True)
    return subprocess.Popen([build + "/tests/evasion/attack", str(oracle), str(directory),
                             str(rounds), case],
                            preexec_fn=lambda: (group / "cgroup.procs").write_text(
                                str(os.getpid())),
                            pass_fds=[oracle], stdin=subprocess.DEVNULL)


def alerts_in(path):
    return [json.loads(line) for line in path.read_text().splitlines()
            if line.startswith("{") and line.endswith("}")]


def wait_until_it_looks(build, groups, scratch, alerts, oracle):
    end = time.monotonic() + PATIENCE_S
    while not any(a["rule"] == "Evasion mark" for a in alerts_in(alerts)):
        if time.monotonic() > end:
            raise TimeoutError("besra does not report")
        start(build, groups.victim, scratch / "ready", "nothing", 1, oracle).wait(PATIENCE_S)
        time.sleep(0.1)


def attack(build, row, groups, scratch, besra, oracle):
    """The noise begins; the agent is stopped; the detection happens; the agent goes on."""
    noise = [start(build, groups.noise, scratch / f"noise{i}", row.noise, NOISE_MS, oracle)
             for i in range(NOISY)]
    try:
        time.sleep(NOISE_MS / 5000)
        besra.send_signal(signal.SIGSTOP)
        time.sleep(NOISE_MS / 2500)
        victim = start(build, groups.victim, scratch / "victim", "detection", 1, oracle)
        victim.wait(PATIENCE_S)
    finally:
        besra.send_signal(signal.SIGCONT)
        for process in noise:
            process.wait(PATIENCE_S)
    return victim.pid


def losses(said):
    """{control group: events lost}"""
    return {int(group): int(count) for count, group in
            re.findall(r"^besra:\s+(\d+) in control group (\d+)", said, re.M)}


def differences(row, groups, victim, alerts, said):
    fired = {a["rule"] for a in alerts
             if a["output_fields"].get("thread.tid") == victim or "attack" in
             str(a["output_fields"].get("proc.cmdline"))}
    for rule in sorted(MUST_FIRE - fired):
        yield f"not reported: {rule}"
    lost = losses(said)
    noise = groups.noise.stat().st_ino
    if not lost.get(noise):
        yield f"nothing was lost of the noise: it was none ({lost})"
    for group in lost.keys() - {noise}:
        yield f"lost in another control group than the noise's: {lost[group]} ({group})"


def run(build, row, scratch, flags):
    """(complaints, remark, why skipped or None)"""
    scratch = scratch / row.name
    scratch.mkdir()
    alerts, errors = scratch / "alerts", scratch / "errors"
    null = os.open("/dev/null", os.O_WRONLY)
    with Groups() as groups, open(alerts, "wb") as out, open(errors, "wb") as err:
        besra = subprocess.Popen([build + "/besra", "-U", *flags, *RINGS_OF_1_MIB, "--scope",
                                  f"cgroup={groups.all}"],
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            wait_until_it_looks(build, groups, scratch, alerts, null)
            victim = attack(build, row, groups, scratch, besra, null)
            time.sleep(0.5 * SLOWER)
        finally:
            besra.send_signal(signal.SIGINT)
            besra.wait(PATIENCE_S)
            os.close(null)
        said = errors.read_text()
        found = list(differences(row, groups, victim, alerts_in(alerts), said))
        return found, f"lost of the noise: {losses(said).get(groups.noise.stat().st_ino)}", None
