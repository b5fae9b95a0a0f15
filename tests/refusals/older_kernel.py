#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on what it takes for an older kernel.

usage: older_kernel.py VERSION COMMAND...

Each bpf(2) of the command and its children is looked at before it begins (seccomp's user
notification). What VERSION did not know is refused as it refused it; before 5.11 that is also what
exceeds the limit of locked memory. All else goes on to the kernel that really runs.
"""
import array
import ctypes
import errno
import fcntl
import os
import pathlib
import re
import resource
import select
import socket
import struct
import sys

PAGE = resource.getpagesize()
# version: (map types, helpers) known, both numbered in the order in which they came
KNOWN = {"5.7": (27, 125), "5.10": (29, 156)}
PERCPU = {5, 6, 10, 21}  # map types with a value for each CPU
RINGBUF = 27

SYS_BPF, SYS_SECCOMP, MAP_CREATE, PROG_LOAD = 321, 317, 0, 5
SET_MODE_FILTER, NEW_LISTENER = 1, 8
RETURN_NOTIFY, RETURN_ALLOW = 0x7fc00000, 0x7fff0000
NOTIFY_RECEIVE, NOTIFY_SEND, GO_ON = 0xc0502100, 0xc0182101, 1
NOTIFICATION = struct.Struct("QII iIQ 6Q")  # id, pid, flags; number, machine, ip, arguments
ANSWER = struct.Struct("QqiI")              # id, result, error, flags
CALL_HELPER = 0x85


# ---- What the older kernel would have said ----------------------------------------------------

def charged(pid):
    """Bytes of the maps and programs this process has, each once."""
    sizes = {}
    for path in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            text = path.read_text()
        except FileNotFoundError:
            continue  # another thread closed it
        which = re.search(r"^(map|prog)_id:\t(\d+)$", text, re.M)
        size = re.search(r"^memlock:\t(\d+)$", text, re.M)
        if which and size:
            sizes[which.groups()] = int(size.group(1))
    return sum(sizes.values())


def size_of_map(kind, key, value, entries):
    if kind == RINGBUF:
        return entries + 3 * PAGE
    return entries * (key + value * (os.cpu_count() if kind in PERCPU else 1))


def limit_of_locked_memory(pid):
    text = pathlib.Path(f"/proc/{pid}/limits").read_text()
    soft = re.search(r"^Max locked memory +(\w+)", text, re.M).group(1)
    return float("inf") if soft == "unlimited" else int(soft)


def create_map(version, pid, attributes):
    types, _ = KNOWN[version]
    kind, key, value, entries = struct.unpack_from("4I", attributes)
    if kind >= types:
        return errno.EINVAL
    if charged(pid) + size_of_map(kind, key, value, entries) > limit_of_locked_memory(pid):
        return errno.EPERM
    return 0


def load_program(version, pid, attributes):
    _, helpers = KNOWN[version]
    count, at = struct.unpack_from("4xIQ", attributes)
    for code, registers, _, number in struct.iter_unpack("BBhi", memory(pid, at, 8 * count)):
        if code == CALL_HELPER and registers < 0x10 and number >= helpers:
            return errno.EINVAL
    return 0


def memory(pid, at, size):
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as f:
        f.seek(at)
        return f.read(size)


def answer(version, pid, command, at, size):
    """The error the older kernel gives; 0: ask the real one."""
    judge = {MAP_CREATE: create_map, PROG_LOAD: load_program}.get(command)
    return judge(version, pid, memory(pid, at, size).ljust(16, b"\0")) if judge else 0


# ---- In between -------------------------------------------------------------------------------

def intercept():
    """From now on, whoever has the descriptor is asked about each bpf(2) of this process."""
    program = b"".join(struct.pack("HBBI", *line) for line in [
        (0x20, 0, 0, 0),               # load the number of the call
        (0x15, 0, 1, SYS_BPF),         # is it bpf?
        (0x06, 0, 0, RETURN_NOTIFY),
        (0x06, 0, 0, RETURN_ALLOW)])
    code = ctypes.create_string_buffer(program)
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    listener = libc.syscall(SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER, filters)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def child(ours, command):
    listener = intercept()
    socket.send_fds(ours, [b"x"], [listener])
    os.close(listener)
    os.execvp(command[0], command)


def asked(listener):
    request = array.array("B", bytes(NOTIFICATION.size))
    fcntl.ioctl(listener, NOTIFY_RECEIVE, request)
    number, pid, _, _, _, _, command, at, size, *_ = NOTIFICATION.unpack(request)
    return number, pid, command, at, size


def answer_next(version, listener):
    """Whoever asked waits until it is answered, unless a signal comes."""
    try:
        number, *call = asked(listener)
        error = answer(version, *call)
        fcntl.ioctl(listener, NOTIFY_SEND,
                    ANSWER.pack(number, 0, -error, 0 if error else GO_ON))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it was killed meanwhile, or interrupted and asks again


def main():
    version, *command = sys.argv[1:]
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        child(theirs, command)
    theirs.close()
    _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    waiting.register(os.pidfd_open(pid), select.POLLIN)
    # Until the command has ended: whom it started, it has waited for.
    while (listener, select.POLLIN) in waiting.poll():
        answer_next(version, listener)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
