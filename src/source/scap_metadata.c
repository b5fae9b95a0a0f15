/* SPDX-License-Identifier: Apache-2.0 */
#include "scap_reader.h"

#include <errno.h>
#include <inttypes.h>

/* More than the longest entry of any list with all its strings at their limit. */
#define ENTRY_MAX (32 << 10)
/* Shorter remainders of a list block are padding. */
#define PADDING_LIMIT 4

static const struct list_type list_types[] = {
	{ 0x205, 0x8011ABCD, "interface list", scap_read_interface, 1, LENGTH_NONE },
	{ 0x219, 0, "interface list", scap_read_interface, 2, LENGTH_WITHOUT_ITSELF },
	{ 0x206, 0x8012ABCD, "user list", scap_read_user, 1, LENGTH_NONE },
	{ 0x220, 0, "user list", scap_read_user, 2, LENGTH_WITH_ITSELF },
	{ 0x202, 0x8000ABCD, "process list", scap_read_proc, 1, LENGTH_NONE },
	{ 0x207, 0x8013ABCD, "process list", scap_read_proc, 2, LENGTH_NONE },
	{ 0x209, 0x8014ABCD, "process list", scap_read_proc, 3, LENGTH_NONE },
	{ 0x210, 0, "process list", scap_read_proc, 4, LENGTH_NONE },
	{ 0x211, 0, "process list", scap_read_proc, 5, LENGTH_NONE },
	{ 0x212, 0, "process list", scap_read_proc, 6, LENGTH_NONE },
	{ 0x213, 0, "process list", scap_read_proc, 7, LENGTH_NONE },
	{ 0x214, 0, "process list", scap_read_proc, 8, LENGTH_NONE },
	{ 0x215, 0, "process list", scap_read_proc, 9, LENGTH_WITH_ITSELF },
	{ 0x203, 0x8001ABCD, "descriptor list", scap_read_fd, 1, LENGTH_NONE },
	{ 0x218, 0, "descriptor list", scap_read_fd, 2, LENGTH_WITH_ITSELF },
};

int reader_machine(struct reader *r, uint64_t at, uint32_t length, struct raw *raw)
{
	struct err why = { 0 };
	struct entry e = { .out = &r->synthetic, .err = &why };
	int rc;

	if (length != BLOCK_FRAME + MACHINE_BODY)
		return reader_fail(r, at, -EBADMSG,
				   "machine info block of %" PRIu32 " bytes, not %d", length,
				   BLOCK_FRAME + MACHINE_BODY);
	rc = reader_want(r, at, length, "machine info");
	if (rc < 0)
		return rc;
	e.in = cursor_over(r->in.p + BLOCK_HEAD, MACHINE_BODY);
	buf_reset(&r->synthetic);
	rc = scap_read_machine(&e);
	if (rc < 0)
		return reader_fail(r, at, rc, "machine info: %s", why.text);
	r->in.p += BLOCK_HEAD + MACHINE_BODY;
	rc = reader_check_trailer(r, at, length);
	return rc < 0 ? rc : reader_hand_out(r, raw);
}

const struct list_type *reader_list_type(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_types); i++)
		if (list_types[i].type == type || (list_types[i].old_type == type && type))
			return &list_types[i];
	return NULL;
}

int reader_open_list(struct reader *r, uint64_t at, uint32_t length, const struct list_type *type)
{
	struct list list = { .type = type, .at = at, .length = length };
	struct cursor c;
	int rc;

	list.left = length - BLOCK_FRAME;
	r->in.p += BLOCK_HEAD;
	if (type->read == scap_read_fd) {
		if (list.left < sizeof(list.tid))
			return reader_fail(r, at, -EBADMSG, "%s of %" PRIu32 " bytes", type->what,
					   length);
		rc = reader_want(r, at, sizeof(list.tid), type->what);
		if (rc < 0)
			return rc;
		c = cursor_over(r->in.p, sizeof(list.tid));
		list.tid = cursor_u64(&c);
		list.left -= (uint32_t)sizeof(list.tid);
		r->in.p += sizeof(list.tid);
	}
	r->list = list;
	return 0;
}

static int close_list(struct reader *r)
{
	struct list *list = &r->list;
	int rc = reader_skip(r, list->at, list->left, list->type->what);

	list->type = NULL;
	return rc < 0 ? rc : reader_check_trailer(r, list->at, list->length);
}

/*
 * Narrows e->in, which covers what is loaded of the list, to one entry and says how long that
 * is in all; 0 with e->err filled when its length cannot be.
 */
static uint32_t entry_length(const struct list *list, struct entry *e)
{
	uint32_t stated = cursor_u32(&e->in);
	uint64_t total = stated;

	if (list->type->length == LENGTH_WITHOUT_ITSELF)
		total += sizeof(stated);
	if (total < sizeof(stated) || total > list->left) {
		err_set(e->err, -EBADMSG, "entry length %" PRIu32 " with %" PRIu32 " bytes left",
			stated, list->left);
		return 0;
	}
	if (total - sizeof(stated) < cursor_left(&e->in))
		e->in.end = e->in.p + (total - sizeof(stated));
	return (uint32_t)total;
}

/* The next entry of the open list, or 0 when it is through. */
int reader_next_entry(struct reader *r, struct raw *raw)
{
	struct list *list = &r->list;
	const uint64_t at = input_offset(&r->in);
	const size_t loaded = list->left < ENTRY_MAX ? list->left : ENTRY_MAX;
	struct err why = { 0 };
	struct entry e = {
		.version = list->type->version, .tid = list->tid, .out = &r->synthetic, .err = &why
	};
	uint32_t length = 0;
	int rc;

	if (list->left < PADDING_LIMIT)
		return close_list(r);
	rc = reader_want(r, at, loaded, list->type->what);
	if (rc < 0)
		return rc;
	e.in = cursor_over(r->in.p, loaded);
	buf_reset(&r->synthetic);
	if (list->type->length != LENGTH_NONE)
		length = entry_length(list, &e);
	rc = why.code ? why.code : list->type->read(&e);
	if (rc < 0)
		return reader_fail(r, at, rc, "%s: %s", list->type->what, why.text);
	if (e.in.overrun)
		return reader_fail(r, at, -EBADMSG, "%s: entry is cut short", list->type->what);
	if (length == 0)
		length = (uint32_t)(e.in.p - r->in.p);
	list->left -= length;
	rc = reader_skip(r, at, length, list->type->what);
	return rc < 0 ? rc : reader_hand_out(r, raw);
}

/* Types of a newer writer. */
int reader_skip_unknown(struct reader *r, uint64_t at, uint32_t type, uint32_t length)
{
	int rc;

	if (!r->begun && (type == 1 || type == 6))
		return reader_fail(
			r, at, -EBADMSG,
			"block type %" PRIu32 ": a network capture (pcapng), not a .scap", type);
	r->base.stats.skipped_blocks++;
	rc = reader_skip(r, at, length - BLOCK_TAIL, "block body");
	return rc < 0 ? rc : reader_check_trailer(r, at, length);
}
