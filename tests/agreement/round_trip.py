# SPDX-License-Identifier: Apache-2.0
"""What is recorded says the same as what was seen live, to besra itself and to sysdig.

A scripted scenario runs once under `besra --` and twice under `besra record --`, without and with
what the kernel used. The alerts of the first and those of a replay of the others must be the same, but
that the plain recording lacks those about what the kernel used. Then sysdig reads recordings made for
old readers: whatever event it shows, besra must show with the same fields.
"""
import collections
import os
import re
import shutil
import subprocess
import sys

SCENARIO = r"""
cat /etc/shadow > /dev/null
mkdir d; cd d; echo x > made; ln -s made link; cat link > /dev/null
mv made moved; chmod u+s moved; rm moved link; cd ..; rmdir d
cp /bin/true copied; ./copied; rm copied
(exec 3<>/dev/tcp/127.0.0.1/1) 2> /dev/null
(sleep 0.01; exit 3) & wait $!
echo piped | cat > /dev/null
ln -s /etc/shadow detour; cat detour > /dev/null; rm detour
cat /proc/self/root/etc/gshadow > /dev/null
"$PYTHON" passed.py
"""

# A descriptor is passed on, a file has no name, a server listens on a path.
PASSED = """
import os, socket, tempfile
ours, theirs = socket.socketpair()
if os.fork() == 0:
    fds = socket.recv_fds(theirs, 10, 4)[1]
    os.read(fds[0], 10)
    os._exit(0)
fd = os.open("/etc/shadow", os.O_RDONLY)
socket.send_fds(ours, [b"x"], [fd])
os.wait()
os.write(os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600), b"x")
server = socket.socket(socket.AF_UNIX)
server.bind("server")
server.listen()
os.symlink("server", "front")
client = socket.socket(socket.AF_UNIX)
client.connect("front")
server.accept()
"""

RULES = r"""
- rule: program
  desc: d
  condition: evt.type in (execve, execveat) and evt.rawres = 0
  output: ran %proc.cmdline exe=%proc.exepath parent=%proc.pname cwd=%proc.cwd user=%user.name
  priority: INFO
- rule: written
  desc: d
  condition: evt.type in (open, openat, openat2, creat) and evt.is_open_write = true and fd.num >= 0
  output: wrote %fd.name %evt.arg.flags by %proc.name of %proc.pname
  priority: NOTICE
- rule: read
  desc: d
  condition: evt.type in (open, openat) and evt.is_open_read = true and fd.name startswith /etc/
  output: read %fd.name %fd.num by %proc.name
  priority: WARNING
- rule: names
  desc: d
  condition: evt.type in (rename, renameat, renameat2, unlink, unlinkat, symlink, symlinkat, mkdir, rmdir, chmod, fchmodat, chdir)
  output: named %evt.type %evt.args by %proc.name in %proc.cwd
  priority: INFO
- rule: connection
  desc: d
  condition: evt.type = connect and fd.typechar = 4
  output: connected %fd.sip %fd.sport %evt.res by %proc.name
  priority: INFO
- rule: copied
  desc: d
  condition: evt.type in (dup, dup2, dup3) and evt.rawres >= 0 and fd.typechar = p
  output: copied %fd.num %fd.type by %proc.name
  priority: INFO
- rule: read by hand
  desc: d
  condition: evt.type = read and fd.name = /etc/shadow
  output: got %evt.rawres of %fd.name by %proc.name
  priority: INFO
- rule: without a name
  desc: d
  condition: evt.type = write and fd.name contains "/#"
  output: put %evt.rawres into %fd.type by %proc.name
  priority: INFO
- rule: kernel path
  desc: d
  condition: evt.type in (open, openat) and evt.kernel_path in (/etc/shadow, /etc/gshadow)
  output: kernel opened %evt.kernel_path as %evt.kernel_euid named %fd.name by %proc.name
  priority: WARNING
- rule: kernel socket
  desc: d
  condition: evt.kernel_path endswith /server
  output: kernel %evt.type %evt.kernel_path named %evt.arg.addr by %proc.name
  priority: INFO
- rule: kernel connection
  desc: d
  condition: evt.type = connect and evt.kernel_tuple exists and evt.res = SUCCESS
  output: kernel connected %evt.kernel_sport by %proc.name
  priority: INFO
- rule: ended
  desc: d
  condition: evt.type = procexit
  output: ended %proc.name %evt.arg.status
  priority: INFO
"""

FIELDS = ("evt.type", "proc.name", "proc.pid", "proc.cwd", "proc.cmdline", "user.uid", "evt.rawres")
MARK = "|"
TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d+: ", re.M)
# Numbers of file systems and of processes are those of one run.
VOLATILE = re.compile(r"\b(?:dev|ino)=\w+|/#\d+")
PATIENCE_S = 30 * int(os.environ.get("BESRA_SLOWER", "1"))


def run(command, work):
    done = subprocess.run([str(c) for c in command], cwd=work, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE_S,
                          check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C",
                                           "PYTHON": sys.executable})
    if done.returncode:
        raise RuntimeError(f"{command}: exit code {done.returncode}\n{done.stderr.decode()}")
    return done.stdout.decode(errors="replace")


def scenario(work):
    script = work / "scenario"
    script.write_text(SCENARIO)
    (work / "passed.py").write_text(PASSED)
    for left in ("server", "front"):
        (work / left).unlink(missing_ok=True)
    return ["--", "bash", script.name]


def alerts(output):
    lines = TIME.sub("", output).splitlines()
    if "Rule counts by severity:" in lines:
        lines = lines[:lines.index("Rule counts by severity:") - 1]
    return [VOLATILE.sub("", line) for line in lines]


def by_program(lines):
    """Two processes of a pipe run at once: only the order within a program is the scenario's."""
    found = collections.defaultdict(list)
    for line in lines:
        name = re.search(r"(?:by|ran|ended) (\S+)", line)
        found[name[1] if name else ""].append(line)
    return found


def differences(live, replayed):
    ours, theirs = by_program(live), by_program(replayed)
    for name in sorted({*ours, *theirs}):
        # Processes of one name (the shell's own) may run at once, too.
        a, b = collections.Counter(ours[name]), collections.Counter(theirs[name])
        yield from (f"only live: {line}" for line in (a - b).elements())
        yield from (f"only replayed: {line}" for line in (b - a).elements())


def of_kernel(line):
    """Whether it takes an extension to say so: what the kernel used, a name nobody has said."""
    return line.split(" ", 1)[1].startswith(("kernel ", "put ", "got "))


def alerts_agree(build, work):
    """Yields what is wrong."""
    rules, config, trace = work / "rules.yaml", work / "besra.yaml", work / "trace.scap"
    rules.write_text(RULES)
    config.write_text("rule_matching: all\nstdout_output:\n  enabled: true\n")
    besra = [build + "/besra", "-c", config, "-r", rules]
    live = alerts(run([*besra, *scenario(work)], work))
    run([build + "/besra", "record", "--extension", "-w", trace, *scenario(work)], work)
    yield from differences(live, alerts(run([*besra, "-e", trace], work)))
    run([build + "/besra", "record", "-w", trace, *scenario(work)], work)
    plain = alerts(run([*besra, "-e", trace], work))
    yield from differences([a for a in live if not of_kernel(a)],
                           [a for a in plain if not of_kernel(a)])
    if len(live) < 40:
        yield f"only {len(live)} alerts live"
    for what, wanted in WANTED.items():
        found = sum(what in line for line in live)
        if found != wanted:
            yield f"live: {found} alerts with {what!r}, not {wanted}"


# The scenario's own arithmetic: how often something is said.
WANTED = {
    "kernel opened /etc/shadow as 0 named /etc/shadow": 2,  # cat, python
    "kernel opened /etc/shadow as 0 named /": 3,  # and the symbolic link
    "kernel opened /etc/gshadow as 0 named /proc/self/root/etc/gshadow": 1,
    "of /etc/shadow by python": 1,  # read by the one it was passed to
    "put 1 into file by python": 1,
    "kernel connect /": 1,
    "kernel accept4 /": 1,
    "kernel connected ": 1,
}


def shown(command, work):
    """{(time, thread): [field, ...]} as either program prints them."""
    layout = "*" + MARK.join("%" + f for f in ("evt.rawtime", "thread.tid", *FIELDS))
    events = {}
    for line in run([*command, "-p", layout], work).splitlines():
        time, tid, *fields = line.split(MARK)
        events[time, tid] = fields
    return events


# Why sysdig 0.29 has another value, or none, of a field.
SYSDIG_LACKS = {
    "evt.rawres": {"getuid", "geteuid", "getgid", "getegid"},
}


def sysdig_agrees(build, work):
    for option in ("--old-readers", "--extension"):
        yield from sysdig_agrees_on(build, work, option)


def sysdig_agrees_on(build, work, option):
    trace = work / "old.scap"
    run([build + "/besra", "record", "--old-readers", option, "-w", trace, *scenario(work)], work)
    theirs = shown(["sysdig", "-r", trace], work)
    ours = shown([build + "/besra", "events", "-e", trace], work)
    if len(theirs) < 1000:
        yield f"sysdig shows only {len(theirs)} events of {len(ours)}"
    for place, fields in theirs.items():
        if place not in ours:
            yield f"only sysdig: {place} {fields}"
            continue
        for name, a, b in zip(FIELDS, fields, ours[place]):
            if a != b and fields[0] not in SYSDIG_LACKS.get(name, ()):
                yield f"{name} of {fields[0]}: sysdig {a!r}, besra {b!r}"


CHECKS = (("alerts of a live run and of a replay", alerts_agree, "bash"),
          ("fields that sysdig shows of a recording", sysdig_agrees, "sysdig"))


def checks():
    """(name, function, why it cannot be made here or None)."""
    for name, function, tool in CHECKS:
        yield name, function, None if shutil.which(tool) else f"{tool} is not installed"
