/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(struct arena *arena, int fd, size_t size, struct str *out)
{
	char *p = arena_bytes(arena, size + 1);
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, p + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		n += (size_t)got;
	}
	p[n] = '\0';
	*out = str_of(p, n);
	return 0;
}

static int read_file(struct arena *arena, const char *path, struct str *out, struct err *err)
{
	/* Nothing else than a regular file is waited for: a FIFO would block for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code;
	struct stat st;

	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		code = err_set(err, -errno, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		code = err_set(err, -EISDIR, "%s: is a directory", path);
	else if (!S_ISREG(st.st_mode))
		code = err_set(err, -EINVAL, "%s: is not a regular file", path);
	else if ((uint64_t)st.st_size > YAML_FILE_MAX)
		code = err_set(err, -EFBIG, "%s: has %lld bytes; at most %zu are read", path,
			       (long long)st.st_size, YAML_FILE_MAX);
	else {
		code = read_all(arena, fd, (size_t)st.st_size, out);
		if (code < 0)
			err_set(err, code, "%s: %s", path, strerror(-code));
	}
	close(fd);
	return code;
}

int yaml_read(struct arena *arena, const char *path, struct yaml_file *out, struct diags *d,
	      struct err *err)
{
	struct str text;
	int code = read_file(arena, path, &text, err);

	if (code < 0)
		return code;
	code = yaml_parse(arena, path, text, out, d);
	if (code < 0)
		err_set(err, code, "%s: not YAML", path);
	return code;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct str want = str_from(key);

	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (map->pairs[i].key->kind == YAML_SCALAR &&
		    str_eq(map->pairs[i].key->value.text, want))
			return map->pairs[i].value;
	return NULL;
}

static bool is_word(struct str s, const char *lower)
{
	size_t n = strlen(lower);
	bool all_upper = true, rest_lower = true;

	/* yes, Yes, YES; but not yEs */
	if (s.len != n || !str_ieq(s, str_of(lower, n)))
		return false;
	for (size_t i = 1; i < n; i++) {
		all_upper &= s.p[i] != lower[i];
		rest_lower &= s.p[i] == lower[i];
	}
	return rest_lower || (all_upper && s.p[0] != lower[0]);
}

bool yaml_is_null(const struct yaml_node *n)
{
	struct str s;

	if (!n || n->kind != YAML_SCALAR || !n->plain)
		return false;
	s = n->value.text;
	return !s.len || str_eq(s, STR("~")) || is_word(s, "null");
}

bool yaml_bool_word(struct str text, bool *out)
{
	static const struct {
		const char *yes, *no;
	} words[] = { { "y", "n" }, { "yes", "no" }, { "true", "false" }, { "on", "off" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (is_word(text, words[i].yes))
			return *out = true, true;
		if (is_word(text, words[i].no))
			return *out = false, true;
	}
	return false;
}

bool yaml_bool(const struct yaml_node *n, bool *out)
{
	return n && n->kind == YAML_SCALAR && n->plain && yaml_bool_word(n->value.text, out);
}

bool yaml_int(const struct yaml_node *n, int64_t *out)
{
	return n && n->kind == YAML_SCALAR && n->plain && str_to_i64(n->value.text, out);
}
