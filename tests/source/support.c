/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/err.h"

const char *shared_dir(void)
{
	const char *dir = getenv("BESRA_SHARED");

	return dir ? dir : "../shared";
}

bool shared_there(const char *what)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/traces/README.md", shared_dir());
	f = fopen(path, "r");
	if (!f) {
		printf("SKIP: %s: no captures in %s (set BESRA_SHARED)\n", what, shared_dir());
		return false;
	}
	fclose(f);
	return true;
}

unsigned each_capture(void (*fn)(const char *path, void *arg), void *arg)
{
	char pattern[512];
	glob_t found;
	unsigned n;

	snprintf(pattern, sizeof(pattern), "%s/traces/*.scap", shared_dir());
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	n = (unsigned)found.gl_pathc;
	for (unsigned i = 0; i < n; i++)
		fn(found.gl_pathv[i], arg);
	globfree(&found);
	return n;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct bytes read_all(const char *path, bool decompress)
{
	struct bytes all = { 0 };
	size_t cap = 1 << 20;
	gzFile gz = decompress ? gzopen(path, "rb") : NULL;
	FILE *f = decompress ? NULL : fopen(path, "rb");

	if (!gz && !f) {
		printf("cannot open %s\n", path);
		abort();
	}
	all.p = malloc(cap);
	for (;;) {
		size_t n;

		if (all.len == cap)
			all.p = realloc(all.p, cap *= 2);
		n = gz ? (size_t)gzread(gz, all.p + all.len, (unsigned)(cap - all.len))
		       : fread(all.p + all.len, 1, cap - all.len, f);
		if (n == 0 || n > cap)
			break;
		all.len += n;
	}
	if (gz)
		gzclose(gz);
	if (f)
		fclose(f);
	/* Exactly as long as its contents, so that a step beyond them is seen. */
	all.p = realloc(all.p, all.len ? all.len : 1);
	return all;
}

struct bytes file_bytes(const char *path)
{
	return read_all(path, false);
}

struct bytes capture_bytes(const char *path)
{
	return read_all(path, true);
}

void put_u8(struct buf *b, uint8_t v)
{
	buf_add(b, &v, sizeof(v));
}

void put_u16(struct buf *b, uint16_t v)
{
	buf_add(b, &v, sizeof(v));
}

void put_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

void put_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

void put_str16(struct buf *b, const char *text)
{
	put_u16(b, (uint16_t)strlen(text));
	buf_str(b, str_from(text));
}

size_t block_begin(struct buf *b, uint32_t type)
{
	size_t start = b->len;

	put_u32(b, type);
	put_u32(b, 0);
	return start;
}

void block_end(struct buf *b, size_t start)
{
	uint32_t len;

	while ((b->len - start) % 4)
		put_u8(b, 0);
	len = (uint32_t)(b->len - start) + 4;
	put_u32(b, len);
	memcpy(b->p + start + 4, &len, sizeof(len));
}

void put_section(struct buf *b)
{
	size_t start = block_begin(b, 0x0A0D0D0A);

	put_u32(b, 0x1A2B3C4D);
	put_u16(b, 1);
	put_u16(b, 2);
	put_u64(b, UINT64_MAX);
	block_end(b, start);
}

void put_event(struct buf *b, unsigned type, uint64_t ts, int64_t tid, unsigned n,
	       const struct str *params)
{
	size_t start = block_begin(b, 0x216);
	uint32_t len = 26;

	for (unsigned i = 0; i < n; i++)
		len += 2 + (uint32_t)params[i].len;
	put_u16(b, 3);
	put_u64(b, ts);
	put_u64(b, (uint64_t)tid);
	put_u32(b, len);
	put_u16(b, (uint16_t)type);
	put_u32(b, n);
	for (unsigned i = 0; i < n; i++)
		put_u16(b, (uint16_t)params[i].len);
	for (unsigned i = 0; i < n; i++)
		buf_str(b, params[i]);
	block_end(b, start);
}

static uint64_t mix(uint64_t digest, struct str s)
{
	return (digest ^ str_hash(s)) * 0x9E3779B97F4A7C15u + s.len;
}

struct run run_source(struct source *s)
{
	struct run run = { 0 };
	struct raw raw;

	while ((run.end = source_next(s, &raw, &run.err)) > 0) {
		struct event ev;

		if (raw.flags & WIRE_SYNTHETIC)
			run.synthetic++;
		else
			run.events++;
		run.digest = mix(run.digest, str_of(raw.bytes, raw.len));
		run.digest += raw.cpu * 31u + raw.flags * 7u + raw.sequence;
		/* Malformed ones are left to the engine; opening one must be safe. */
		if (event_open(&ev, &raw) == 0)
			for (unsigned i = 0; i < ev.nparams; i++)
				run.digest = mix(run.digest, event_param(&ev, i));
	}
	run.stats = *source_stats(s);
	source_close(s);
	return run;
}

struct run run_memory(const void *bytes, size_t len)
{
	struct run run = { 0 };
	struct source *s = source_open_memory(bytes, len, &run.err);

	if (s)
		return run_source(s);
	run.end = run.err.code;
	return run;
}
