# SPDX-License-Identifier: Apache-2.0
"""The attacks: what each does, what besra reports of it, and what it does not.

Every event an attack tells of must be reported with the values it told. Beyond that:

rules   shipped rules that must fire between its beginning and its end
lies    (field of besra's, field of the oracle): where the two differ, the argument's text says
        something else than what happened. The attack must have come so far at least once, or never
        where the text is the kernel's own copy.
varies  a field that must take both values: the race was won sometimes, lost sometimes
racy    no object of the kernel's is left: the values agree only where `besra --check-kernel`
        says that arguments are taken from the kernel's own copies
alone   (shipped rule, path): the shipped rules are loaded without those of watch.yaml, so that the
        kernel side may keep back what they cannot match; the rule must fire once for each time
        that path was opened, whatever the text said
"""
import dataclasses


@dataclasses.dataclass
class Case:
    name: str
    attack: str
    seen: str
    not_seen: str = ""
    rules: tuple = ()
    lies: tuple = ()
    varies: str = ""
    racy: bool = False
    alone: tuple = ()
    rounds: int = 200


CREDENTIALS = ("Credential file read",)
SCRATCH = ("Program run from a scratch directory",)
MEMORY = ("Program run from memory",)

CASES = [
    # ---- Somebody rewrites an argument while the kernel works with it --------------------------
    Case("open-rewritten", "a thread rewrites the path during openat",
         "evt.kernel_path, fd.ino: what was opened", "fd.name: the text as it was at the end",
         lies=(("fd.name", "evt.kernel_path"),)),
    Case("shadow-rewritten", "the same, of a file the shipped rules watch, and of no other",
         "every time it was opened: evt.kernel_path",
         alone=("Credential file read", "/etc/shadow")),
    Case("connect-rewritten", "a thread rewrites the port during connect",
         "evt.kernel_tuple, fd.name: where the socket went",
         "evt.arg.addr: the text as it was at the end",
         lies=(("evt.arg.addr", ".to"),)),
    Case("connect-unix-rewritten", "a thread rewrites the path during connect",
         "evt.kernel_path: whose socket it was", "evt.arg.addr: the text as it was at the end",
         lies=(("evt.arg.addr", ".name"),)),
    Case("exec-rewritten", "a thread rewrites the path during execve",
         "proc.exepath, proc.exe_ino, evt.arg.filename: what runs", varies="evt.kernel_path"),

    # ---- Ways around a name --------------------------------------------------------------------
    Case("symlink-detour", "a symbolic link to the file",
         "evt.kernel_path", "fd.name: the link", CREDENTIALS),
    Case("directory-symlink-detour", "a symbolic link to its directory",
         "evt.kernel_path", "fd.name: by way of the link", CREDENTIALS),
    Case("proc-root-detour", "/proc/self/root in front of the path",
         "evt.kernel_path", "fd.name: with /proc/self/root", CREDENTIALS),
    Case("dots-and-slashes", "`..`, doubled slashes", "fd.name, evt.kernel_path", "", CREDENTIALS),
    Case("long-path", "a path of 3 KB", "evt.kernel_path", "fd.name: it ends at 1 KB",
         CREDENTIALS),
    Case("descriptor-detour", "relative to a descriptor of its directory",
         "fd.name, evt.kernel_path", "", CREDENTIALS),
    Case("hard-link", "a hard link to the file",
         "the link being made; fd.ino", "evt.kernel_path: the file's new name",
         ("Account database changed",)),
    Case("bind-mount", "the file mounted over another one",
         "the mount, with both paths; fd.ino", "evt.kernel_path: the place it was mounted on"),
    Case("renamed-by-prctl", "calls itself sshd, by prctl",
         "proc.name, proc.exepath: the program that was executed", "", CREDENTIALS),
    Case("renamed-by-proc", "calls itself sshd, by /proc/self/comm",
         "proc.name, proc.exepath: the program that was executed", "", CREDENTIALS),

    # ---- Without the system call ---------------------------------------------------------------
    Case("uring-open", "openat handed in through an io_uring",
         "the event, marked by evt.is_io_uring; evt.kernel_path", "", CREDENTIALS),
    Case("uring-open-symlink", "the same through a symbolic link",
         "evt.kernel_path", "fd.name: the link", CREDENTIALS),
    Case("uring-connect", "connect handed in through an io_uring",
         "the event, marked by evt.is_io_uring; fd.name"),

    # ---- Programs ------------------------------------------------------------------------------
    Case("padded-arguments", "6,000 bytes in front of the argument that matters",
         "the first 4 KB; that they were cut: `...`, a counter", "what comes behind"),
    Case("memfd-execveat", "a program in a memfd, by execveat",
         "proc.is_exe_from_memfd, proc.exe_ino", "", MEMORY),
    Case("memfd-fexecve", "the same by fexecve", "proc.is_exe_from_memfd, proc.exe_ino", "",
         MEMORY),
    Case("memfd-by-proc", "the same by its path in /proc",
         "proc.is_exe_from_memfd, proc.exe_ino", "", MEMORY),
    Case("tmpfile-execveat", "a program in a file made by O_TMPFILE",
         "proc.exepath: its directory and number; proc.exe_ino", "", SCRATCH),
    Case("deleted-program", "a program that was removed before it runs",
         "proc.exepath: where it was; proc.exe_ino", "", SCRATCH),

    # ---- Arguments without an object in the kernel ---------------------------------------------
    *[Case(f"{call}-rewritten", f"a thread rewrites the {what} during {how}",
           "where the kernel permits fentry: its own copy of the text",
           "elsewhere: the text is what memory held at the end", racy=True)
      for call, what, how in (
          ("unlink", "path", "unlinkat"), ("rename", "path", "renameat"),
          ("mkdir", "path", "mkdirat"), ("chmod", "path", "chmod"), ("link", "path", "linkat"),
          ("failed-open", "path", "openat, which fails"),
          ("failed-exec", "path", "execve, which fails"),
          ("failed-connect", "path", "connect, which fails"),
          ("sendto", "port", "sendto"))],
    Case("pointer-used-again", "two names by one pointer, and another name by it in the next call",
         "the text that each call had; that it is nobody's copy", ""),
]


@dataclasses.dataclass
class Flood:
    name: str
    attack: str
    noise: str  # the case of the attack program
    seen: str
    not_seen: str


FLOODS = [
    Flood("flood-bulk", "another control group makes bulk events without pause", "flood-bulk",
          "the detection; what was lost, by control group", "some of the noise"),
    Flood("flood-open", "another control group opens and closes without pause", "flood-open",
          "the detection; what was lost, by control group", "some of the noise"),
    Flood("flood-fork", "another control group forks without pause", "flood-fork",
          "the detection; what was lost, by control group", "some of the noise"),
]
