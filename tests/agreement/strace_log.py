# SPDX-License-Identifier: Apache-2.0
"""Reads what `strace -ff -n -xx -o PREFIX` wrote: one file for each thread, one line for each call.

    [ 257] openat(AT_FDCWD, "\\x2f\\x61", O_RDONLY) = 3
    [  39] getpid() = 17
    [   0] read(3,  <unfinished ...>) = ?          the thread ended inside
    [  61] --- SIGCHLD {si_signo=SIGCHLD, ...} ---
    [ 231] +++ exited with 0 +++
"""
import collections
import errno
import pathlib
import re
import signal

CALL = re.compile(r"\[\s*(\d+)\] (\w+)\((.*)$")
RESULT = re.compile(r"^(?P<arguments>.*)\)\s+= (?P<result>.*)$", re.S)
NUMBER = re.compile(r"0x[0-9a-f]+|-?\d+")
SIGNAL = re.compile(r"\[\s*\d+\] --- (SIG\w+)")
ENDED = re.compile(r"\[\s*\d+\] \+\+\+ (?:exited with (\d+)|killed by (SIG\w+))")
# In the kernel, an interrupted call that is to be made again; recorded as interrupted.
RESTART = re.compile(r"\? ERESTART")
EXITS = {60, 231}  # exit, exit_group: they do not come back

Call = collections.namedtuple("Call", "number name result arguments")
Signal = collections.namedtuple("Signal", "number")
Exit = collections.namedtuple("Exit", "status signal")


def number_of_signal(name):
    if name.startswith("SIGRT_"):
        return 32 + int(name[6:])
    return int(signal.Signals[name])


def result_of(text):
    """The result as the kernel returned it; None: it did not return."""
    if RESTART.match(text):
        return -errno.EINTR
    if text.startswith("?"):
        return None
    number = NUMBER.match(text)
    octal = len(number[0]) > 1 and number[0].isdigit() and number[0][0] == "0"  # umask
    value = int(number[0], 8 if octal else 0)
    if value == -1:
        name = text[number.end():].split()
        if name and name[0] in dir(errno):
            return -getattr(errno, name[0])
    return value


def split(arguments):
    """The arguments on the outermost level. In hexadecimal, strings contain neither , nor )."""
    depth, begin, out = 0, 0, []
    for i, c in enumerate(arguments):
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            out.append(arguments[begin:i].strip())
            begin = i + 1
    out.append(arguments[begin:].strip())
    return out


def text_of(argument):
    """The bytes of a string argument, or None when it is something else (NULL, an address)."""
    found = re.fullmatch(r'"((?:\\x[0-9a-f]{2})*)"', argument)
    return bytes.fromhex(found[1].replace("\\x", "")) if found else None


def parse(line):
    call = CALL.match(line)
    if call:
        rest = RESULT.match(call[3])
        if not rest:  # the log ends within the call
            return Call(int(call[1]), call[2], None, [])
        return Call(int(call[1]), call[2], result_of(rest["result"]), split(rest["arguments"]))
    sig = SIGNAL.match(line)
    if sig:
        return Signal(number_of_signal(sig[1]))
    end = ENDED.match(line)
    if end:
        return Exit(int(end[1]) if end[1] else None, number_of_signal(end[2]) if end[2] else 0)
    return None


def read(prefix):
    """{tid: [Call, Signal or Exit, ...]}; calls that end the thread are left out."""
    threads = {}
    for path in pathlib.Path(prefix).parent.glob(pathlib.Path(prefix).name + ".*"):
        entries = (parse(line) for line in path.read_text().splitlines())
        threads[int(path.suffix[1:])] = [
            e for e in entries if e and not (isinstance(e, Call) and e.number in EXITS)]
    return threads
