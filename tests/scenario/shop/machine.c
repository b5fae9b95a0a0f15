/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <arpa/inet.h>

/* state.h has these, too; a trace is written without the state. */
enum {
#define FD_TYPE(number, id, letter, word) FD_##id = (number),
#include "tables/fd_types.def"
#undef FD_TYPE
};

#define ALL_CAPS       UINT64_C(0x1ffffffffff)
#define CONTAINER_CAPS UINT64_C(0xa80425fb) /* what docker leaves to root */
#define CONTAINER_ID   "3f9c1b7ae25d"
#define CONTAINER_FULL CONTAINER_ID "08b64c1a97f2e3d05b8846a1c7f09e2d43b15a6c88f7d9e01234"
#define BOOT           UINT64_C(1741560000000000000)
#define UP_SINCE       (BOOT + UINT64_C(21000000000))

static const char *const service_env[] = {
	"LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
};
static const char *const session_env[] = { "LANG=C.UTF-8",
					   "HOME=/home/alice",
					   "USER=alice",
					   "TERM=xterm-256color",
					   "PATH=/usr/local/bin:/usr/bin:/bin",
					   NULL };
static const char *const container_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "REDIS_VERSION=7.2.4",
	"HOME=/root", "TERM=xterm", NULL
};
#define SERVICE(name)                                                                              \
	{                                                                                          \
		.cgroup = "/system.slice/" name ".service", .env = service_env,                    \
		.root_caps = ALL_CAPS                                                              \
	}

static const struct place place_init = {
	.cgroup = "/init.scope",
	.env = service_env,
	.root_caps = ALL_CAPS,
};
static const struct place place_journal = SERVICE("systemd-journald");
static const struct place place_docker = SERVICE("docker");
static const struct place place_containerd = SERVICE("containerd");
const struct place place_nginx = SERVICE("nginx");
const struct place place_php = SERVICE("php8.2-fpm");
const struct place place_cron = SERVICE("cron");
const struct place place_ssh = SERVICE("ssh");
const struct place place_session = {
	.cgroup = "/user.slice/user-1000.slice/session-14.scope",
	.env = session_env,
	.root_caps = ALL_CAPS,
};
const struct place place_container = {
	.cgroup = "/system.slice/docker-" CONTAINER_FULL ".scope",
	.env = container_env,
	.pids_from = 1480,
	.pidns_start = UP_SINCE + UINT64_C(4000000000),
	.root_caps = CONTAINER_CAPS,
	.layered = true,
};

static const struct {
	int64_t pid, ppid;
	const struct place *place;
	const char *exepath;
	const char *argv[8];
	const char *comm; /* NULL: from exepath */
	uint32_t uid, gid;
} processes[] = {
	{ 1, 0, &place_init, "/usr/lib/systemd/systemd", { "/sbin/init" }, NULL, 0, 0 },
	{ 402,
	  1,
	  &place_journal,
	  "/usr/lib/systemd/systemd-journald",
	  { "/lib/systemd/systemd-journald" },
	  "systemd-journal",
	  0,
	  0 },
	{ 688, 1, &place_cron, "/usr/sbin/cron", { "/usr/sbin/cron", "-f" }, NULL, 0, 0 },
	{ 701,
	  1,
	  &place_ssh,
	  "/usr/sbin/sshd",
	  { "sshd: /usr/sbin/sshd -D [listener]" },
	  NULL,
	  0,
	  0 },
	{ 733, 1, &place_containerd, "/usr/bin/containerd", { "/usr/bin/containerd" }, NULL, 0, 0 },
	{ 790,
	  1,
	  &place_docker,
	  "/usr/bin/dockerd",
	  { "/usr/bin/dockerd", "-H", "fd://" },
	  NULL,
	  0,
	  0 },
	{ 812,
	  1,
	  &place_php,
	  "/usr/sbin/php-fpm8.2",
	  { "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)" },
	  "php-fpm",
	  0,
	  0 },
	{ 815,
	  812,
	  &place_php,
	  "/usr/sbin/php-fpm8.2",
	  { "php-fpm: pool www" },
	  "php-fpm",
	  UID_WWW_DATA,
	  UID_WWW_DATA },
	{ 820,
	  1,
	  &place_nginx,
	  "/usr/sbin/nginx",
	  { "nginx: master process /usr/sbin/nginx" },
	  NULL,
	  0,
	  0 },
	{ 822,
	  820,
	  &place_nginx,
	  "/usr/sbin/nginx",
	  { "nginx: worker process" },
	  NULL,
	  UID_WWW_DATA,
	  UID_WWW_DATA },
	{ 1460,
	  1,
	  &place_docker,
	  "/usr/bin/containerd-shim-runc-v2",
	  { "/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", CONTAINER_FULL },
	  "containerd-shim",
	  0,
	  0 },
	{ 1481,
	  1460,
	  &place_container,
	  "/usr/local/bin/redis-server",
	  { "redis-server *:6379" },
	  NULL,
	  999,
	  999 },
};

static const struct {
	uint32_t uid, gid;
	const char *name, *home, *shell;
} users[] = {
	{ 0, 0, "root", "/root", "/bin/bash" },
	{ UID_WWW_DATA, UID_WWW_DATA, "www-data", "/var/www", "/usr/sbin/nologin" },
	{ 100, 65534, "_apt", "/nonexistent", "/usr/sbin/nologin" },
	{ 104, 65534, "sshd", "/run/sshd", "/usr/sbin/nologin" },
	{ UID_ALICE, UID_ALICE, "alice", "/home/alice", "/bin/bash" },
};

static void lists_machine(struct world *w)
{
	static const struct {
		const char *name, *ip, *mask, *broadcast;
	} interfaces[] = {
		{ "lo", "127.0.0.1", "255.0.0.0", "0.0.0.0" },
		{ "eth0", MACHINE_IP, "255.255.255.0", "192.0.2.255" },
		{ "docker0", "172.17.0.1", "255.255.0.0", "172.17.255.255" },
	};

	FACT(w, -1, EVENT_MACHINE_ENTRY, TEXT("shop-1"), INT(WORLD_CPUS), INT(UINT64_C(8) << 30),
	     INT(4194304), INT(BOOT));
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		uint8_t address[3][4];

		if (inet_pton(AF_INET, interfaces[i].ip, address[0]) != 1 ||
		    inet_pton(AF_INET, interfaces[i].mask, address[1]) != 1 ||
		    inet_pton(AF_INET, interfaces[i].broadcast, address[2]) != 1)
			die("interface %s: bad address", interfaces[i].name);
		FACT(w, -1, EVENT_INTERFACE_ENTRY, TEXT(interfaces[i].name),
		     BYTES(str_of(address[0], 4)), BYTES(str_of(address[1], 4)),
		     BYTES(str_of(address[2], 4)), INT(0));
	}
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		FACT(w, -1, EVENT_USER_ADDED_E, INT(users[i].uid), INT(users[i].gid),
		     TEXT(users[i].name), TEXT(users[i].home), TEXT(users[i].shell), EMPTY);
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		FACT(w, -1, EVENT_GROUP_ADDED_E, INT(users[i].gid),
		     TEXT(users[i].gid == 65534 ? "nogroup" : users[i].name), EMPTY);
}

static void lists_process(struct world *w, const struct proc *p)
{
	const uint32_t vm[3] = { 20000, 8000, 0 };
	const uint64_t faults[2] = { 3, 1200 };
	const uint64_t caps[3] = { 0, p->uid ? 0 : p->place->root_caps,
				   p->uid ? 0 : p->place->root_caps };
	size_t first = strlen(p->args) + 1;
	char cgroups[WORLD_CGROUPS];
	struct buf env = { 0 };

	for (const char *const *e = p->place->env; *e; e++)
		buf_add(&env, *e, strlen(*e) + 1);
	FACT(w, p->tid, EVENT_PROC_ENTRY, INT(p->tid), INT(p->ptid), INT(p->sid),
	     INT(p->pgid - p->place->pids_from), INT(p->pgid), INT(p->tid - p->place->pids_from),
	     INT(p->tid - p->place->pids_from), TEXT(p->comm), TEXT(p->args), TEXT(p->exepath),
	     BYTES(str_of(p->args + first, p->args_len - first)), BYTES(buf_view(&env)),
	     TEXT(p->cwd), TEXT("/"), BYTES(cgroups_of(p->place, cgroups)), INT(1024),
	     INT(CL_IS_MAIN_THREAD), INT(p->uid), INT(p->gid), INT(p->loginuid), INT(p->tty),
	     BYTES(str_of(vm, sizeof(vm))), BYTES(str_of(faults, sizeof(faults))),
	     BYTES(str_of(caps, sizeof(caps))), INT(p->exec_flags), INT(inode_of(p->exepath)),
	     INT(BOOT - UINT64_C(900000000000000)), INT(BOOT - UINT64_C(900000000000000)),
	     INT(p->place->pidns_start), INT(p->start));
	buf_fini(&env);
}

static void lists_file(struct world *w, const struct proc *p, int fd, uint32_t flags,
		       const char *path)
{
	FACT(w, p->tid, EVENT_FD_ENTRY, INT(fd), INT(FD_FILE_V2), INT(inode_of(path)), INT(0x803),
	     INT(flags), TEXT(path), EMPTY, INT(L4_UNKNOWN));
}

static void lists_server(struct world *w, struct proc *p, int fd, struct address at)
{
	uint8_t tuple[13];

	ipv4_tuple(tuple, (struct address){ "0.0.0.0", 0 }, at);
	FACT(w, p->tid, EVENT_FD_ENTRY, INT(fd), INT(FD_IPV4_SERVSOCK), INT(20000 + at.port),
	     INT(0), INT(0), EMPTY, BYTES(str_of(tuple, sizeof(tuple))), INT(L4_TCP));
	p->fds |= UINT64_C(1) << fd;
}

static void lists_descriptors(struct world *w, struct proc *p)
{
	lists_file(w, p, 0, FILE_FLAGS_O_RDONLY, "/dev/null");
	lists_file(w, p, 1, FILE_FLAGS_O_WRONLY, "/dev/null");
	lists_file(w, p, 2, FILE_FLAGS_O_WRONLY, "/dev/null");
	if (!strcmp(p->comm, "nginx")) {
		lists_file(w, p, 4, FILE_FLAGS_O_WRONLY | FILE_FLAGS_O_APPEND,
			   "/var/log/nginx/access.log");
		p->fds |= 1 << 4;
		lists_server(w, p, 6, (struct address){ "0.0.0.0", 80 });
	} else if (!strcmp(p->comm, "sshd")) {
		lists_server(w, p, 3, (struct address){ "0.0.0.0", 22 });
	} else if (!strcmp(p->comm, "redis-server")) {
		lists_server(w, p, 6, (struct address){ "0.0.0.0", 6379 });
	}
}

/* What the container engine told the recorder, in the form Falco stores it. */
static void announces_container(struct world *w)
{
	EMIT(w, NULL, EVENT_CONTAINER_JSON_2_E,
	     TEXT("{\"container\":{\"Mounts\":[{\"Destination\":\"/data\",\"Mode\":\"\",\"Propagation\":"
		  "\"rprivate\",\"RW\":true,\"Source\":\"/srv/redis\"}],\"User\":\"\",\"cni_json\":\"\","
		  "\"cpu_period\":100000,\"cpu_quota\":0,\"cpu_shares\":1024,\"cpuset_cpu_count\":0,"
		  "\"created_time\":1741560024,\"env\":[],\"full_id\":\"" CONTAINER_FULL
		  "\",\"host_ipc\":false,\"host_network\":false,\"host_pid\":false,\"id\":\"" CONTAINER_ID
		  "\",\"image\":\"redis:7.2\",\"imagedigest\":"
		  "\"sha256:1f3c5de1b0a79a1a6d6c3c9d4f10d1a2c2ad9c25a4b5e0f7a86fbe9f0c2d7e41\","
		  "\"imageid\":\"9c6fe3b7a2d4d18f0b5e63c7a1f2905d84be3c6a7d1e2f30495a6b7c8d9e0f12\","
		  "\"imagerepo\":\"redis\",\"imagetag\":\"7.2\",\"ip\":\"" CONTAINER_IP
		  "\",\"is_pod_sandbox\":false,\"labels\":{\"com.example.team\":\"shop\"},"
		  "\"lookup_state\":1,\"memory_limit\":0,\"metadata_deadline\":0,\"name\":\"shop-redis\","
		  "\"pod_sandbox_id\":\"\",\"port_mappings\":[],\"privileged\":false,\"swap_limit\":0,"
		  "\"type\":0}}"));
}

void machine_lists(struct world *w)
{
	struct proc *listed[ARRAY_SIZE(processes)];

	lists_machine(w);
	for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
		struct proc *p =
			proc_new(w, processes[i].pid, processes[i].ppid, processes[i].place,
				 processes[i].exepath, processes[i].argv);

		p->uid = processes[i].uid;
		p->gid = processes[i].gid;
		p->start =
			processes[i].place->pids_from ? UP_SINCE + UINT64_C(4000000000) : UP_SINCE;
		if (processes[i].comm) {
			memset(p->comm, 0, sizeof(p->comm));
			memcpy(p->comm, processes[i].comm, strlen(processes[i].comm));
		}
		if (processes[i].place->layered)
			p->exec_flags = EXECVE_FLAGS_EXE_LOWER_LAYER;
		lists_process(w, p);
		listed[i] = p;
	}
	for (size_t i = 0; i < ARRAY_SIZE(processes); i++)
		lists_descriptors(w, listed[i]);
	announces_container(w);
}
