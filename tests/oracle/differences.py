# SPDX-License-Identifier: Apache-2.0
"""Every difference from Falco's recorded values that is meant, each with its reason.

DIFFERENCES is the one table: a field (or a prefix ending in '*'), a predicate over Falco's
value, ours and Falco's whole event, and why besra says something else.
"""

DIFFERENCES = [
    ("evt.buffer", lambda theirs, ours, event: ours == "NULL" and theirs[:1] in ("", "N"),
     "empty data is shown as NULL, without bytes of an earlier buffer"),
    ("evt.buffer", lambda theirs, ours, event: len(theirs) == 1021 and ours.startswith(theirs),
     "long data is shown whole, as evt.arg.data is, instead of 1021 bytes"),
    ("fs.path.*", lambda theirs, ours, event: "<UNKNOWN>" in theirs,
     "a path beside AT_FDCWD or a known directory descriptor is resolved"),
    ("fs.path.source", lambda theirs, ours, event: event["evt.type"] == "mount",
     "the source of a mount may be a word such as tmpfs, which is no path"),
]


def reason(field, theirs, ours, event):
    """The reason for a known difference, or None."""
    for name, applies, why in DIFFERENCES:
        if (field == name or name.endswith("*") and field.startswith(name[:-1])) and \
                applies(theirs, ours, event):
            return f"{name}: {why}"
    return None
