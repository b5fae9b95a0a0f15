# SPDX-License-Identifier: Apache-2.0
"""What is run under both: short programs of everyday life, all of them within one directory."""
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time

# How much slower this machine is than a real one.
SLOWER = int(os.environ.get("BESRA_SLOWER", "1"))

SCRIPT = r"""
set -u
mkdir -p tree/a/b tree/c
for i in 1 2 3 4 5; do echo "line $i" >> tree/a/file$i; done
cat tree/a/file* | sort -r | head -n 3 > sorted
( cd tree/a && ls | wc -l )
n=0; while [ $n -lt 10 ]; do n=$((n + 1)); done
mv tree/a/file1 tree/c/moved; ln -s moved tree/c/link; ln tree/c/moved tree/c/hard
test -e /nonexistent || chmod 600 tree/c/link
find tree -type f | xargs grep -l 'line 3'
sleep 0.05 & pid=$!; kill -TERM $pid; wait $pid
trap 'echo caught' USR1; kill -USR1 $$
x=$(sed 's/line/LINE/' sorted | tr a-z A-Z); echo "$x" | cat >/dev/null
rm -r tree; rmdir nothing 2>/dev/null; exit 3
"""

PROGRAM = r"""
#include <stdio.h>
#include <string.h>
int twice(int n);
int main(int argc, char **argv) { printf("%d %zu\n", twice(argc), strlen(argv[0])); return 0; }
"""

PYTHON = r"""
import json, os, pathlib, socket, sqlite3, subprocess, tempfile, threading
with tempfile.TemporaryDirectory(dir='.') as d:
    db = sqlite3.connect(d + '/db'); db.execute('create table t (a, b)')
    db.executemany('insert into t values (?, ?)', [(i, str(i)) for i in range(100)]); db.commit()
    pathlib.Path(d, 'x.json').write_text(json.dumps(db.execute('select * from t').fetchall()))
    server = socket.create_server(('127.0.0.1', 0))
    def serve():
        for _ in range(5):
            peer, _ = server.accept(); peer.sendall(peer.recv(100)[::-1]); peer.close()
    t = threading.Thread(target=serve); t.start()
    for i in range(5):
        with socket.create_connection(server.getsockname()) as s:
            s.sendall(b'hello'); assert s.recv(100) == b'olleh'
    t.join()
    try:
        socket.create_connection(('127.0.0.1', 1))
    except OSError:
        pass
    assert subprocess.run(['sh', '-c', 'exit 7']).returncode == 7
    r, w = os.pipe()
    if os.fork() == 0:
        os.write(w, b'child'); os._exit(0)
    assert os.read(r, 10) == b'child'; os.wait()
    threads = [threading.Thread(target=lambda: [os.stat('/') for _ in range(50)]) for _ in range(4)]
    [t.start() for t in threads]; [t.join() for t in threads]
"""

NGINX = """
daemon off; worker_processes 2; pid nginx.pid; error_log error.log; user root;
events { worker_connections 64; }
http { access_log access.log; client_body_temp_path t1; proxy_temp_path t2;
       fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; sendfile on;
       server { listen 127.0.0.1:%d; root .; } }
"""
NGINX_PORT = 18099

CONTAINER = """{"ociVersion": "1.0.2", "hostname": "agreement",
 "process": {"args": ["/bin/inside"], "cwd": "/", "user": {"uid": 0, "gid": 0},
             "env": ["PATH=/bin"], "noNewPrivileges": true,
             "capabilities": {"bounding": [], "effective": [], "permitted": []}},
 "root": {"path": "rootfs", "readonly": false},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "mode=755"]}],
 "linux": {"namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}]}}
"""

INSIDE = r"""
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int fd = open("/etc/made", O_CREAT | O_WRONLY, 0644);
	if (fork() == 0) { mkdir("/sub", 0755); chdir("/sub"); open("../etc/made", O_RDONLY); _exit(2); }
	wait(0);
	return write(fd, "x", 1) != 1;
}
"""


class Workload:
    name = ""
    tools = ()
    least = 100  # so many entries its log has at the least

    def why_not(self):
        missing = [t for t in self.tools if not shutil.which(t)]
        return f"{', '.join(missing)} not installed" if missing else None

    def env(self):
        return {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"}

    def prepare(self, work):
        pass

    def command(self, work):
        raise NotImplementedError

    def drive(self, work):
        """What is done beside the workload while it runs."""

    def clean(self, work):
        pass


class Shell(Workload):
    name = "shell"

    def command(self, work):
        return ["sh", "-c", SCRIPT]


class Compile(Workload):
    name = "compile"
    tools = ("gcc",)

    def prepare(self, work):
        (work / "main.c").write_text(PROGRAM)
        (work / "twice.c").write_text("int twice(int n) { return 2 * n; }\n")

    def command(self, work):
        return ["gcc", "-O2", "-pipe", "-o", "main", "main.c", "twice.c"]


class Clone(Workload):
    name = "git-clone"
    tools = ("git",)

    def prepare(self, work):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(work / "from")]
        (work / "from").mkdir()
        for i in range(20):
            (work / "from" / f"file{i}").write_text(f"{i}\n" * 100)
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
            subprocess.run([*git, *command], check=True, env=self.env())

    def command(self, work):
        return ["git", "clone", "-q", "file://" + str(work / "from"), "to"]


class Nginx(Workload):
    name = "nginx"
    tools = ("nginx", "wrk")
    least = 2000

    def prepare(self, work):
        (work / "nginx.conf").write_text(NGINX % NGINX_PORT)
        (work / "index.html").write_text("hello\n" * 50)

    def command(self, work):
        return ["nginx", "-p", str(work), "-c", "nginx.conf", "-e", "error.log"]

    def get(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", NGINX_PORT, timeout=1)
            connection.request("GET", "/index.html")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def drive(self, work):
        end = time.monotonic() + 10 * SLOWER
        while not self.get():
            if time.monotonic() > end:
                raise TimeoutError("nginx does not answer")
            time.sleep(0.05)
        subprocess.run(["wrk", "-t1", "-c8", f"-d{2 * SLOWER}s",
                        f"http://127.0.0.1:{NGINX_PORT}/index.html"],
                       check=True, stdout=subprocess.DEVNULL)
        os.kill(int((work / "nginx.pid").read_text()), signal.SIGTERM)


class Python(Workload):
    name = "python"
    least = 1000

    def command(self, work):
        return [sys.executable, "-I", "-c", PYTHON]


class Package(Workload):
    """dpkg installs a package made here into a directory of its own."""
    name = "package"
    tools = ("dpkg", "dpkg-deb")
    least = 500

    def prepare(self, work):
        tree, root = work / "tree", work / "root"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "usr/share/agreement").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: agreement\nVersion: 1\nArchitecture: all\n"
            "Maintainer: nobody <nobody@localhost>\nDescription: a file\n")
        (tree / "DEBIAN/postinst").write_text("#!/bin/sh\necho configured\n")
        (tree / "DEBIAN/postinst").chmod(0o755)
        (tree / "usr/share/agreement/file").write_text("content\n" * 1000)
        subprocess.run(["dpkg-deb", "-b", tree, work / "a.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        for name in ("info", "updates"):
            (root / "var/lib/dpkg" / name).mkdir(parents=True)
        for name in ("status", "available"):
            (root / "var/lib/dpkg" / name).touch()

    def command(self, work):
        return ["dpkg", "--root=" + str(work / "root"), "--force-script-chrootless",
                "--log=" + str(work / "log"), "-i", str(work / "a.deb")]


class Container(Workload):
    name = "container"
    tools = ("runc", "gcc")
    id = "besra-agreement"
    least = 2000

    def why_not(self):
        return super().why_not() or (
            None if os.path.isdir("/sys/fs/cgroup") else "no control groups are mounted")

    def prepare(self, work):
        for name in ("bin", "etc", "proc", "dev"):
            (work / "rootfs" / name).mkdir(parents=True)
        (work / "inside.c").write_text(INSIDE)
        subprocess.run(["gcc", "-static", "-O1", "-w", "-o", work / "rootfs/bin/inside",
                        work / "inside.c"], check=True)
        (work / "config.json").write_text(CONTAINER)

    def command(self, work):
        return ["runc", "--root", str(work / "state"), "run", "--bundle", str(work), self.id]

    def clean(self, work):
        subprocess.run(["runc", "--root", work / "state", "delete", "-f", self.id],
                       stderr=subprocess.DEVNULL, check=False)


ALL = [Shell(), Compile(), Clone(), Nginx(), Python(), Package(), Container()]
