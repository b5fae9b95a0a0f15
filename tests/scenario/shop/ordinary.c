/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "script.h"

#define VISITOR    ((struct address){ "198.51.100.20", (uint16_t)(41000 + w->now % 20000) })
#define SHOP       ((struct address){ MACHINE_IP, 80 })
#define LOCAL_PORT ((struct address){ MACHINE_IP, (uint16_t)(32768 + w->now % 28000) })

void a_visitor_reads_a_page(struct world *w)
{
	struct proc *nginx = proc_named(w, "nginx");
	int client = accepts(w, nginx, VISITOR, SHOP), page;

	receives(w, nginx, client, "GET /index.html HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
	looks_at(w, nginx, "/var/www/html/index.html", 0);
	page = opens(w, nginx, "/var/www/html/index.html",
		     FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_NONBLOCK, 0);
	EMIT(w, nginx, EVENT_SENDFILE_X, INT(612), INT(612), INT(client), INT(page), INT(612));
	closes(w, nginx, page);
	writes(w, nginx, 4, "198.51.100.20 - - \"GET /index.html HTTP/1.1\" 200 612\n");
	closes(w, nginx, client);
	EMIT(w, nginx, EVENT_EPOLLWAIT_X, INT(1), INT(512));
}

void a_visitor_asks_php(struct world *w)
{
	struct proc *nginx = proc_named(w, "nginx"), *php = proc_named(w, "php-fpm");
	int client = accepts(w, nginx, VISITOR, SHOP);
	int upstream, request, redis;

	receives(w, nginx, client, "GET /cart.php HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
	upstream = connects_unix(w, nginx, PHP_SOCKET);
	request = accepts_unix(w, php, PHP_SOCKET);
	sends(w, nginx, upstream, "SCRIPT_FILENAME/var/www/html/cart.php");
	reads(w, php, request, "SCRIPT_FILENAME/var/www/html/cart.php");
	reads_file(w, php, "/var/www/html/cart.php", "<?php require 'session.php';");
	redis = connects(w, php, (struct address){ "172.17.0.1", 50412 },
			 (struct address){ CONTAINER_IP, 6379 });
	sends(w, php, redis, "*2\r\n$3\r\nGET\r\n$8\r\ncart:117\r\n");
	receives(w, php, redis, "$2\r\n[]\r\n");
	closes(w, php, redis);
	writes(w, php, request, "Content-type: text/html\r\n\r\n<!doctype html>");
	closes(w, php, request);
	receives(w, nginx, upstream, "Content-type: text/html\r\n\r\n<!doctype html>");
	sends(w, nginx, client, "HTTP/1.1 200 OK\r\nServer: nginx\r\n");
	closes(w, nginx, upstream);
	closes(w, nginx, client);
}

void the_container_works(struct world *w)
{
	struct proc *redis = proc_named(w, "redis-server");
	int client = accepts(w, redis, (struct address){ "172.17.0.1", 50412 },
			     (struct address){ CONTAINER_IP, 6379 });

	reads(w, redis, client, "*2\r\n$3\r\nGET\r\n$8\r\ncart:117\r\n");
	writes(w, redis, client, "$2\r\n[]\r\n");
	closes(w, redis, client);
	writes_file(w, redis, "/data/temp-1.rdb", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "REDIS0011");
	renames(w, redis, "/data/temp-1.rdb", "/data/dump.rdb");
	EMIT(w, redis, EVENT_EPOLLWAIT_X, INT(0), INT(10128));
}

void cron_runs_its_hourly_jobs(struct world *w)
{
	struct proc *cron = proc_named(w, "cron"), *job, *shell, *parts;

	reads_file(w, cron, "/etc/crontab", "17 *\t* * *\troot\tcd / && run-parts");
	job = forks(w, cron);
	shell = forks(w, job);
	becomes_session_leader(w, shell, 0);
	executes(w, shell, "/bin/sh",
		 ARGV("/bin/sh", "-c", "cd / && run-parts --report /etc/cron.hourly"));
	changes_directory(w, shell, "/");
	parts = starts(w, shell, "/usr/bin/run-parts",
		       ARGV("run-parts", "--report", "/etc/cron.hourly"));
	reads_file(w, parts, "/etc/cron.hourly/rotate", "#!/bin/sh\n");
	pause_ms(w, 3);
	runs(w, parts, "/usr/sbin/logrotate", ARGV("logrotate", "/etc/logrotate.conf"));
	exits(w, parts, 0);
	exits(w, shell, 0);
	exits(w, job, 0);
}

void alice_logs_in(struct world *w)
{
	struct proc *listener = proc_named(w, "sshd"), *session, *user, *shell;
	int client = accepts(w, listener, (struct address){ "198.51.100.7", 52114 },
			     (struct address){ MACHINE_IP, 22 });

	session = forks(w, listener);
	executes(w, session, "/usr/sbin/sshd", ARGV("sshd: alice [priv]"));
	reads_file(w, session, "/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n");
	reads_file(w, session, "/etc/ssh/ssh_host_ed25519_key", "-----BEGIN OPENSSH");
	writes(w, session, client, "SSH-2.0-OpenSSH_9.2p1\r\n");
	reads(w, session, client, "SSH-2.0-OpenSSH_9.6\r\n");
	reads_file(w, session, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
	reads_file(w, session, "/etc/shadow", "root:*:19778:0:99999:7:::\n");
	reads_file(w, session, "/home/alice/.ssh/authorized_keys", "ssh-ed25519 AAAAC3");
	pause_ms(w, 40);
	session->place = &place_session;
	session->loginuid = UID_ALICE;
	user = forks(w, session);
	becomes_user(w, user, UID_ALICE, UID_ALICE);
	shell = forks(w, user);
	becomes_session_leader(w, shell, TTY(0));
	changes_directory(w, shell, "/home/alice");
	executes(w, shell, "/usr/bin/bash", ARGV("-bash"));
	reads_file(w, shell, "/etc/profile", "# /etc/profile: system-wide .profile\n");
	reads_file(w, shell, "/home/alice/.bashrc", "alias ll='ls -l'\n");
	closes(w, listener, client);
}

void alice_looks_around(struct world *w)
{
	struct proc *bash = proc_named(w, "bash"), *ls;

	ls = starts(w, bash, "/usr/bin/ls", ARGV("ls", "--color=auto", "-la"));
	closes(w, ls,
	       opens(w, ls, ".",
		     FILE_FLAGS_O_RDONLY | FILE_FLAGS_O_DIRECTORY | FILE_FLAGS_O_TMPFILE |
			     FILE_FLAGS_O_CLOEXEC,
		     0));
	writes(w, ls, 1, "total 28\n");
	exits(w, ls, 0);
	pause_ms(w, 1400);
	runs(w, bash, "/usr/bin/git", ARGV("git", "status"));
}

/* cc1 and as work in /tmp, the linker beside the source. */
static void compiles(struct world *w, struct proc *make)
{
	struct proc *gcc =
		starts(w, make, "/usr/bin/gcc", ARGV("gcc", "-O2", "-o", "report", "report.c"));
	struct proc *tool;

	tool = starts(w, gcc, "/usr/libexec/gcc/x86_64-linux-gnu/12/cc1",
		      ARGV("cc1", "-quiet", "report.c", "-O2", "-o", "/tmp/ccVdQ1.s"));
	reads_file(w, tool, "report.c", "#include <stdio.h>\n");
	reads_file(w, tool, "/usr/include/stdio.h", "/* Define ISO C stdio on top");
	fails_to_open(w, tool, "/usr/local/include/bits/types.h", FILE_FLAGS_O_RDONLY, ENOENT);
	writes_file(w, tool, "/tmp/ccVdQ1.s", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "\t.file\t\"report.c\"\n");
	exits(w, tool, 0);
	tool = starts(w, gcc, "/usr/bin/as",
		      ARGV("as", "--64", "-o", "/tmp/ccVdQ1.o", "/tmp/ccVdQ1.s"));
	reads_file(w, tool, "/tmp/ccVdQ1.s", "\t.file\t\"report.c\"\n");
	writes_file(w, tool, "/tmp/ccVdQ1.o", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "\x7f"
		    "ELF");
	exits(w, tool, 0);
	tool = starts(w, gcc, "/usr/bin/ld", ARGV("ld", "-o", "report", "/tmp/ccVdQ1.o", "-lc"));
	reads_file(w, tool, "/tmp/ccVdQ1.o",
		   "\x7f"
		   "ELF");
	writes_file(w, tool, "report", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "\x7f"
		    "ELF");
	changes_mode(w, tool, "report", 0755);
	exits(w, tool, 0);
	removes(w, gcc, "/tmp/ccVdQ1.s");
	removes(w, gcc, "/tmp/ccVdQ1.o");
	exits(w, gcc, 0);
}

void alice_builds_a_program(struct world *w)
{
	struct proc *bash = proc_named(w, "bash"), *make;

	changes_directory(w, bash, "/home/alice/report");
	make = starts(w, bash, "/usr/bin/make", ARGV("make"));
	looks_at(w, make, "GNUmakefile", ENOENT);
	reads_file(w, make, "Makefile", "report: report.c\n");
	compiles(w, make);
	exits(w, make, 0);
	runs(w, bash, "/home/alice/report/report", ARGV("./report", "--month", "2025-02"));
}

void alice_installs_a_package(struct world *w)
{
	struct proc *bash = proc_named(w, "bash"), *sudo, *apt, *http, *dpkg;
	int mirror;

	sudo = starts(w, bash, "/usr/bin/sudo", ARGV("sudo", "apt-get", "install", "-y", "jq"));
	becomes_user(w, sudo, 0, 0);
	reads_file(w, sudo, "/etc/sudoers", "Defaults\tenv_reset\n");
	apt = starts(w, sudo, "/usr/bin/apt-get", ARGV("apt-get", "install", "-y", "jq"));
	reads_file(w, apt, "/var/lib/dpkg/status", "Package: adduser\n");
	http = starts(w, apt, "/usr/lib/apt/methods/http", ARGV("/usr/lib/apt/methods/http"));
	becomes_user(w, http, 100, 65534);
	resolves(w, http, LOCAL_PORT, "deb.example.org");
	mirror = connects(w, http, LOCAL_PORT, (struct address){ "198.51.100.80", 80 });
	sends(w, http, mirror, "GET /debian/pool/main/j/jq/jq_1.6-2.1_amd64.deb HTTP/1.1\r\n");
	receives(w, http, mirror, "HTTP/1.1 200 OK\r\n");
	writes_file(w, http, "/var/cache/apt/archives/partial/jq_1.6-2.1_amd64.deb",
		    FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC, "!<arch>\n");
	exits(w, http, 0);
	pause_ms(w, 90);
	dpkg = starts(w, apt, "/usr/bin/dpkg",
		      ARGV("dpkg", "--unpack", "/var/cache/apt/archives/jq_1.6-2.1_amd64.deb"));
	writes_file(w, dpkg, "/usr/bin/jq.dpkg-new", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_EXCL,
		    "\x7f"
		    "ELF");
	changes_mode(w, dpkg, "/usr/bin/jq.dpkg-new", 0755);
	renames(w, dpkg, "/usr/bin/jq.dpkg-new", "/usr/bin/jq");
	writes_file(w, dpkg, "/var/lib/dpkg/info/jq.list", FILE_FLAGS_O_CREAT, "/usr/bin/jq\n");
	exits(w, dpkg, 0);
	exits(w, apt, 0);
	exits(w, sudo, 0);
}

void alice_logs_out(struct world *w)
{
	struct proc *shell = proc_named(w, "bash"), *user, *session;

	writes_file(w, shell, "/home/alice/.bash_history", FILE_FLAGS_O_APPEND, "make\n");
	exits(w, shell, 0);
	user = proc_named(w, "sshd");
	exits(w, user, 0);
	session = proc_named(w, "sshd");
	exits(w, session, 0);
}
