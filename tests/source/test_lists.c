/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

/* One capture with one list block, whose entries are looked at one by one. */
struct capture {
	struct buf bytes;
	size_t block;
	struct source *source;
	struct event ev;
};

static void begin(struct capture *c, uint32_t type)
{
	*c = (struct capture){ 0 };
	put_section(&c->bytes);
	c->block = block_begin(&c->bytes, type);
}

static void open_list(struct capture *c)
{
	block_end(&c->bytes, c->block);
	put_event(&c->bytes, EVENT_PROCINFO_E, 1, 1, 0, NULL);
	c->source = source_open_memory(c->bytes.p, c->bytes.len, NULL);
	assert_non_null(c->source);
}

/* The next entry, which must be of that type. */
static void next_entry(struct capture *c, unsigned type)
{
	struct raw raw;
	struct err err;
	int rc = source_next(c->source, &raw, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(rc, 1);
	assert_int_equal(raw.flags, WIRE_SYNTHETIC);
	assert_int_equal(raw.sequence, 0);
	assert_int_equal(event_open(&c->ev, &raw), 0);
	assert_int_equal(c->ev.type, type);
}

/* Only the event behind the list is left. */
static void close_list(struct capture *c)
{
	struct raw raw;
	struct err err;
	int rc = source_next(c->source, &raw, &err);

	if (rc < 0)
		fail_msg("%s", err.text);
	assert_int_equal(raw.flags, 0);
	assert_int_equal(source_next(c->source, &raw, &err), 0);
	source_close(c->source);
	buf_fini(&c->bytes);
}

static void assert_int_param(const struct capture *c, unsigned i, int64_t want)
{
	int64_t got;

	assert_true(event_int(&c->ev, i, &got));
	if (got != want)
		fail_msg("%.*s is %" PRId64 ", not %" PRId64, STR_ARG(c->ev.info->params[i].name),
			 got, want);
}

static void assert_bytes_param(const struct capture *c, unsigned i, const void *want, size_t len)
{
	struct str got = event_param(&c->ev, i);

	assert_int_equal(got.len, len);
	assert_memory_equal(got.p, want, len);
}

/* `want` is a string literal; its NUL is part of the parameter. */
#define assert_text_param(c, i, want) assert_bytes_param(c, i, want, sizeof(want))

static size_t length_begin(struct buf *b)
{
	put_u32(b, 0);
	return b->len - 4;
}

/* with_itself: the four bytes of the length count, too. */
static void length_end(struct buf *b, size_t start, bool with_itself)
{
	uint32_t len = (uint32_t)(b->len - start) - (with_itself ? 0 : 4);

	memcpy(b->p + start, &len, sizeof(len));
}

static void machine_info_is_an_event(void **state)
{
	static const uint32_t types[] = { 0x201, 0x8002ABCD };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char host[128] = "falcon";
		struct capture c;

		begin(&c, types[i]);
		put_u32(&c.bytes, 4);
		put_u64(&c.bytes, 1 << 30);
		put_u64(&c.bytes, 32768);
		buf_add(&c.bytes, host, sizeof(host));
		put_u64(&c.bytes, 1700000000000000000);
		for (unsigned k = 0; k < 3; k++)
			put_u64(&c.bytes, 7);
		open_list(&c);
		next_entry(&c, EVENT_MACHINE_ENTRY);
		assert_text_param(&c, MACHINE_ENTRY_HOSTNAME, "falcon");
		assert_int_param(&c, MACHINE_ENTRY_CPUS, 4);
		assert_int_param(&c, MACHINE_ENTRY_MEMORY, 1 << 30);
		assert_int_param(&c, MACHINE_ENTRY_MAX_PID, 32768);
		assert_int_param(&c, MACHINE_ENTRY_BOOT, 1700000000000000000);
		close_list(&c);
	}
}

static void put_interface(struct buf *b, uint16_t kind, size_t size, bool speed)
{
	put_u16(b, kind);
	put_u16(b, 4);
	for (unsigned i = 0; i < 3 * size; i++)
		put_u8(b, (uint8_t)(i / size + 1));
	if (speed)
		put_u64(b, 1000);
	buf_str(b, STR("eth0"));
}

static void interfaces_of_all_kinds_are_events(void **state)
{
	static const struct {
		uint32_t type;
		bool lengths;
	} blocks[] = { { 0x205, false }, { 0x8011ABCD, false }, { 0x219, true } };
	static const struct {
		uint16_t kind;
		size_t size;
		bool speed;
	} kinds[] = { { 1, 4, true }, { 2, 16, true }, { 3, 4, false }, { 4, 16, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct capture c;
		uint8_t twos[16];

		memset(twos, 2, sizeof(twos));
		begin(&c, blocks[i].type);
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			size_t start = blocks[i].lengths ? length_begin(&c.bytes) : 0;

			put_interface(&c.bytes, kinds[k].kind, kinds[k].size, kinds[k].speed);
			/* What a newer writer adds is passed over. */
			if (blocks[i].lengths) {
				buf_str(&c.bytes, STR("newer"));
				length_end(&c.bytes, start, false);
			}
		}
		open_list(&c);
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			next_entry(&c, EVENT_INTERFACE_ENTRY);
			assert_text_param(&c, INTERFACE_ENTRY_NAME, "eth0");
			assert_bytes_param(&c, INTERFACE_ENTRY_NETMASK, twos, kinds[k].size);
			assert_int_equal(event_param(&c.ev, INTERFACE_ENTRY_ADDRESS).p[0], 1);
			assert_int_equal(event_param(&c.ev, INTERFACE_ENTRY_BROADCAST).p[0], 3);
			if (kinds[k].speed)
				assert_int_param(&c, INTERFACE_ENTRY_SPEED, 1000);
			else
				assert_bytes_param(&c, INTERFACE_ENTRY_SPEED, "", 0);
		}
		close_list(&c);
	}
}

static void users_and_groups_are_events(void **state)
{
	static const struct {
		uint32_t type;
		bool lengths;
	} blocks[] = { { 0x206, false }, { 0x8012ABCD, false }, { 0x220, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct capture c;
		size_t start = 0;

		begin(&c, blocks[i].type);
		if (blocks[i].lengths)
			start = length_begin(&c.bytes);
		put_u8(&c.bytes, 0);
		put_u32(&c.bytes, 1000);
		put_u32(&c.bytes, 100);
		put_str16(&c.bytes, "ann");
		put_str16(&c.bytes, "/home/ann");
		put_str16(&c.bytes, "/bin/sh");
		if (blocks[i].lengths) {
			buf_str(&c.bytes, STR("newer"));
			length_end(&c.bytes, start, true);
			start = length_begin(&c.bytes);
		}
		put_u8(&c.bytes, 1);
		put_u32(&c.bytes, 100);
		put_str16(&c.bytes, "users");
		if (blocks[i].lengths)
			length_end(&c.bytes, start, true);
		open_list(&c);
		next_entry(&c, EVENT_USER_ADDED_E);
		assert_int_param(&c, USER_ADDED_E_UID, 1000);
		assert_int_param(&c, USER_ADDED_E_GID, 100);
		assert_text_param(&c, USER_ADDED_E_NAME, "ann");
		assert_text_param(&c, USER_ADDED_E_HOME, "/home/ann");
		assert_text_param(&c, USER_ADDED_E_SHELL, "/bin/sh");
		assert_text_param(&c, USER_ADDED_E_CONTAINER_ID, "");
		next_entry(&c, EVENT_GROUP_ADDED_E);
		assert_int_param(&c, GROUP_ADDED_E_GID, 100);
		assert_text_param(&c, GROUP_ADDED_E_NAME, "users");
		assert_text_param(&c, GROUP_ADDED_E_CONTAINER_ID, "");
		close_list(&c);
	}
}

/* A string list without the last NUL, as old writers left it. */
static void put_list16(struct buf *b, const char *bytes, size_t len)
{
	put_u16(b, (uint16_t)len);
	buf_add(b, bytes, len);
}

/* What all versions have in common, in the order of the file. */
static void put_proc(struct buf *b, unsigned version)
{
	put_u64(b, 11);
	put_u64(b, 12);
	put_u64(b, 13);
	if (version >= 6)
		put_u64(b, 14);
	if (version >= 8)
		put_u64(b, 15);
	put_str16(b, "comm");
	put_str16(b, "exe");
	if (version >= 7)
		put_str16(b, "/bin/exe");
	put_list16(b, "a\0bc", 4);
	put_str16(b, "/cwd/");
	put_u64(b, 1024);
	put_u32(b, 0x40000000);
	put_u32(b, 1000);
	put_u32(b, 100);
	if (version >= 2) {
		put_u32(b, 21);
		put_u32(b, 22);
		put_u32(b, 23);
		put_u64(b, 24);
		put_u64(b, 25);
	}
	if (version >= 3)
		put_list16(b, "E=1\0", 4);
	if (version >= 4) {
		put_u64(b, 31);
		put_u64(b, 32);
		put_list16(b, "cpu=/x", 6);
	}
	if (version >= 5)
		put_str16(b, "/root");
}

static void check_proc(const struct capture *c, unsigned version)
{
	static const uint32_t vm[] = { 21, 22, 23 }, no_vm[3];
	static const uint64_t pgft[] = { 24, 25 }, no_pgft[2];

	assert_int_equal(c->ev.tid, 11);
	assert_int_param(c, PROC_ENTRY_PID, 12);
	assert_int_param(c, PROC_ENTRY_PTID, 13);
	assert_int_param(c, PROC_ENTRY_SID, version >= 6 ? 14 : -1);
	assert_int_param(c, PROC_ENTRY_VPGID, version >= 8 ? 15 : -1);
	assert_text_param(c, PROC_ENTRY_COMM, "comm");
	assert_text_param(c, PROC_ENTRY_EXE, "exe");
	if (version >= 7)
		assert_text_param(c, PROC_ENTRY_EXEPATH, "/bin/exe");
	else
		assert_text_param(c, PROC_ENTRY_EXEPATH, "");
	assert_text_param(c, PROC_ENTRY_ARGS, "a\0bc");
	assert_text_param(c, PROC_ENTRY_CWD, "/cwd/");
	assert_int_param(c, PROC_ENTRY_FDLIMIT, 1024);
	assert_int_param(c, PROC_ENTRY_FLAGS, 0x40000000);
	assert_int_param(c, PROC_ENTRY_UID, 1000);
	assert_int_param(c, PROC_ENTRY_GID, 100);
	assert_bytes_param(c, PROC_ENTRY_VM, version >= 2 ? vm : no_vm, sizeof(vm));
	assert_bytes_param(c, PROC_ENTRY_PGFT, version >= 2 ? pgft : no_pgft, sizeof(pgft));
	assert_bytes_param(c, PROC_ENTRY_ENV, "E=1\0", version >= 3 ? 4 : 0);
	assert_int_param(c, PROC_ENTRY_VTID, version >= 4 ? 31 : -1);
	assert_int_param(c, PROC_ENTRY_VPID, version >= 4 ? 32 : -1);
	assert_bytes_param(c, PROC_ENTRY_CGROUPS, "cpu=/x\0", version >= 4 ? 7 : 0);
	if (version >= 5)
		assert_text_param(c, PROC_ENTRY_ROOT, "/root");
	else
		assert_text_param(c, PROC_ENTRY_ROOT, "");
}

static void check_no_tail(const struct capture *c)
{
	static const uint64_t none[3];

	assert_int_param(c, PROC_ENTRY_PIDNS_START, 0);
	assert_int_param(c, PROC_ENTRY_TTY, 0);
	assert_int_param(c, PROC_ENTRY_LOGINUID, 0xffffffff);
	assert_bytes_param(c, PROC_ENTRY_CAPS, none, sizeof(none));
	assert_int_param(c, PROC_ENTRY_EXE_FLAGS, 0);
	assert_int_param(c, PROC_ENTRY_EXE_INO, 0);
	assert_int_param(c, PROC_ENTRY_PGID, -1);
}

static void processes_of_every_version_are_events(void **state)
{
	static const struct {
		uint32_t type;
		unsigned version;
	} blocks[] = {
		{ 0x202, 1 }, { 0x8000ABCD, 1 }, { 0x207, 2 }, { 0x8013ABCD, 2 },
		{ 0x209, 3 }, { 0x8014ABCD, 3 }, { 0x210, 4 }, { 0x211, 5 },
		{ 0x212, 6 }, { 0x213, 7 },      { 0x214, 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct capture c;

		print_message("  block %" PRIx32 "\n", blocks[i].type);
		begin(&c, blocks[i].type);
		put_proc(&c.bytes, blocks[i].version);
		put_proc(&c.bytes, blocks[i].version);
		open_list(&c);
		for (unsigned k = 0; k < 2; k++) {
			next_entry(&c, EVENT_PROC_ENTRY);
			check_proc(&c, blocks[i].version);
			check_no_tail(&c);
		}
		close_list(&c);
	}
}

/* Version 9's tail, the two members that were put in later only when asked for. */
static void put_tail(struct buf *b, bool inserted)
{
	if (inserted) {
		put_u64(b, 41);
		put_u32(b, 42);
	}
	put_u32(b, 43);
	put_u8(b, 1);
	put_u64(b, 44);
	put_u64(b, 45);
	put_u64(b, 46);
	put_u8(b, 1);
	put_u64(b, 47);
	put_u64(b, 48);
	put_u64(b, 49);
	put_u8(b, 1);
	put_u8(b, 1);
	put_u64(b, 50);
}

/* An entry that ends where a writer of some age stopped. */
static void the_tail_of_version_9_may_end_anywhere(void **state)
{
	static const struct {
		const char *what;
		bool inserted;
		size_t len;
		int64_t pidns, tty, loginuid, flags, ino, mtime, pgid;
	} cases[] = {
		{ "no tail", false, 0, 0, 0, 0xffffffff, 0, 0, 0, -1 },
		{ "up to the login uid", false, 4, 0, 0, 43, 0, 0, 0, -1 },
		{ "up to the writable mark", false, 5, 0, 0, 43, 1, 0, 0, -1 },
		{ "up to the capabilities", false, 29, 0, 0, 43, 1, 0, 0, -1 },
		{ "with what was inserted, up to the upper layer", true, 42, 41, 42, 43, 3, 0, 0,
		  -1 },
		{ "up to the inode", true, 50, 41, 42, 43, 3, 47, 0, -1 },
		{ "up to the modification time", true, 66, 41, 42, 43, 3, 47, 49, -1 },
		{ "up to the memfd mark", true, 67, 41, 42, 43, 7, 47, 49, -1 },
		{ "up to the lower layer", true, 68, 41, 42, 43, 15, 47, 49, -1 },
		{ "all", true, 76, 41, 42, 43, 15, 47, 49, 50 },
		{ "all and more", true, 90, 41, 42, 43, 15, 47, 49, 50 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct capture c;

		print_message("  %s\n", cases[i].what);
		begin(&c, 0x215);
		for (unsigned k = 0; k < 2; k++) {
			struct buf tail = { 0 };
			size_t start = length_begin(&c.bytes);

			put_proc(&c.bytes, 9);
			put_tail(&tail, cases[i].inserted);
			while (tail.len < cases[i].len)
				put_u8(&tail, 0xee);
			buf_add(&c.bytes, tail.p, cases[i].len);
			length_end(&c.bytes, start, true);
			buf_fini(&tail);
		}
		open_list(&c);
		for (unsigned k = 0; k < 2; k++) {
			next_entry(&c, EVENT_PROC_ENTRY);
			check_proc(&c, 9);
			assert_int_param(&c, PROC_ENTRY_PIDNS_START, cases[i].pidns);
			assert_int_param(&c, PROC_ENTRY_TTY, cases[i].tty);
			assert_int_param(&c, PROC_ENTRY_LOGINUID, cases[i].loginuid);
			assert_int_param(&c, PROC_ENTRY_EXE_FLAGS, cases[i].flags);
			assert_int_param(&c, PROC_ENTRY_EXE_INO, cases[i].ino);
			assert_int_param(&c, PROC_ENTRY_EXE_MTIME, cases[i].mtime);
			assert_int_param(&c, PROC_ENTRY_PGID, cases[i].pgid);
		}
		close_list(&c);
	}
}

static void put_bytes(struct buf *b, uint8_t value, size_t n)
{
	while (n--)
		put_u8(b, value);
}

/* What follows the type. */
static void put_payload(struct buf *b, uint8_t type, bool with_device)
{
	const size_t size = type == 4 || type == 6 ? 16 : 4;

	switch (type) {
	case 0:
		break;
	case 3:
	case 4:
		put_bytes(b, 1, size);
		put_bytes(b, 2, size);
		put_u16(b, 1111);
		put_u16(b, 2222);
		put_u8(b, 2);
		break;
	case 5:
	case 6:
		put_bytes(b, 2, size);
		put_u16(b, 2222);
		put_u8(b, 3);
		break;
	case 8:
		put_u64(b, 0x1111);
		put_u64(b, 0x2222);
		put_str16(b, "/sock");
		break;
	case 16:
		put_u32(b, 0x1001);
		put_str16(b, "/file");
		if (with_device)
			put_u32(b, 0x803);
		break;
	default:
		put_str16(b, "name");
		break;
	}
}

/* family, source address and port, destination address and port */
static void check_socket(const struct capture *c, uint8_t type, bool server)
{
	const size_t size = type == 4 || type == 6 ? 16 : 4;
	struct buf want = { 0 };

	put_u8(&want, size == 16 ? 10 : 2);
	put_bytes(&want, server ? 0 : 1, size);
	put_u16(&want, server ? 0 : 1111);
	put_bytes(&want, 2, size);
	put_u16(&want, 2222);
	assert_bytes_param(c, FD_ENTRY_TUPLE, want.p, want.len);
	assert_int_param(c, FD_ENTRY_L4PROTO, server ? 3 : 2);
	buf_fini(&want);
}

static void check_fd(const struct capture *c, uint8_t type, int64_t device)
{
	static const char unix_tuple[] = "\1\x11\x11\0\0\0\0\0\0\x22\x22\0\0\0\0\0\0/sock";

	assert_int_equal(c->ev.tid, 77);
	assert_int_param(c, FD_ENTRY_FD, type + 3);
	assert_int_param(c, FD_ENTRY_INO, 99);
	assert_int_param(c, FD_ENTRY_FD_TYPE, type);
	if (type >= 3 && type <= 6) {
		check_socket(c, type, type >= 5);
		return;
	}
	assert_int_param(c, FD_ENTRY_DEV, type == 16 ? device : 0);
	assert_int_param(c, FD_ENTRY_OPEN_FLAGS, type == 16 ? 0x1001 : 0);
	if (type == 8) {
		assert_text_param(c, FD_ENTRY_TUPLE, unix_tuple);
		assert_text_param(c, FD_ENTRY_NAME, "/sock");
	} else if (type == 16) {
		assert_text_param(c, FD_ENTRY_NAME, "/file");
	} else if (type) {
		assert_text_param(c, FD_ENTRY_NAME, "name");
	} else {
		assert_text_param(c, FD_ENTRY_NAME, "");
	}
}

static void descriptors_of_every_type_are_events(void **state)
{
	static const struct {
		uint32_t type;
		bool lengths, device;
	} blocks[] = {
		{ 0x203, false, false },
		{ 0x8001ABCD, false, false },
		{ 0x218, true, false },
		{ 0x218, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct capture c;

		begin(&c, blocks[i].type);
		put_u64(&c.bytes, 77);
		for (uint8_t type = 0; type <= 21; type++) {
			size_t start = blocks[i].lengths ? length_begin(&c.bytes) : 0;

			put_u64(&c.bytes, type + 3u);
			put_u64(&c.bytes, 99);
			put_u8(&c.bytes, type);
			put_payload(&c.bytes, type, blocks[i].device);
			if (blocks[i].lengths)
				length_end(&c.bytes, start, true);
		}
		open_list(&c);
		for (uint8_t type = 0; type <= 21; type++) {
			next_entry(&c, EVENT_FD_ENTRY);
			check_fd(&c, type, blocks[i].device ? 0x803 : 0);
		}
		close_list(&c);
	}
}

static void a_descriptor_of_a_newer_type_is_unsupported(void **state)
{
	struct capture c;
	size_t start;

	(void)state;
	begin(&c, 0x218);
	put_u64(&c.bytes, 77);
	start = length_begin(&c.bytes);
	put_u64(&c.bytes, 5);
	put_u64(&c.bytes, 99);
	put_u8(&c.bytes, 200);
	buf_str(&c.bytes, STR("whatever it has"));
	length_end(&c.bytes, start, true);
	open_list(&c);
	next_entry(&c, EVENT_FD_ENTRY);
	assert_int_param(&c, FD_ENTRY_FD_TYPE, 10);
	assert_text_param(&c, FD_ENTRY_NAME, "unknown-type:[200]");
	close_list(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_info_is_an_event),
		cmocka_unit_test(interfaces_of_all_kinds_are_events),
		cmocka_unit_test(users_and_groups_are_events),
		cmocka_unit_test(processes_of_every_version_are_events),
		cmocka_unit_test(the_tail_of_version_9_may_end_anywhere),
		cmocka_unit_test(descriptors_of_every_type_are_events),
		cmocka_unit_test(a_descriptor_of_a_newer_type_is_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
