# SPDX-License-Identifier: Apache-2.0
"""Every difference from what Falco recorded or printed that is meant, each with its reason.

A row: what differs ("parameter TYPE.NAME", "field NAME", "missing TYPE", "extra TYPE"; a list of
them, each may end in '*'), the cases where it does (None: any), a predicate over Falco's value,
ours and the expected record, and why besra says something else.
"""
import os
import runpy

O_TMPFILE = 0x2000
LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
ENDS = ["field fd.lip", "field fd.rip", "field fd.lport", "field fd.rport", "field fd.cip",
        "field fd.sip", "field fd.cport", "field fd.sport", "field fd.is_server"]
OPENED = ["field fd.name", "field fd.nameraw", "field fd.type", "field fd.typechar",
          "field fd.directory", "field fd.filename", "field fd.ino", "field fd.dev",
          "field fd.l4proto", "field fs.path.name", "field evt.category", "field evt.buflen"]


def always(theirs, ours, record):
    return True


def same_but_marked(theirs, ours, record):
    """A text, or the last of several, whose last bytes are dots in ours."""
    if isinstance(theirs, list):
        if theirs[:-1] != ours[:-1]:
            return False
        theirs, ours = theirs[-1], ours[-1]
    return len(theirs) == len(ours) and ours == theirs[:-3] + "..."


def is_loopback(record):
    return record["fields"].get("fd.sip") in LOOPBACK


DIFFERENCES = [
    # What the probe records.
    (["parameter open.flags"], None,
     lambda theirs, ours, record: theirs - ours == O_TMPFILE,
     "O_DIRECTORY alone is not O_TMPFILE, which only shares a bit with it"),
    (["field evt.is_open_create"], None,
     lambda theirs, ours, record: record["raw"].get("flags", 0) & O_TMPFILE and not ours,
     "O_DIRECTORY alone is not O_TMPFILE: opening a directory makes no file"),
    (["parameter connect.tuple", "parameter sendto.tuple"],
     {"connect_refused", "unix_failures", "send_failures"},
     lambda theirs, ours, record: theirs == "" and ours,
     "the destination of a call that failed"),
    (["parameter execve.args", "parameter execve.env", "parameter clone*.args", "parameter fork.args",
      "parameter vfork.args", "field proc.args", "field proc.cmdline",
      "field proc.exeline"],
     {"exec_long_args", "exec_long_env"}, same_but_marked,
     "what was cut ends in dots"),
    (["parameter fchownat.flags"], {"chown_forms"},
     lambda theirs, ours, record: theirs == 0 and ours == 0x400,
     "AT_SYMLINK_NOFOLLOW is told"),
    (["parameter io_uring_setup.features"], None,
     lambda theirs, ours, record: ours - theirs == 0x100,
     "IORING_FEAT_EXT_ARG is told: the format has a name for it"),
    (["parameter connect.addr"], {"connect_failures"},
     lambda theirs, ours, record: ours is None,
     "an address shorter than its family's is not read beyond its end"),
    (["parameter setsockopt.val"], {"sockopt_set"},
     lambda theirs, ours, record: ours == "006c6f00",
     "SO_BINDTODEVICE takes a name, no number; nothing is read beyond its end"),
    (["parameter poll.timeout"], {"poll_forms"},
     lambda theirs, ours, record: theirs == 2**32 - 1 and ours == -1,
     "a timeout of -1 is negative: for ever"),
    (["parameter signaldeliver.spid"], None,
     lambda theirs, ours, record: theirs == 0 and ours > 0,
     "who sent the signal, where the kernel says it"),
    (["parameter mkdir.res", "field evt.rawres", "field evt.failed"], {"seccomp_kill"}, always,
     "a call that a filter refused by killing has failed"),

    (["extra openat", "field proc.fdopencount", *OPENED], {"io_uring_openat_unseen"}, always,
     "what is opened through an io_uring is seen, and its descriptor known"),

    # What the state says.
    (OPENED, {"openat_dirfd", "openat_file_as_dirfd", "openat2_beneath_exdev"}, always,
     "openat with a directory descriptor is about the file, not about the directory"),
    (["field fd.name", "field fd.directory", "field fs.path.name"], {"openat_bad_dirfd"},
     lambda theirs, ours, record: "<UNKNOWN>" in ours,
     "an unknown directory and the name in it are parted by a slash"),
    (["field fs.path.name", "field fs.path.nameraw"], {"open_null"},
     lambda theirs, ours, record: ours is None,
     "a name that could not be read is absent, not the word <NA>"),
    (["field fs.path.*"], None,
     lambda theirs, ours, record: "<UNKNOWN>" in theirs and ours.startswith("/"),
     "a path beside AT_FDCWD or a known directory descriptor is resolved"),
    (["field fs.path.source", "field fs.path.target"], {"renameat_forms", "link_forms"},
     lambda theirs, ours, record: "/sub/" in ours,
     "each of two names stands in the directory given for it"),
    (["field proc.vpgid", "field proc.pgid", "field proc.is_vpgid_leader"], {"sessions"}, always,
     "setpgid and setsid take effect at once, not with the next execve"),
    (["field proc.fdopencount", "field fd.num", *OPENED], {"clone_files"}, always,
     "descriptors are shared after CLONE_FILES: the parent has what the child opened"),
    (["field proc.fdopencount"], {"_start"}, always,
     "depends on what the launcher left open"),
    (["field fd.num", *OPENED], {"bpf_forms"},
     lambda theirs, ours, record: record["raw"].get("cmd") != 0,
     "only some commands of bpf give a descriptor"),
    (ENDS, None,
     lambda theirs, ours, record: is_loopback(record) and ours is not None,
     "the loopback interface's addresses are this machine's own"),
    ([*ENDS, "field fd.name", "field fd.l4proto", "field fd.name_changed"],
     {"udp4_unconnected", "udp6_unconnected", "recvfrom_peek_control"}, always,
     "a poorer tuple does not replace what is known of a socket"),
    (["field *"], None,
     lambda theirs, ours, record: "TOO_LONG" in str(theirs) and "TOO_LONG" not in str(ours),
     "a path is told whole, however long the kernel lets it be"),
    (OPENED, {"open_tmpfile", "openat_tmpfile", "link_forms"},
     lambda theirs, ours, record: theirs in ("directory", "d") or "#" in str(ours),
     "a file without a name is called by the kernel's path, and is no directory"),
    (["field proc.fdopencount", *OPENED], {"unix_scm_rights"}, always,
     "what came with a message has the kernel's name"),
    (["field fd.name"], {"unix_dgram"},
     lambda theirs, ours, record: "->" in theirs and ours.split("->")[1].endswith(" dsock"),
     "what is sent comes from the sender's socket, what is received goes to the receiver's"),
    (["field proc.nthreads", "field proc.nchilds"], {"thread_forks", "thread_opens_file",
                                                     "thread_sets_name", "thread_sets_uid"},
     lambda theirs, ours, record: abs(theirs - (ours or 0)) == 1,
     "the other thread may end before or after this event"),
    (["field proc.fdopencount"], {"thread_opens_file"},
     lambda theirs, ours, record: record["n"] == 2 and ours == theirs + 1,
     "the other thread may open its file before its maker's call is over"),
    (["parameter fork.ptid", "field proc.ppid"], {"orphan_to_subreaper"}, always,
     "the first parent may still live when the child's fork returns"),
]


def more():
    """Rows that hold on another kernel only: of the file that BESRA_DIFFERENCES names."""
    path = os.environ.get("BESRA_DIFFERENCES")
    return runpy.run_path(path)["DIFFERENCES"] if path else []


DIFFERENCES += more()


def reason(what, theirs, ours, record):
    """The reason for a known difference, or None."""
    for names, cases, applies, why in DIFFERENCES:
        if (cases is None or record["case"] in cases) and \
                any(what == name or name.endswith("*") and what.startswith(name[:-1])
                    for name in names) and applies(theirs, ours, record):
            return why
    return None
