# SPDX-License-Identifier: Apache-2.0
"""Every difference from Falco's recorded values that is meant, each with its reason.

DIFFERENCES is the one table: a field (or a prefix ending in '*'), a predicate over Falco's
value, ours and Falco's whole event, and why besra says something else.
"""

DIFFERENCES = [
]


def reason(field, theirs, ours, event):
    """The reason for a known difference, or None."""
    for name, applies, why in DIFFERENCES:
        if (field == name or name.endswith("*") and field.startswith(name[:-1])) and \
                applies(theirs, ours, event):
            return f"{name}: {why}"
    return None
