# SPDX-License-Identifier: Apache-2.0
"""Every difference from what Falco recorded or printed that is meant, each with its reason."""

DIFFERENCES = []


def reason(what, theirs, ours, record):
    """The reason for a known difference, or None."""
    for name, applies, why in DIFFERENCES:
        if (what == name or name.endswith("*") and what.startswith(name[:-1])) and \
                applies(theirs, ours, record):
            return f"{name}: {why}"
    return None
