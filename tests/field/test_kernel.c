/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* What the kernel used: fields of our own, from what stands behind the table's parameters. */

#define ABSENT "(absent)"

static const char *const kernel_fields[] = {
	"evt.kernel_path",  "evt.kernel_tuple", "evt.kernel_cip",  "evt.kernel_sip",
	"evt.kernel_cport", "evt.kernel_sport", "evt.kernel_uid",  "evt.kernel_gid",
	"evt.kernel_euid",  "evt.kernel_egid",  "evt.kernel_suid", "evt.kernel_sgid",
	"evt.kernel_fsuid", "evt.kernel_fsgid", "evt.kernel_caps",
};

/* But for those named, all are absent. */
static void assert_fields(struct world *w, const char *const pairs[][2], size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_fields); i++) {
		const char *want = ABSENT;

		for (size_t k = 0; k < n; k++)
			if (strcmp(pairs[k][0], kernel_fields[i]) == 0)
				want = pairs[k][1];
		print_message("  %s\n", kernel_fields[i]);
		assert_string_equal(shown(w, kernel_fields[i]), want);
	}
}

#define FIELDS_ARE(w, ...)                                                                         \
	assert_fields((w), (const char *const[][2]){ __VA_ARGS__ },                                \
		      sizeof((const char *const[][2]){ __VA_ARGS__ }) / (2 * sizeof(char *)))

static void without_an_extension_nothing_is_known(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CHDIR_X, 10, INT(0), TEXT("link"));
	assert_fields(&w, NULL, 0);
	world_fini(&w);
}

static void an_empty_extension_says_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CHDIR_X, 10, INT(0), TEXT("link"), NOTHING, NOTHING, NOTHING, NOTHING);
	assert_fields(&w, NULL, 0);
	world_fini(&w);
}

static void the_path_is_the_extensions(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CHDIR_X, 10, INT(0), TEXT("link"), TEXT("/real/place"), NOTHING, NOTHING,
		 NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_path", "/real/place" });
	assert_string_equal(shown(&w, "evt.arg.path"), "link");
	world_fini(&w);
}

static void an_exec_tells_its_path_by_itself(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_process(&w);
	EVENT_OF(&w, EVENT_EXECVE_19_X, 10, INT(0), TEXT("x"), BYTES(""), INT(10), INT(10), INT(1),
		 TEXT(""), INT(1024), INT(0), INT(0), INT(0), INT(0), INT(0), TEXT("x"), BYTES(""),
		 BYTES(""), INT(0), INT(10), INT(-1), INT(0), INT(0), INT(0), INT(0), INT(1),
		 INT(0), INT(0), INT(0), TEXT("/real/x"), INT(10), INT(0), TEXT("./x"));
	FIELDS_ARE(&w, { "evt.kernel_path", "/real/x" });
	EVENT_OF(&w, EVENT_EXECVE_19_X, 10, INT(-2), TEXT("x"), BYTES(""), INT(10), INT(10), INT(1),
		 TEXT(""), INT(1024), INT(0), INT(0), INT(0), INT(0), INT(0), TEXT("x"), BYTES(""),
		 BYTES(""), INT(0), INT(10), INT(-1), INT(0), INT(0), INT(0), INT(0), INT(1),
		 INT(0), INT(0), INT(0), TEXT("/bin/sh"), INT(10), INT(0), TEXT("./x"));
	assert_fields(&w, NULL, 0);
	world_fini(&w);
}

/* 10.0.0.1:1000 -> 10.0.0.2:80 */
#define TUPLE4 "\x02\x0a\x00\x00\x01\xe8\x03\x0a\x00\x00\x02\x50\x00"
/* fe80::1 port 1000 -> fe80::2 port 80 */
#define TUPLE6                                                                                     \
	"\x0a\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xe8\x03"                                       \
	"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x50\x00"
/* The same addresses as TUPLE4, as IPv6 has them. */
#define MAPPED                                                                                     \
	"\x0a\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01\xe8\x03"                                     \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x02\x50\x00"
#define UNIX "\x01\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0/run/s\0"

static void a_socket_has_two_ends(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CONNECT_X, 10, INT(0), NOTHING, INT(3), NOTHING, NOTHING, BYTES(TUPLE4),
		 NOTHING, NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_tuple", "10.0.0.1:1000->10.0.0.2:80" },
		   { "evt.kernel_cip", "10.0.0.1" }, { "evt.kernel_sip", "10.0.0.2" },
		   { "evt.kernel_cport", "1000" }, { "evt.kernel_sport", "80" });
	EVENT_OF(&w, EVENT_CONNECT_X, 10, INT(0), NOTHING, INT(3), NOTHING, NOTHING, BYTES(TUPLE6),
		 NOTHING, NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_tuple", "fe80::1:1000->fe80::2:80" },
		   { "evt.kernel_cip", "fe80::1" }, { "evt.kernel_sip", "fe80::2" },
		   { "evt.kernel_cport", "1000" }, { "evt.kernel_sport", "80" });
	EVENT_OF(&w, EVENT_CONNECT_X, 10, INT(0), NOTHING, INT(3), NOTHING, NOTHING, BYTES(MAPPED),
		 NOTHING, NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_tuple", "10.0.0.1:1000->10.0.0.2:80" },
		   { "evt.kernel_cip", "10.0.0.1" }, { "evt.kernel_sip", "10.0.0.2" },
		   { "evt.kernel_cport", "1000" }, { "evt.kernel_sport", "80" });
	EVENT_OF(&w, EVENT_CONNECT_X, 10, INT(0), NOTHING, INT(3), NOTHING, TEXT("/run/real"),
		 BYTES(UNIX), NOTHING, NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_path", "/run/real" }, { "evt.kernel_tuple", "10->20 /run/s" });
	world_fini(&w);
}

static void a_tuple_cut_short_has_no_ends(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_CONNECT_X, 10, INT(0), NOTHING, INT(3), NOTHING, NOTHING,
		 BYTES("\x02\x0a\x00"), NOTHING, NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_tuple", "INVALID IPv4" });
	world_fini(&w);
}

/* Eight ids, 1 to 8, and CAP_CHOWN, CAP_KILL. */
#define IDENTITY                                                                                   \
	"\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6\0\0\0\7\0\0\0\x08\0\0\0\x21\0\0\0\0\0\0\0"

static void credentials_are_the_kernels(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	EVENT_OF(&w, EVENT_SETUID_X, 10, INT(0), INT(3), NOTHING, NOTHING, BYTES(IDENTITY),
		 NOTHING);
	FIELDS_ARE(&w, { "evt.kernel_uid", "1" }, { "evt.kernel_gid", "2" },
		   { "evt.kernel_euid", "3" }, { "evt.kernel_egid", "4" },
		   { "evt.kernel_suid", "5" }, { "evt.kernel_sgid", "6" },
		   { "evt.kernel_fsuid", "7" }, { "evt.kernel_fsgid", "8" },
		   { "evt.kernel_caps", "CAP_CHOWN CAP_KILL" });
	EVENT_OF(&w, EVENT_SETUID_X, 10, INT(0), INT(3), NOTHING, NOTHING, BYTES("\1\0\0\0"),
		 NOTHING);
	assert_fields(&w, NULL, 0);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_extension_nothing_is_known),
		cmocka_unit_test(an_empty_extension_says_nothing),
		cmocka_unit_test(the_path_is_the_extensions),
		cmocka_unit_test(an_exec_tells_its_path_by_itself),
		cmocka_unit_test(a_socket_has_two_ends),
		cmocka_unit_test(a_tuple_cut_short_has_no_ends),
		cmocka_unit_test(credentials_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
