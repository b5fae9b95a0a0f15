# SPDX-License-Identifier: Apache-2.0
"""Containers to look into: started by runc, and by containerd with its own command line.

Each runs a shell that opens /etc/beat again and again. Everything they need lies below one
directory and is taken away with it; a daemon is ended by whoever started it.
"""
import contextlib
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time

SLOWER = int(os.environ.get("BESRA_SLOWER", "1"))
PATIENCE_S = 30 * SLOWER
BUSYBOX = pathlib.Path("/bin/busybox")
LOOP = ["/bin/sh", "-c", "while :; do cat /etc/beat; sleep 0.1; done"]
APPLETS = ("sh", "cat", "sleep")


class Skip(Exception):
    """Why such a container cannot be had here."""


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    if not BUSYBOX.exists() or b"/lib64/ld-linux" in BUSYBOX.read_bytes()[:4096]:
        raise Skip("no static /bin/busybox (package busybox-static)")


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} after {PATIENCE_S} s")
        time.sleep(0.05)


# ---- runc -------------------------------------------------------------------------------------

def runc_config():
    return {"ociVersion": "1.0.2", "hostname": "scope",
            "process": {"args": LOOP, "cwd": "/", "user": {"uid": 0, "gid": 0},
                        "env": ["PATH=/bin"],
                        "capabilities": {"bounding": [], "effective": [], "permitted": []}},
            "root": {"path": "rootfs", "readonly": False},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]}}


@contextlib.contextmanager
def runc(directory, container):
    need("runc")
    root = directory / container / "rootfs"
    for name in ("bin", "etc", "proc"):
        (root / name).mkdir(parents=True)
    (root / "etc/beat").write_text("beat\n")
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for name in APPLETS:
        (root / "bin" / name).symlink_to("busybox")
    (root.parent / "config.json").write_text(json.dumps(runc_config()))
    call = ["runc", "--root", str(directory / "runc")]
    process = subprocess.Popen([*call, "run", "--bundle", str(root.parent), container],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        wait_for("container", lambda: process.poll() is not None or '"running"' in subprocess.run(
            [*call, "state", container], capture_output=True, text=True, check=False).stdout)
        if process.poll() is not None:
            raise Skip(f"runc ended with {process.returncode}")
        yield
    finally:
        subprocess.run([*call, "delete", "-f", container], capture_output=True, check=False)
        process.wait()


# ---- containerd -------------------------------------------------------------------------------

def image(path, name):
    """An image of one layer, as `docker save` writes it."""
    def tar(entries):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as t:
            for info, data in entries:
                t.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def entry(where, data=b"", kind=tarfile.REGTYPE, target=""):
        info = tarfile.TarInfo(where)
        info.mode, info.size, info.type, info.linkname = 0o755, len(data), kind, target
        return info, data

    layer = tar([*(entry(d, kind=tarfile.DIRTYPE) for d in ("bin", "etc", "proc")),
                 entry("bin/busybox", BUSYBOX.read_bytes()), entry("etc/beat", b"beat\n"),
                 *(entry(f"bin/{n}", kind=tarfile.SYMTYPE, target="busybox") for n in APPLETS)])
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"], "Cmd": LOOP},
        "rootfs": {"type": "layers",
                   "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name],
                            "Layers": ["layer.tar"]}]).encode()
    path.write_bytes(tar([entry("layer.tar", layer), entry("config.json", config),
                          entry("manifest.json", manifest)]))


CONFIG = """version = 2
root = "{0}/root"
state = "{0}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{0}/socket"
"""


@contextlib.contextmanager
def daemon(directory):
    config = directory / "config.toml"
    config.write_text(CONFIG.format(directory))
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen(["containerd", "--config", str(config)], stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def containerd(directory, container):
    need("containerd", "ctr", "runc")
    directory = directory / "containerd"
    directory.mkdir()
    ctr = ["ctr", "--address", str(directory / "socket"), "--namespace", "besra"]

    def call(*arguments):
        return subprocess.run([*ctr, *arguments], capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S)

    with daemon(directory) as process:
        wait_for("containerd", lambda: process.poll() is not None or
                 call("version").returncode == 0)
        if process.poll() is not None:
            raise Skip(f"containerd ended with {process.returncode}")
        name = "docker.io/library/beat:1"
        image(directory / "image.tar", name)
        try:
            for arguments in (["image", "import", "--snapshotter", "native",
                               str(directory / "image.tar")],
                              ["run", "--detach", "--snapshotter", "native", name, container]):
                done = call(*arguments)
                if done.returncode:
                    raise Skip(f"ctr {arguments[0]}: {done.stderr.strip().splitlines()[-1]}")
            yield
        finally:
            call("task", "kill", "--signal", "9", container)
            call("task", "delete", "--force", container)
            call("container", "delete", container)
