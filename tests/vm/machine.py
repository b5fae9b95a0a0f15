# SPDX-License-Identifier: Apache-2.0
"""A machine of software that runs Debian's kernel: finding the kernel, its first root file system,
and booting it in qemu."""
import gzip
import lzma
import os
import pathlib
import re
import shutil
import stat
import subprocess
import threading

# One processor at a time: qemu 7.2 may hang where one changes code that another executes, as the
# kernel does when programs are attached or the first control group with a memory limit is made.
ACCEL = "tcg,thread=single"
# What the guests' root file systems, containers and networks need.
MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "veth"]
END = re.compile(rb"^=== guest: ended with (\d+) ===$")
DIRECTORY, PROGRAM, FILE, LINK = (stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644,
                                  stat.S_IFLNK | 0o777)


class Skip(Exception):
    """Why the suites cannot run here."""


# ---- The kernel -------------------------------------------------------------------------------

def kernel_package(name):
    """The package that holds the kernel: the name itself, or what a meta package depends on."""
    if not shutil.which("apt-cache"):
        raise Skip("no apt-cache: the kernel is a Debian package")
    out = subprocess.run(["apt-cache", "depends", "--important", name], capture_output=True,
                         text=True, check=False).stdout
    found = re.search(r"^\s*Depends: (linux-image-\d\S*)", out, re.M)
    if not out:
        raise Skip(f"apt-cache knows no package {name} (apt-get update?)")
    return found.group(1) if found else name


def module_file(tree, name):
    for spelling in (name, name.replace("_", "-")):
        for path in tree.glob(f"lib/modules/*/kernel/**/{spelling}.ko*"):
            data = path.read_bytes()
            return lzma.decompress(data) if path.suffix == ".xz" else data
    raise Skip(f"the kernel package has no module {name}")


def modules_in_order(tree):
    """The wanted modules, each after what it depends on: {name: bytes}."""
    builtin = next(tree.glob("lib/modules/*/modules.builtin")).read_text().replace("-", "_")
    found = {}

    def add(name):
        if name in found or f"/{name}.ko" in builtin:
            return
        data = module_file(tree, name)
        needed = re.search(rb"\0depends=([^\0]*)\0", data)
        for other in needed.group(1).decode().split(",") if needed else []:
            if other:
                add(other.replace("-", "_"))
        found[name] = data

    for name in MODULES:
        add(name)
    return found


def kernel(name, directory):
    """A directory with the package's kernel and modules; made once, nothing is installed."""
    if not shutil.which("qemu-system-x86_64"):
        raise Skip("no qemu-system-x86_64 (package qemu-system-x86)")
    directory.mkdir(parents=True, exist_ok=True)
    ready = directory / name
    if ready.is_dir() and (ready / "wanted").exists() and \
            (ready / "wanted").read_text().split() == MODULES:
        return ready
    shutil.rmtree(ready, ignore_errors=True)
    part = directory / "unpacking"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    got = subprocess.run(["apt-get", "download", "-q", name], cwd=part, capture_output=True,
                         text=True, check=False)
    if got.returncode:
        why = (got.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Skip(f"apt-get download {name}: {why}")
    tree = part / "tree"
    subprocess.run(["dpkg-deb", "-x", str(next(part.glob("*.deb"))), str(tree)], check=True)
    kept = part / "kept"
    kept.mkdir()
    next(tree.glob("boot/vmlinuz-*")).rename(kept / "vmlinuz")
    for number, (module, data) in enumerate(modules_in_order(tree).items()):
        (kept / f"{number:02}-{module}.ko").write_bytes(data)
    (kept / "wanted").write_text(" ".join(MODULES))
    kept.rename(ready)
    shutil.rmtree(part)
    return ready


# ---- The first root file system ---------------------------------------------------------------

def cpio(files):
    """The kernel's archive format: (name, mode, bytes[, owner]) one after the other."""
    out = bytearray()
    for inode, (name, mode, data, *owner) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        uid = owner[0] if owner else 0
        fields = (inode, mode, uid, uid, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        out += bytes(-len(out) % 4)
        out += data + bytes(-len(data) % 4)
    return bytes(out)


def static_busybox():
    busybox = pathlib.Path("/bin/busybox")
    if not busybox.exists() or b"/lib64/ld-linux" in busybox.read_bytes()[:4096]:
        raise Skip("no static /bin/busybox (package busybox-static)")
    return busybox.read_bytes()


def first_root(kernel_files, init, files=()):
    """The archive with busybox, the modules, `init`, and more as for cpio."""
    out = [(name, DIRECTORY, b"") for name in ("bin", "dev", "proc", "root", "modules")]
    out += [("bin/busybox", PROGRAM, static_busybox()), ("init", PROGRAM, init.encode())]
    out += [(f"modules/{path.name}", FILE, path.read_bytes())
            for path in sorted(kernel_files.glob("*.ko"))]
    return gzip.compress(cpio([*out, *files]), 1)


# ---- The machine ------------------------------------------------------------------------------

def boot(kernel_files, initrd, directory, shared, seconds, more=(), show=print):
    """
    Runs the guest to its end, showing what it prints on its second serial line; the exit code it
    tells. `shared`: (tag, path, read-only) for 9p. `more`: arguments for qemu.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "initrd").write_bytes(initrd)
    console = directory / "console.log"
    trees = [["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,"
              f"readonly={'on' if read_only else 'off'},multidevs=remap"]
             for tag, path, read_only in shared]
    vm = subprocess.Popen(
        ["qemu-system-x86_64", "-machine", "q35", "-accel", ACCEL, "-cpu", "max", "-smp", "2",
         "-m", "2048", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
         "-serial", f"file:{console}", "-serial", "stdio", "-net", "none",
         *sum(trees, []), "-kernel", str(kernel_files / "vmlinuz"),
         "-initrd", str(directory / "initrd"), "-append",
         f"console=ttyS0 panic=-1 loglevel=5 {os.environ.get('BESRA_VM_BOOT', '')}", *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    late = threading.Timer(seconds, vm.kill)
    late.start()
    code = None
    for line in vm.stdout:
        line = line.replace(b"\r", b"").rstrip(b"\n")
        ended = END.match(line)
        if ended:
            code = int(ended.group(1))
        else:
            show(line.decode(errors="replace"))
    vm.wait()
    in_time = late.is_alive()
    late.cancel()
    if code is None:
        how = f"qemu ended with {vm.returncode}" if in_time else f"not within {seconds} s"
        show(f"the guest did not come to its end: {how}")
        tail = console.read_text(errors="replace").splitlines()[-30:] if console.exists() else []
        for text in tail:
            show("  console | " + text)
        return 1
    return code
