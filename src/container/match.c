/* SPDX-License-Identifier: Apache-2.0 */
#include "container/container.h"

/*
 * Where runtimes put a container's cgroup. Every path of the thread is tried against every
 * rule, in this order; the first that fits decides.
 */

#define ID_FULL  64 /* hex digits of an id made by a runtime on runc */
#define ID_SHORT 12 /* as many of them name the container */

/* PREFIX id SUFFIX at the end of a path, where the id has ID_FULL hex digits. */
struct layout {
	struct str prefix, suffix, runtime;
};

static const struct layout layouts[] = {
	{ STR("/libpod-"), STR(".scope"), STR("podman") },
	{ STR("/libpod-"), STR(".scope/container"), STR("podman") },
	{ STR("/libpod-"), STR(""), STR("podman") },
	/* cgroupfs driver: docker's own, but the kubelet's runtimes look the same */
	{ STR("/"), STR(""), STR("docker") },
	{ STR("/docker-"), STR(".scope"), STR("docker") },
	{ STR("/crio-"), STR(""), STR("cri-o") },
	{ STR("/cri-containerd-"), STR(".scope"), STR("containerd") },
	{ STR("/crio-"), STR(".scope"), STR("cri-o") },
	{ STR(":cri-containerd:"), STR(""), STR("containerd") },
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex_id(struct str s)
{
	if (s.len != ID_FULL)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_hex(s.p[i]))
			return false;
	return true;
}

/* The offset of the first or last occurrence of `needle`, or s.len. */
static size_t find_first(struct str s, struct str needle)
{
	const char *at = s.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}

static size_t find_last(struct str s, struct str needle)
{
	for (size_t i = s.len; i-- > 0;)
		if (str_starts_with(str_from_index(s, i), needle))
			return i;
	return s.len;
}

static struct str head(struct str s, size_t len)
{
	return (struct str){ s.p, s.len < len ? s.len : len };
}

static struct cgroup_match found(struct str id, struct str runtime)
{
	return (struct cgroup_match){ id, runtime };
}

static const struct cgroup_match nothing = { { "", 0 }, { "", 0 } };

/* The last suffix counts, wherever it is: what a container makes below its scope fits too. */
static bool fits(const struct layout *l, struct str path, struct str *id)
{
	const size_t prefix = find_last(path, l->prefix);
	const size_t end = l->suffix.len ? find_last(path, l->suffix) : path.len;
	const size_t start = prefix + l->prefix.len;

	if (prefix == path.len || start + ID_FULL != end)
		return false;
	*id = (struct str){ path.p + start, ID_FULL };
	return is_hex_id(*id);
}

static struct cgroup_match match_runc(struct str path)
{
	struct str id;

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (fits(&layouts[i], path, &id))
			return found(head(id, ID_SHORT), layouts[i].runtime);
	return nothing;
}

/*
 * The first "/namespace/" of the path, both slashes included: letters and digits, single '.',
 * '_' or '-' between them. Empty when there is none.
 */
static struct str containerd_namespace(struct str path)
{
	for (size_t at = 0; at < path.len; at++) {
		size_t i = at + 1;

		if (path.p[at] != '/' || i >= path.len || !is_alnum(path.p[i]))
			continue;
		while (i < path.len &&
		       (is_alnum(path.p[i]) ||
			((path.p[i] == '.' || path.p[i] == '_' || path.p[i] == '-') &&
			 i + 1 < path.len && is_alnum(path.p[i + 1]))))
			i++;
		if (i < path.len && path.p[i] == '/')
			return (struct str){ path.p + at, i + 1 - at };
	}
	return (struct str){ "", 0 };
}

/*
 * Containers of plain containerd sit at /namespace/id, both freely chosen, which takes in much
 * that is no container ("/user/alice/0"); only systemd's own units are left out.
 */
static struct cgroup_match match_containerd(struct str path)
{
	const struct str namespace = containerd_namespace(path);
	size_t start;
	struct str id;

	if (!namespace.len || str_ends_with(path, STR(".service")) ||
	    str_ends_with(path, STR(".slice")) || str_ends_with(path, STR(".scope")))
		return nothing;
	start = find_last(path, namespace) + namespace.len;
	id = str_from_index(path, start);
	if (id.len == 0 || id.len > ID_FULL)
		return nothing;
	return found(head(id, ID_SHORT), STR("containerd"));
}

static struct cgroup_match match_lxc(struct str path)
{
	static const struct str roots[] = { STR("/lxc/"), STR("/lxc.payload/"),
					    STR("/lxc.payload.") };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const size_t at = find_first(path, roots[i]);
		struct str rest;

		if (at == path.len)
			continue;
		rest = str_from_index(path, at + roots[i].len);
		return found(head(rest, str_chr(rest, '/')), STR("lxc"));
	}
	return nothing;
}

/*
 *	/machine/NAME.libvirt-lxc
 *	/machine.slice/machine-lxc\x2dNUMBER\x2dNAME.scope[/libvirt]	  NUMBER\x2dNAME
 *
 * Its oldest form, /libvirt/lxc/NAME, is taken for a namespace of containerd.
 */
static struct cgroup_match match_libvirt(struct str path)
{
	const struct str escape = STR("-lxc\\x2");
	const struct str runtime = STR("libvirt-lxc");
	struct str suffix = STR(".libvirt-lxc");
	size_t at = find_first(path, suffix);
	size_t start;

	if (at < path.len && at + suffix.len == path.len) {
		start = str_rchr(path, '/');
		if (start < at)
			return found(head(str_from_index(path, start + 1), at - start - 1),
				     runtime);
	}

	start = find_first(path, escape);
	if (start < path.len) {
		suffix = str_contains(path, STR(".scope/libvirt")) ? STR(".scope/libvirt")
								   : STR(".scope");
		at = find_first(path, suffix);
		start += escape.len + 1; /* the 'd' of \x2d */
		if (start <= at && at + suffix.len == path.len)
			return found(head(str_from_index(path, start), at - start), runtime);
	}
	return nothing;
}

/* Cloud Foundry's process manager: bpm-ID[.scope]. */
static struct cgroup_match match_bpm(struct str path)
{
	size_t at = find_first(path, STR("bpm-"));
	struct str id;

	if (at == path.len)
		return nothing;
	id = str_from_index(path, at + 4);
	id = head(id, find_first(id, STR(".scope")));
	if (!id.len)
		return nothing;
	for (size_t i = 0; i < id.len; i++)
		if (!is_alnum(id.p[i]) && !memchr("._-", id.p[i], 3))
			return nothing;
	return found(id, STR("bpm"));
}

/*
 * A cgroup made inside a container (systemd or another runtime in it) lies below the
 * container's own: the innermost component that is one names the container.
 */
static struct cgroup_match match_nested(struct str path)
{
	while (path.len) {
		const struct cgroup_match m = match_runc(path);
		const size_t slash = str_rchr(path, '/');

		if (m.id.len)
			return m;
		path.len = slash < path.len ? slash : 0;
	}
	return nothing;
}

typedef struct cgroup_match (*matcher)(struct str path);

static struct cgroup_match match_path(struct str path)
{
	static const matcher matchers[] = { match_runc, match_containerd, match_lxc, match_libvirt,
					    match_bpm };

	for (size_t i = 0; i < ARRAY_SIZE(matchers); i++) {
		const struct cgroup_match m = matchers[i](path);

		if (m.id.len)
			return m;
	}
	return nothing;
}

static struct cgroup_match first_match(struct str cgroups, matcher match)
{
	while (cgroups.len) {
		const struct str entry = head(cgroups, str_chr(cgroups, '\0'));
		const struct str path = str_from_index(entry, str_chr(entry, '=') + 1);
		const struct cgroup_match m = path.len ? match(path) : nothing;

		if (m.id.len)
			return m;
		cgroups = str_from_index(cgroups, entry.len + 1);
	}
	return nothing;
}

struct cgroup_match container_match(struct str cgroups)
{
	const struct cgroup_match m = first_match(cgroups, match_path);

	return m.id.len ? m : first_match(cgroups, match_nested);
}
