/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define CHECK(m, ...)                                                                              \
	machine_check(&(m), (const struct field_expectation[]){ __VA_ARGS__ },                     \
		      ARRAY_SIZE(((const struct field_expectation[]){ __VA_ARGS__ })))

static void add_user(struct machine *m, uint32_t uid, const char *name, const char *container)
{
	machine_event(m, EVENT_USER_ADDED_E, 0,
		      PARTS([USER_ADDED_E_UID] = NUM(uid), [USER_ADDED_E_GID] = NUM(uid),
			    [USER_ADDED_E_NAME] = TEXT(name), [USER_ADDED_E_HOME] = TEXT("/home/x"),
			    [USER_ADDED_E_SHELL] = TEXT(""),
			    [USER_ADDED_E_CONTAINER_ID] = TEXT(container)));
}

static void add_group(struct machine *m, uint32_t gid, const char *name, const char *container)
{
	machine_event(m, EVENT_GROUP_ADDED_E, 0,
		      PARTS([GROUP_ADDED_E_GID] = NUM(gid), [GROUP_ADDED_E_NAME] = TEXT(name),
			    [GROUP_ADDED_E_CONTAINER_ID] = TEXT(container)));
}

static void runs(struct machine *m, const struct proc *p)
{
	machine_process(m, p);
	machine_event(m, EVENT_GETCWD_X, p->pid, PARTS([GETCWD_X_RES] = NUM(0)));
}

static void a_known_user_is_named(void **state)
{
	struct machine m = machine_new();

	(void)state;
	add_user(&m, 1000, "alice", "");
	add_user(&m, 1001, "bob", "");
	add_group(&m, 50, "staff", "");
	runs(&m, &(struct proc){ .pid = 5, .uid = 1000, .gid = 50, .loginuid = 1001 });
	CHECK(m, { "user.uid", "1000" }, { "user.name", "alice" }, { "user.homedir", "/home/x" },
	      { "user.loginuid", "1001" }, { "user.loginname", "bob" }, { "group.gid", "50" },
	      { "group.name", "staff" });
	machine_free(&m);
}

static void an_unknown_user_is_not_available(void **state)
{
	struct machine m = machine_new();

	(void)state;
	runs(&m, &(struct proc){ .pid = 5, .uid = 7, .gid = 8, .loginuid = UINT32_MAX });
	CHECK(m, { "user.uid", "7" }, { "user.name", "<NA>" }, { "user.homedir", "<NA>" },
	      { "user.shell", "<NA>" }, { "user.loginuid", "-1" }, { "user.loginname", "<NA>" },
	      { "group.gid", "8" }, { "group.name", "<NA>" });
	runs(&m, &(struct proc){ .pid = 6, .uid = UINT32_MAX, .gid = UINT32_MAX });
	CHECK(m, { "user.uid", "4294967295" }, { "user.name", "<NA>" },
	      { "group.gid", "4294967295" }, { "group.name", "<NA>" });
	machine_free(&m);
}

static void root_has_a_name_everywhere(void **state)
{
	struct machine m = machine_new();

	(void)state;
	runs(&m, &(struct proc){ .pid = 5, .loginuid = 0 });
	CHECK(m, { "user.name", "root" }, { "user.homedir", "/root" }, { "user.shell", "<NA>" },
	      { "user.loginname", "root" }, { "group.name", "root" });
	add_user(&m, 0, "toor", "");
	runs(&m, &(struct proc){ .pid = 6 });
	CHECK(m, { "user.name", "toor" }, { "user.homedir", "/home/x" }, { "user.shell", "" });
	machine_free(&m);
}

static void a_user_recorded_without_a_name_is_unknown(void **state)
{
	struct machine m = machine_new();

	(void)state;
	add_user(&m, 0, "<NA>", "");
	add_group(&m, 0, "<NA>", "");
	runs(&m, &(struct proc){ .pid = 5 });
	CHECK(m, { "user.name", "root" }, { "group.name", "root" });
	machine_free(&m);
}

static void a_container_has_users_of_its_own(void **state)
{
	struct machine m = machine_new();

	(void)state;
	add_user(&m, 33, "www-host", "");
	add_user(&m, 34, "only-host", "");
	add_user(&m, 33, "www-in", "0123456789ab");
	add_group(&m, 33, "grp-host", "");
	add_group(&m, 33, "grp-in", "0123456789ab");
	runs(&m,
	     &(struct proc){
		     .pid = 5, .uid = 33, .gid = 33, .loginuid = 34, .cgroup = "/docker/" HEX64 });
	CHECK(m, { "user.name", "www-in" }, { "group.name", "grp-in" },
	      { "user.loginname", "<NA>" });
	runs(&m, &(struct proc){ .pid = 6, .uid = 33, .gid = 33, .cgroup = "/user.slice" });
	CHECK(m, { "user.name", "www-host" }, { "group.name", "grp-host" });
	machine_free(&m);
}

static void an_event_about_a_container_names_its_user(void **state)
{
	struct machine m = machine_new();

	(void)state;
	machine_process(&m, &(struct proc){ .pid = 5, .uid = 0 });
	machine_event(&m, EVENT_CONTAINER_JSON_2_E, 5,
		      PARTS([CONTAINER_JSON_2_E_JSON] =
				    TEXT("{\"container\":{\"id\":\"a\",\"User\":\"www\"}}")));
	CHECK(m, { "user.name", "www" }, { "user.uid", "0" });
	machine_event(&m, EVENT_CONTAINER_JSON_2_E, 5,
		      PARTS([CONTAINER_JSON_2_E_JSON] = TEXT("{\"container\":{\"id\":\"b\"}}")));
	CHECK(m, { "user.name", "root" });
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_user_is_named),
		cmocka_unit_test(an_unknown_user_is_not_available),
		cmocka_unit_test(root_has_a_name_everywhere),
		cmocka_unit_test(a_user_recorded_without_a_name_is_unknown),
		cmocka_unit_test(a_container_has_users_of_its_own),
		cmocka_unit_test(an_event_about_a_container_names_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
