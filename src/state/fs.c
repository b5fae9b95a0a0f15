/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

struct fs *fs_new(struct state *s, struct istr *cwd, struct istr *root)
{
	struct fs *fs = slab_alloc(&s->fs_slab);

	if (!fs) {
		intern_put(s->intern, cwd);
		intern_put(s->intern, root);
		return fs_ref(s->no_fs);
	}
	fs->refs = 1;
	fs->cwd = cwd;
	fs->root = root;
	return fs;
}

struct fs *fs_ref(struct fs *fs)
{
	if (fs)
		fs->refs++;
	return fs;
}

void fs_unref(struct state *s, struct fs *fs)
{
	if (!fs || --fs->refs)
		return;
	intern_put(s->intern, fs->cwd);
	intern_put(s->intern, fs->root);
	slab_free(&s->fs_slab, fs);
}

struct fs *fs_copy(struct state *s, const struct fs *fs)
{
	return fs ? fs_new(s, istr_ref(fs->cwd), istr_ref(fs->root)) : fs_new(s, NULL, NULL);
}

struct istr *dir_name(struct state *s, struct str path)
{
	char text[PATH_JOIN_MAX + 1];

	if (path.len && path.p[path.len - 1] == '/')
		return intern_get(s->intern, path);
	if (path.len > PATH_JOIN_MAX)
		path.len = PATH_JOIN_MAX;
	memcpy(text, path.p, path.len);
	text[path.len] = '/';
	return intern_get(s->intern, str_of(text, path.len + 1));
}

struct sharers {
	struct state *s;
	const struct fs *fs;
};

static void changed_if_shares(uint64_t key, void *value, void *arg)
{
	struct sharers *of = arg;
	struct node *n = value;

	(void)key;
	if (n->t.fs == of->fs)
		thread_changed(of->s, n);
}

void fs_chdir(struct state *s, struct node *n, struct str path)
{
	struct fs *fs = n->t.fs;
	char text[PATH_JOIN_MAX];
	struct istr *cwd;
	size_t len;

	/* A thread nobody announced has no directory of its own to change. */
	if (fs == s->na_fs || fs == s->no_fs)
		return;
	len = path_join(text, fs_cwd(fs), path);
	cwd = dir_name(s, str_of(text, len));
	if (!cwd)
		return;
	intern_put(s->intern, fs->cwd);
	if (fs->cwd == cwd)
		return;
	fs->cwd = cwd;
	if (fs->refs == 1)
		thread_changed(s, n);
	else
		idmap_each(&s->threads, changed_if_shares, &(struct sharers){ s, fs });
}
