/* SPDX-License-Identifier: Apache-2.0 */
#include "container/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT "0123456789ab"
#define NEXT  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD   "pod3e41dc6b-08a8-44db-bc2a-3724b18ab19a"
#define SLICE "kubepods-burstable-pod3e41dc6b_08a8_44db_bc2a_3724b18ab19a.slice"

struct match_case {
	const char *what;
	const char *path;
	const char *id; /* empty: the host */
	const char *runtime;
};

static void check(const struct match_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char cgroups[512];
		struct cgroup_match m;
		int len;

		print_message("  %s: %s\n", cases[i].what, cases[i].path);
		len = snprintf(cgroups, sizeof(cgroups), "memory=%s", cases[i].path);
		/* Exactly the bytes given, so that a sanitizer sees what is read behind them. */
		char *exact = malloc((size_t)len + 1);

		assert_non_null(exact);
		memcpy(exact, cgroups, (size_t)len + 1);
		m = container_match(str_of(exact, (size_t)len + 1));
		assert_int_equal(m.id.len, strlen(cases[i].id));
		assert_memory_equal(m.id.p, cases[i].id, m.id.len);
		assert_int_equal(m.runtime.len, strlen(cases[i].runtime));
		assert_memory_equal(m.runtime.p, cases[i].runtime, m.runtime.len);
		free(exact);
	}
}

static void runtimes_on_runc_are_found_in_their_layouts(void **state)
{
	static const struct match_case cases[] = {
		{ "docker, cgroupfs", "/docker/" HEX64, SHORT, "docker" },
		{ "docker, systemd", "/system.slice/docker-" HEX64 ".scope", SHORT, "docker" },
		{ "docker, a parent of its own", "/ci/jobs/" HEX64, SHORT, "docker" },
		{ "docker, upper case",
		  "/docker/"
		  "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
		  "0123456789AB", "docker" },
		{ "docker in docker", "/docker/" HEX64 "/docker/" NEXT, "fedcba987654", "docker" },
		{ "kubelet, cgroupfs, guaranteed", "/kubepods/" POD "/" HEX64, SHORT, "docker" },
		{ "kubelet, cgroupfs, burstable", "/kubepods/burstable/" POD "/" HEX64, SHORT,
		  "docker" },
		{ "kubelet, cgroupfs, besteffort", "/kubepods/besteffort/" POD "/" HEX64, SHORT,
		  "docker" },
		{ "kubelet, systemd, containerd",
		  "/kubepods.slice/kubepods-burstable.slice/" SLICE "/cri-containerd-" HEX64
		  ".scope",
		  SHORT, "containerd" },
		{ "kubelet, systemd, cri-o",
		  "/kubepods.slice/kubepods-burstable.slice/" SLICE "/crio-" HEX64 ".scope", SHORT,
		  "cri-o" },
		{ "kubelet, systemd, cri-dockerd",
		  "/kubepods.slice/kubepods-burstable.slice/" SLICE "/docker-" HEX64 ".scope",
		  SHORT, "docker" },
		{ "kubelet in a container (kind)",
		  "/docker/" HEX64 "/kubelet.slice/kubelet-kubepods.slice/" SLICE
		  "/cri-containerd-" NEXT ".scope",
		  "fedcba987654", "containerd" },
		{ "cri-o, cgroupfs", "/kubepods/burstable/" POD "/crio-" HEX64, SHORT, "cri-o" },
		{ "containerd with a systemd name under cgroupfs",
		  "/system.slice/containerd.service/" SLICE ":cri-containerd:" HEX64, SHORT,
		  "containerd" },
		{ "podman, systemd", "/machine.slice/libpod-" HEX64 ".scope", SHORT, "podman" },
		{ "podman, payload", "/machine.slice/libpod-" HEX64 ".scope/container", SHORT,
		  "podman" },
		{ "podman, rootless",
		  "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX64
		  ".scope/container",
		  SHORT, "podman" },
		{ "podman, cgroupfs", "/libpod_parent/libpod-" HEX64, SHORT, "podman" },
		{ "podman, the unified hierarchy seen from inside", "/../libpod-" HEX64 ".scope",
		  SHORT, "podman" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void cgroups_made_inside_a_container_belong_to_it(void **state)
{
	static const struct match_case cases[] = {
		{ "systemd in docker", "/docker/" HEX64 "/system.slice/cron.service", SHORT,
		  "docker" },
		{ "systemd in podman", "/machine.slice/libpod-" HEX64 ".scope/init.scope", SHORT,
		  "podman" },
		{ "a slice below a scope", "/system.slice/docker-" HEX64 ".scope/a/b/c", SHORT,
		  "docker" },
		{ "right below a scope at the top", "/docker-" HEX64 ".scope/init", SHORT,
		  "docker" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void the_host_has_no_container(void **state)
{
	static const struct match_case cases[] = {
		{ "the root", "/", "", "" },
		{ "nothing", "", "", "" },
		{ "init", "/init.scope", "", "" },
		{ "a service", "/system.slice/sshd.service", "", "" },
		{ "a session", "/user.slice/user-1000.slice/session-3.scope", "", "" },
		{ "a user's own service", "/user.slice/user-1000.slice/user@1000.service/app.slice",
		  "", "" },
		{ "a slice", "/user.slice", "", "" },
		{ "podman's monitor", "/machine.slice/libpod-conmon-" HEX64 ".scope", "", "" },
		{ "cri-o's monitor",
		  "/kubepods.slice/kubepods-burstable.slice/" SLICE "/crio-conmon-" HEX64 ".scope",
		  "", "" },
		{ "the pod's own slice", "/kubepods.slice/kubepods-burstable.slice/" SLICE, "",
		  "" },
		{ "an id one digit short",
		  "/system.slice/docker-123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
		  ".scope",
		  "", "" },
		{ "an id one digit long", "/system.slice/docker-0" HEX64 ".scope", "", "" },
		{ "an id with a letter too much",
		  "/system.slice/docker-"
		  "g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
		  "", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void plain_containerd_has_any_id_in_any_namespace(void **state)
{
	static const struct match_case cases[] = {
		{ "ctr", "/default/web", "web", "containerd" },
		{ "a namespace with separators", "/k8s.io_a-b/web", "web", "containerd" },
		{ "a long name", "/default/postgres-primary", "postgres-pri", "containerd" },
		{ "a path below the namespace", "/user/alice/0", "alice/0", "containerd" },
		{ "a service with a newline", "/system.slice/atd.service\n", "atd.service\n",
		  "containerd" },
		{ "twelve characters", "/default/abcdefghijkl", "abcdefghijkl", "containerd" },
		{ "64 characters",
		  "/default/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
		  "wwwwwwwwwwww", "containerd" },
		{ "65 characters",
		  "/default/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "",
		  "" },
		{ "no id", "/default/", "", "" },
		{ "two separators make no namespace", "/a--b/c", "", "" },
		{ "a separator at the end makes none", "/a-/c", "", "" },
		{ "the first one that is a namespace counts", "/_x/default/web", "web",
		  "containerd" },
		{ "its last occurrence counts", "/a/b/a/c", "c", "containerd" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void other_runtimes_name_their_containers(void **state)
{
	static const struct match_case cases[] = {
		{ "lxc 4", "/lxc.payload.web/", "web", "lxc" },
		{ "lxc 4, a unit inside", "/lxc.payload.web/init.scope", "web", "lxc" },
		{ "lxc, systemd", "/lxc.payload/web/init.scope", "web", "lxc" },
		{ "lxc, a unit inside", "/lxc/web/system.slice/cron.service", "web", "lxc" },
		{ "lxc looks like containerd where nothing follows", "/lxc/web", "web",
		  "containerd" },
		{ "libvirt", "/machine/web.libvirt-lxc", "web.libvirt-", "containerd" },
		{ "libvirt at the top", "/web.libvirt-lxc", "web", "libvirt-lxc" },
		{ "libvirt, systemd",
		  "/machine.slice/machine-lxc\\x2d2293906\\x2dlibvirt\\x2dcontainer.scope",
		  "2293906\\x2dlibvirt\\x2dcontainer", "libvirt-lxc" },
		{ "libvirt, systemd, newer",
		  "/machine.slice/machine-lxc\\x2d2293906\\x2dlibvirt\\x2dcontainer-of-a-long-name"
		  ".scope/libvirt",
		  "2293906\\x2dlibvirt\\x2dcontainer-of-a-long-name", "libvirt-lxc" },
		{ "libvirt, oldest form", "/libvirt/lxc/web", "lxc/web", "containerd" },
		{ "bpm", "/bpm-runc.scope", "runc", "bpm" },
		{ "bpm, systemd", "/system.slice/runc-bpm-rep.scope", "rep", "bpm" },
		{ "bpm with a character it does not use", "/system.slice/bpm-a%b.scope", "", "" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void the_first_cgroup_that_matches_decides(void **state)
{
	static const char cgroups[] = "cpuset=/\0"
				      "odd\0"
				      "cpu=/user.slice\0"
				      "name=systemd=/docker/" HEX64 "\0"
				      "memory=/docker/" NEXT;
	struct cgroup_match m;

	(void)state;
	m = container_match(str_of(cgroups, sizeof(cgroups)));
	assert_int_equal(m.id.len, 12);
	assert_memory_equal(m.id.p, SHORT, 12);
	assert_ptr_equal(m.id.p, strstr(cgroups + 29, SHORT));
	m = container_match(STR(""));
	assert_int_equal(m.id.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtimes_on_runc_are_found_in_their_layouts),
		cmocka_unit_test(cgroups_made_inside_a_container_belong_to_it),
		cmocka_unit_test(the_host_has_no_container),
		cmocka_unit_test(plain_containerd_has_any_id_in_any_namespace),
		cmocka_unit_test(other_runtimes_name_their_containers),
		cmocka_unit_test(the_first_cgroup_that_matches_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
