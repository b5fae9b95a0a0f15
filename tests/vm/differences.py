# SPDX-License-Identifier: Apache-2.0
"""What the exerciser meets on the guest's kernel that it did not meet where it was recorded (6.18).

Rows as in tests/live/differences.py: none of them excuses what besra says of a call, only that
the call itself, or the machine, was another one.
"""

CAP_SYS_RESOURCE = 1 << 24
RESULT = ["field evt.rawres", "field evt.failed"]


def without_resource(text):
    return [word for word in text.split() if word != "CAP_SYS_RESOURCE"]


DIFFERENCES = [
    (["parameter init_module.res", "parameter finit_module.res", "parameter delete_module.res",
      *RESULT], {"modules_fail"},
     lambda theirs, ours, record: theirs == -38 and ours < 0,
     "this kernel has loadable modules, so the calls fail for other reasons"),
    (["parameter getsockopt.res", *RESULT], {"sockopt_get"},
     lambda theirs, ours, record: record["n"] == 7,
     "SO_PASSCRED of an inet socket can be read before 6.16"),
    (["parameter open_by_handle_at.fd", *RESULT], {"open_by_handle"},
     lambda theirs, ours, record: theirs == -14 and ours == -9,
     "which of two wrong arguments is complained of first"),
    (["parameter mmap.length"], {"io_uring_nop", "io_uring_openat_unseen"},
     lambda theirs, ours, record: theirs < ours,
     "the program maps as much as the kernel's io_uring_params ask for"),
    (["parameter capset.cap_effective"], {"capset_drop"},
     lambda theirs, ours, record: theirs | CAP_SYS_RESOURCE == ours,
     "the recording was made without CAP_SYS_RESOURCE"),
    (["field thread.cap_effective"], {"capset_drop"},
     lambda theirs, ours, record: without_resource(ours) == theirs.split(),
     "the recording was made without CAP_SYS_RESOURCE"),
    (["parameter getrlimit.cur", "parameter getrlimit.max"], {"rlimit_forms"},
     lambda theirs, ours, record: theirs == 20000 and ours > 0,
     "another limit of open files to begin with"),
    (["field fd.is_server"], None,
     lambda theirs, ours, record: ours and record["fields"].get("fd.type") == "ipv6",
     "the recording was made in a container, where no IPv6 address counts as local"),
]
