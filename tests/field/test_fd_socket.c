/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define CHECK(m, ...)                                                                              \
	machine_check(&(m), (const struct field_expectation[]){ __VA_ARGS__ },                     \
		      ARRAY_SIZE(((const struct field_expectation[]){ __VA_ARGS__ })))

/* One end as text, and as the format's tuples have it. */
struct end {
	const char *ip;
	uint16_t port;
};

static size_t put_end(char *out, const struct end *e)
{
	const int family = strchr(e->ip, ':') ? AF_INET6 : AF_INET;
	const size_t len = family == AF_INET6 ? 16 : 4;

	assert_int_equal(inet_pton(family, e->ip, out), 1);
	memcpy(out + len, &e->port, sizeof(e->port));
	return len + sizeof(e->port);
}

static size_t tuple(char *out, struct end src, struct end dst)
{
	size_t n = 1;

	out[0] = strchr(src.ip, ':') ? AF_INET6 : AF_INET;
	n += put_end(out + n, &src);
	n += put_end(out + n, &dst);
	return n;
}

static void has_interface(struct machine *m, const char *ip)
{
	char bytes[18];
	const size_t n = put_end(bytes, &(struct end){ .ip = ip }) - sizeof(uint16_t);

	machine_event(m, EVENT_INTERFACE_ENTRY, 0,
		      PARTS([INTERFACE_ENTRY_NAME] = TEXT("eth0"),
			    [INTERFACE_ENTRY_ADDRESS] = RAW(bytes, n),
			    [INTERFACE_ENTRY_NETMASK] = RAW(bytes, n),
			    [INTERFACE_ENTRY_BROADCAST] = RAW(bytes, n)));
}

static void makes_socket(struct machine *m, int64_t domain, int64_t type)
{
	machine_event(m, EVENT_SOCKET_X, 60,
		      PARTS([SOCKET_X_FD] = NUM(3), [SOCKET_X_DOMAIN] = NUM(domain),
			    [SOCKET_X_TYPE] = NUM(type), [SOCKET_X_PROTO] = NUM(0)));
}

static void connects(struct machine *m, int64_t res, struct end src, struct end dst)
{
	char bytes[64];
	const size_t n = tuple(bytes, src, dst);

	machine_event(m, EVENT_CONNECT_X, 60,
		      PARTS([CONNECT_X_RES] = NUM(res), [CONNECT_X_TUPLE] = RAW(bytes, n),
			    [CONNECT_X_FD] = NUM(3)));
}

static void accepts(struct machine *m, struct end src, struct end dst)
{
	char bytes[64];
	const size_t n = tuple(bytes, src, dst);

	machine_event(m, EVENT_ACCEPT4_6_X, 60,
		      PARTS([ACCEPT4_6_X_FD] = NUM(4), [ACCEPT4_6_X_TUPLE] = RAW(bytes, n),
			    [ACCEPT4_6_X_FLAGS] = NUM(0)));
}

static struct machine with_process(const char *cgroup)
{
	struct machine m = machine_new();

	has_interface(&m, "10.0.0.5");
	machine_process(&m, &(struct proc){ .pid = 60, .comm = "nc", .cgroup = cgroup });
	return m;
}

static void a_client_is_local_where_the_machine_has_its_address(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	makes_socket(&m, AF_INET, 1);
	CHECK(m, { "fd.type", "ipv4" }, { "fd.sockfamily", "ip" }, { "fd.cip", "(absent)" },
	      { "fd.cport", "(absent)" }, { "fd.cproto", "(absent)" }, { "fd.lip", "(absent)" },
	      { "fd.l4proto", "<NA>" }, { "fd.connected", "false" });
	connects(&m, 0, (struct end){ "10.0.0.5", 40000 }, (struct end){ "1.2.3.4", 443 });
	CHECK(m, { "fd.name", "10.0.0.5:40000->1.2.3.4:443" }, { "fd.cip", "10.0.0.5" },
	      { "fd.sip", "1.2.3.4" }, { "fd.lip", "10.0.0.5" }, { "fd.rip", "1.2.3.4" },
	      { "fd.cport", "40000" }, { "fd.sport", "443" }, { "fd.lport", "40000" },
	      { "fd.rport", "443" }, { "fd.cproto", "40000" }, { "fd.sproto", "443" },
	      { "fd.lproto", "40000" }, { "fd.rproto", "443" }, { "fd.l4proto", "tcp" },
	      { "fd.is_server", "false" }, { "fd.connected", "true" }, { "fd.typechar", "4" },
	      { "fd.name_changed", "true" }, { "fd.cip.name", "(absent)" });
	machine_free(&m);
}

static void a_server_is_local_where_the_source_is_not(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	accepts(&m, (struct end){ "1.2.3.4", 50000 }, (struct end){ "10.0.0.5", 80 });
	CHECK(m, { "fd.num", "4" }, { "fd.cip", "1.2.3.4" }, { "fd.sip", "10.0.0.5" },
	      { "fd.lip", "10.0.0.5" }, { "fd.rip", "1.2.3.4" }, { "fd.lport", "80" },
	      { "fd.rport", "50000" }, { "fd.is_server", "true" }, { "fd.l4proto", "tcp" });
	machine_free(&m);
}

static void ipv6_ends_are_told_alike(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	has_interface(&m, "2001:db8::5");
	makes_socket(&m, AF_INET6, 2);
	connects(&m, 0, (struct end){ "2001:db8::5", 40000 }, (struct end){ "2001:db9::1", 53 });
	CHECK(m, { "fd.type", "ipv6" }, { "fd.typechar", "6" }, { "fd.cip", "2001:db8::5" },
	      { "fd.sip", "2001:db9::1" }, { "fd.lip", "2001:db8::5" }, { "fd.rport", "53" },
	      { "fd.l4proto", "udp" }, { "fd.is_server", "false" },
	      { "fd.name", "2001:db8::5:40000->2001:db9::1:53" });
	machine_free(&m);
}

static void a_bound_socket_is_a_server_with_one_end(void **state)
{
	static const char address[] = "\x02\x0a\0\0\x05\x90\x1f"; /* 10.0.0.5:8080 */
	struct machine m = with_process(NULL);

	(void)state;
	makes_socket(&m, AF_INET, 1);
	machine_event(
		&m, EVENT_BIND_X, 60,
		PARTS([BIND_X_RES] = NUM(0), [BIND_X_ADDR] = RAW(address, sizeof(address) - 1),
		      [BIND_X_FD] = NUM(3)));
	CHECK(m, { "fd.name", "10.0.0.5:8080" }, { "fd.sport", "8080" }, { "fd.sproto", "" },
	      { "fd.cip", "(absent)" }, { "fd.cport", "(absent)" }, { "fd.lip", "(absent)" },
	      { "fd.lport", "(absent)" }, { "fd.rproto", "(absent)" }, { "fd.is_server", "true" },
	      { "fd.sockfamily", "ip" });
	assert_string_equal(machine_all(&m, "fd.ip"), "10.0.0.5");
	assert_string_equal(machine_all(&m, "fd.port"), "8080");
	machine_free(&m);
}

static void in_a_container_local_is_what_its_runtime_says(void **state)
{
	static const struct {
		const char *what, *json;
		bool own, machines, loopback6;
	} cases[] = {
		{ "nothing known", NULL, false, true, false },
		{ "an address", "{\"container\":{\"id\":\"0123456789ab\",\"ip\":\"172.17.0.2\"}}",
		  true, true, false },
		{ "none yet", "{\"container\":{\"id\":\"0123456789ab\",\"ip\":\"0.0.0.0\"}}", false,
		  true, false },
		{ "no address", "{\"container\":{\"id\":\"0123456789ab\"}}", false, false, false },
		{ "no IPv4 address",
		  "{\"container\":{\"id\":\"0123456789ab\",\"ip\":\"not an address at all\"}}",
		  false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine m = with_process("/docker/" HEX64);
		const struct end far = { "9.9.9.9", 9 }, far6 = { "2001:db9::1", 9 };

		print_message("  %s\n", cases[i].what);
		has_interface(&m, "::1");
		if (cases[i].json)
			machine_event(&m, EVENT_CONTAINER_JSON_2_E, 0,
				      PARTS([CONTAINER_JSON_2_E_JSON] = TEXT(cases[i].json)));
		accepts(&m, far, (struct end){ "172.17.0.2", 80 });
		CHECK(m, { "fd.is_server", cases[i].own ? "true" : "false" });
		accepts(&m, far, (struct end){ "10.0.0.5", 80 });
		CHECK(m, { "fd.is_server", cases[i].machines ? "true" : "false" });
		accepts(&m, far6, (struct end){ "::1", 80 });
		CHECK(m, { "fd.is_server", cases[i].loopback6 ? "true" : "false" });
		machine_free(&m);
	}
}

static void tests_on_either_end_see_both(void **state)
{
	struct machine m = with_process(NULL);
	const struct field_ref ip = { .id = FIELD_FD_IP, .type = TYPE_IPADDR };
	struct val v[2];

	(void)state;
	accepts(&m, (struct end){ "1.2.3.4", 50000 }, (struct end){ "10.0.0.5", 80 });
	assert_string_equal(machine_all(&m, "fd.ip"), "10.0.0.5|1.2.3.4");
	assert_string_equal(machine_all(&m, "fd.port"), "80|50000");
	assert_int_equal(field_get_all(&ip, &m.ctx, v, 1), 1);
	assert_int_equal(field_get_all(&ip, &m.ctx, v, 0), 0);

	machine_event(&m, EVENT_FD_ENTRY, 60,
		      PARTS([FD_ENTRY_FD] = NUM(9), [FD_ENTRY_FD_TYPE] = NUM(FD_FIFO)));
	machine_event(&m, EVENT_CLOSE_X, 60, PARTS([CLOSE_X_RES] = NUM(0), [CLOSE_X_FD] = NUM(9)));
	assert_int_equal(field_get_all(&ip, &m.ctx, v, 2), 0);
	assert_true(field_get(&ip, &m.ctx, v));
	assert_int_equal(v[0].ip.len, 0);
	machine_event(&m, EVENT_CLOSE_X, 60, PARTS([CLOSE_X_RES] = NUM(0), [CLOSE_X_FD] = NUM(9)));
	assert_false(field_get(&ip, &m.ctx, v));
	machine_free(&m);
}

static void a_unix_socket_has_a_family_and_no_ends(void **state)
{
	struct machine m = with_process(NULL);

	(void)state;
	makes_socket(&m, AF_UNIX, 1);
	CHECK(m, { "fd.type", "unix" }, { "fd.typechar", "u" }, { "fd.sockfamily", "unix" },
	      { "fd.l4proto", "<NA>" }, { "fd.sip", "(absent)" }, { "fd.sport", "(absent)" },
	      { "fd.lip", "(absent)" }, { "fd.rproto", "(absent)" }, { "fd.is_server", "false" });
	assert_string_equal(machine_all(&m, "fd.port"), "");
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_local_where_the_machine_has_its_address),
		cmocka_unit_test(a_server_is_local_where_the_source_is_not),
		cmocka_unit_test(ipv6_ends_are_told_alike),
		cmocka_unit_test(a_bound_socket_is_a_server_with_one_end),
		cmocka_unit_test(in_a_container_local_is_what_its_runtime_says),
		cmocka_unit_test(tests_on_either_end_see_both),
		cmocka_unit_test(a_unix_socket_has_a_family_and_no_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
