# SPDX-License-Identifier: Apache-2.0
"""Puts the two sequences of a thread side by side and says where they differ."""
import collections
import errno
import signal

import strace_log

# x86_64 number of a call: which of its arguments are paths, and which parameters hold them.
PATHS = {
    2: [(0, "name")], 257: [(1, "name")], 437: [(1, "name")], 85: [(0, "name")],
    59: [(0, "filename")], 4: [(0, "path")], 6: [(0, "path")], 262: [(1, "path")],
    21: [(0, "name")], 80: [(0, "path")], 161: [(0, "path")], 83: [(0, "path")],
    258: [(1, "path")], 84: [(0, "path")], 87: [(0, "path")], 263: [(1, "name")],
    82: [(0, "oldpath"), (1, "newpath")], 264: [(1, "oldpath"), (3, "newpath")],
    316: [(1, "oldpath"), (3, "newpath")], 86: [(0, "oldpath"), (1, "newpath")],
    265: [(1, "oldpath"), (3, "newpath")], 88: [(0, "target"), (1, "linkpath")],
    266: [(0, "target"), (2, "linkpath")], 90: [(0, "filename")], 268: [(1, "filename")],
    92: [(0, "path")], 94: [(0, "path")], 260: [(1, "pathname")], 133: [(0, "path")],
    259: [(1, "path")], 165: [(0, "dev"), (1, "dir"), (2, "type")], 166: [(0, "name")],
    79: [(0, "path")], 319: [(0, "name")],
}
EXECS = (59, 322)
RT_SIGRETURN = 15
# How far one side may be ahead of the other, and how many entries then have to be alike.
WINDOW = 64
ALIKE = 4


class Difference(collections.namedtuple("Difference", "tid at what theirs ours is_last_call",
                                        defaults=[False])):
    def __str__(self):
        return f"thread {self.tid}, entry {self.at}: {self.what}: strace {self.theirs}, " \
               f"besra {self.ours}"


def key(entry):
    """What two entries must have in common to be the same happening."""
    if isinstance(entry, (strace_log.Signal, strace_log.Exit)):
        return type(entry).__name__
    numbers = entry.number if isinstance(entry.number, list) else [entry.number]
    # A successful execveat is an execve event, and calls that share an event share the key.
    return min(EXECS) if set(numbers) & set(EXECS) else SHARED.get(numbers[0], min(numbers))


def shared_keys(numbers_of_events):
    return {n: min(numbers) for numbers in numbers_of_events.values() for n in numbers
            if len(numbers) < 8}


SHARED = {}


def from_exec(entries, nth):
    """From the nth successful execve on: before it, strace was still attaching."""
    for i, e in enumerate(entries):
        if not isinstance(e, (strace_log.Signal, strace_log.Exit)) and key(e) == EXECS[0] and \
                e.result == 0:
            nth -= 1
            if nth == 0:
                return entries[i:]
    return []


def same_result(theirs, ours):
    return theirs is None or ours is None or (theirs - ours) % 2**64 == 0


def path_differences(call, event):
    for index, name in PATHS.get(call.number, ()):
        if index >= len(call.arguments) or name not in event.raw:
            continue
        wanted = strace_log.text_of(call.arguments[index])
        got = event.raw[name]
        if wanted is not None and wanted != (got or "").encode("latin1"):
            yield name, wanted, got


def is_unfinished(call):
    """The thread ended inside: the kernel may or may not have come to the call's end."""
    return isinstance(call, strace_log.Call) and call.result is None


def is_return_from_handler(entry):
    return isinstance(entry, strace_log.Call) and entry.number == RT_SIGRETURN


def pair_differences(tid, at, theirs, ours):
    if isinstance(theirs, (strace_log.Signal, strace_log.Exit)):
        if theirs != ours:
            yield Difference(tid, at, type(theirs).__name__, theirs, ours)
        return
    if not same_result(theirs.result, ours.result):
        yield Difference(tid, at, f"result of {theirs.name}", theirs.result, ours.result)
    for name, wanted, got in path_differences(theirs, ours):
        yield Difference(tid, at, f"{name} of {theirs.name}", wanted, got)


def meeting_point(theirs, ours, i, j):
    """The nearest place behind (i, j) from where both go on alike; their ends if there is none."""
    for skipped in range(1, 2 * WINDOW):
        for a in range(min(skipped, WINDOW) + 1):
            b = skipped - a
            if b <= WINDOW and i + a < len(theirs) and j + b < len(ours) and \
                    theirs[i + a:i + a + ALIKE] == ours[j + b:j + b + ALIKE]:
                return i + a, j + b
    return len(theirs), len(ours)


def is_last_call(entries, at):
    return all(isinstance(e, (strace_log.Signal, strace_log.Exit)) for e in entries[at + 1:])


def thread_differences(tid, theirs, ours):
    """Yields differences; what only one side has is a difference of the other side's None."""
    for at, e in enumerate(theirs):
        if is_return_from_handler(e):
            yield Difference(tid, at, "only strace", e, None)
    theirs = [e for e in theirs if not is_return_from_handler(e)]
    left, right = [key(e) for e in theirs], [key(e) for e in ours]
    i = j = 0
    while i < len(theirs) or j < len(ours):
        if i < len(theirs) and j < len(ours) and left[i] == right[j]:
            yield from pair_differences(tid, i, theirs[i], ours[j])
            i, j = i + 1, j + 1
            continue
        to_i, to_j = meeting_point(left, right, i, j)
        for at in range(i, to_i):
            yield Difference(tid, at, "only strace", theirs[at], None)
        for at in range(j, to_j):
            yield Difference(tid, at, "only besra", None, ours[at], is_last_call(ours, at))
        i, j = to_i, to_j


def reason(difference):
    """Why it is no disagreement, or None."""
    d = difference
    if d.what == "only strace" and is_unfinished(d.theirs):
        return "the thread was killed inside the call, which never came to its end"
    if d.what == "only besra" and getattr(d.ours, "result", None) == -errno.EINTR:
        return "the thread was killed inside the call: its end came, but not to the tracer"
    # Events of calls without one of their own tell no result.
    if d.what == "only besra" and d.is_last_call and \
            getattr(d.ours, "result", 0) in (-errno.ENOSYS, None):
        return "the thread was killed where its tracer had stopped it before the call, which " \
               "was not made: the kernel says ENOSYS"
    if d.what == "only besra" and d.ours == strace_log.Signal(signal.SIGKILL):
        return "a tracer is not asked about SIGKILL, with which the kernel ends a group's threads"
    if d.what == "only strace" and is_return_from_handler(d.theirs):
        return "rt_sigreturn puts back the registers of the interrupted code, the number of the " \
               "call among them: at its end the kernel does not know what it was"
    return None
