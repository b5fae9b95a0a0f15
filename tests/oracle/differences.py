# SPDX-License-Identifier: Apache-2.0
"""Every difference from Falco's recorded values that is meant, each with its reason.

DIFFERENCES is the one table: a field (or a prefix ending in '*'), a predicate over Falco's
value, ours and Falco's whole event, and why besra says something else.
"""

import re

# Users and groups of the machine on which Falco read the captures.
READERS_OWN = {"postgres", "/var/lib/postgresql", "/bin/bash", "docker", "messagebus", "ssl-cert"}

# A descriptor of -1 among the arguments, read as an error.
NO_DESCRIPTOR = re.compile(r"\b(?!res=)(\w+)=-1\(EPERM\)")


def without_false_errors(theirs, ours, _):
    return NO_DESCRIPTOR.sub(r"\1=-1", theirs) == ours


DIFFERENCES = [
    ("evt.args", without_false_errors, "an argument of -1 is no descriptor, not the error EPERM"),
    ("evt.info", without_false_errors, "an argument of -1 is no descriptor, not the error EPERM"),
    ("evt.buffer", lambda theirs, ours, event: ours == "NULL" and theirs[:1] in ("", "N"),
     "empty data is shown as NULL, without bytes of an earlier buffer"),
    ("evt.buffer", lambda theirs, ours, event: len(theirs) == 1021 and ours.startswith(theirs),
     "long data is shown whole, as evt.arg.data is, instead of 1021 bytes"),
    ("fs.path.*", lambda theirs, ours, event: "<UNKNOWN>" in theirs,
     "a path beside AT_FDCWD or a known directory descriptor is resolved"),
    ("fs.path.source", lambda theirs, ours, event: event["evt.type"] == "mount",
     "the source of a mount may be a word such as tmpfs, which is no path"),
    ("fd.types", lambda theirs, ours, event: theirs and ours and sorted(theirs) == sorted(ours),
     "the set is the same; its order in Falco is that of a hash table"),
    ("fd.dev*", lambda theirs, ours, event: theirs in (0, "0") and ours not in (None, 0, "0"),
     "the device an openat event tells is kept also where it tells no inode"),
    ("proc.ppid.duration",
     lambda theirs, ours, event: ours is None and theirs == event.get("proc.fdopencount"),
     "unknown where the parent's start is, instead of the number of open descriptors"),
    ("proc.exe_ino.ctime_duration_pidns_start",
     lambda theirs, ours, event: theirs == 2**64 - 26696,
     "worked out from the list or absent, instead of a number never set"),
    ("proc.cwd", lambda theirs, ours, event: theirs == "" and (ours or "").startswith("/"),
     "the directory an execve event tells is used where none was known before"),
    ("proc.vpgid*", lambda theirs, ours, event: ours is not None,
     "setpgid takes effect at once, not with the next execve"),
    ("proc.is_vpgid_leader", lambda theirs, ours, event: ours is not None,
     "setpgid takes effect at once, not with the next execve"),
    ("proc.env[*", lambda theirs, ours, event: theirs == "" and ours,
     "the environment passes to the child also when another thread than the leader forks"),
    ("thread.cpu*", lambda theirs, ours, event: theirs == 0.0 and ours is not None,
     "growth since the last such event; in Falco always 0"),
    ("user.*", lambda theirs, ours, event: ours == "<NA>" and theirs in READERS_OWN,
     "names come from the capture alone, never from the machine that reads it"),
    ("user.*", lambda theirs, ours, event: theirs == "<NA>" and ours in ("root", "/root"),
     "root has a name also where the capture tells a user 0 without one"),
    ("group.name", lambda theirs, ours, event: theirs == "<NA>" and ours == "root",
     "root has a name also where the capture tells a user 0 without one"),
    ("group.name", lambda theirs, ours, event: ours == "<NA>" and theirs in READERS_OWN,
     "names come from the capture alone, never from the machine that reads it"),
]

# Where Falco prints what was never a value: a count in place of a time, memory never set.
UNDEFINED = {"proc.ppid.duration", "proc.exe_ino.ctime_duration_pidns_start"}


def reason(field, theirs, ours, event):
    """The reason for a known difference, or None."""
    for name, applies, why in DIFFERENCES:
        if (field == name or name.endswith("*") and field.startswith(name[:-1])) and \
                applies(theirs, ours, event):
            return f"{name}: {why}"
    return None
