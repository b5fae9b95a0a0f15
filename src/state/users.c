/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>

/* The users and groups of one container; of the host under the empty id. */
struct userspace {
	struct idmap users, groups;
	char id[];
};

struct userdb {
	struct budget *budget;
	struct slab users, groups;
	struct userspace *host;
	struct strmap containers;
};

#define USERSPACES_MAX 65536

/* With the place that its id takes in the map. */
static size_t userspace_cost(size_t id_len)
{
	return budget_block(sizeof(struct userspace) + id_len + 1) + 2 * sizeof(struct strmap_slot);
}

static struct userspace *userspace_new(struct budget *budget, struct str id)
{
	struct userspace *u;

	if (!budget_take(budget, userspace_cost(id.len)))
		return NULL;
	u = calloc(1, sizeof(*u) + id.len + 1);
	if (!u) {
		budget_give(budget, userspace_cost(id.len));
		return NULL;
	}
	u->users.budget = u->groups.budget = budget;
	if (id.len)
		memcpy(u->id, id.p, id.len);
	return u;
}

static void userspace_free(struct budget *budget, struct userspace *u)
{
	budget_give(budget, userspace_cost(strlen(u->id)));
	free(u);
}

struct userdb *userdb_new(struct budget *budget)
{
	struct userdb *db = calloc(1, sizeof(*db));

	if (!db)
		return NULL;
	db->budget = budget;
	slab_init(&db->users, sizeof(struct user), USERS_MAX, budget);
	slab_init(&db->groups, sizeof(struct user_group), USERS_MAX, budget);
	db->host = userspace_new(budget, STR(""));
	if (!db->host) {
		free(db);
		return NULL;
	}
	return db;
}

static struct userspace *userspace_of(const struct userdb *db, struct str id)
{
	return id.len ? strmap_get(&db->containers, id) : db->host;
}

static struct userspace *userspace_make(struct userdb *db, struct str id)
{
	struct userspace *u = userspace_of(db, id);

	if (u || db->containers.n >= USERSPACES_MAX)
		return u;
	u = userspace_new(db->budget, id);
	if (u && !strmap_put(&db->containers, str_of(u->id, id.len), u)) {
		userspace_free(db->budget, u);
		return NULL;
	}
	return u;
}

static void user_free(struct userdb *db, struct intern *intern, struct user *u)
{
	if (!u)
		return;
	intern_put(intern, u->name);
	intern_put(intern, u->home);
	intern_put(intern, u->shell);
	slab_free(&db->users, u);
}

static void group_free(struct userdb *db, struct intern *intern, struct user_group *g)
{
	if (!g)
		return;
	intern_put(intern, g->name);
	slab_free(&db->groups, g);
}

struct emptying {
	struct userdb *db;
	struct intern *intern;
};

static void empty_user(uint64_t key, void *value, void *arg)
{
	struct emptying *e = arg;

	(void)key;
	user_free(e->db, e->intern, value);
}

static void empty_group(uint64_t key, void *value, void *arg)
{
	struct emptying *e = arg;

	(void)key;
	group_free(e->db, e->intern, value);
}

static void userspace_empty(struct emptying *e, struct userspace *u)
{
	idmap_each(&u->users, empty_user, e);
	idmap_each(&u->groups, empty_group, e);
	idmap_fini(&u->users);
	idmap_fini(&u->groups);
}

static void empty_container(struct str key, void *value, void *arg)
{
	struct emptying *e = arg;

	(void)key;
	userspace_empty(e, value);
	userspace_free(e->db->budget, value);
}

void userdb_clear(struct userdb *db, struct intern *intern)
{
	struct emptying e = { db, intern };

	userspace_empty(&e, db->host);
	strmap_each(&db->containers, empty_container, &e);
	strmap_fini(&db->containers);
	db->containers = (struct strmap){ 0 };
}

void userdb_free(struct userdb *db, struct intern *intern)
{
	if (!db)
		return;
	userdb_clear(db, intern);
	userspace_free(db->budget, db->host);
	slab_fini(&db->users);
	slab_fini(&db->groups);
	free(db);
}

const struct user *state_user(const struct state *s, struct str container_id, uint32_t uid)
{
	const struct userspace *u = userspace_of(s->users, container_id);

	return u ? idmap_get(&u->users, uid) : NULL;
}

const struct user_group *state_group(const struct state *s, struct str container_id, uint32_t gid)
{
	const struct userspace *u = userspace_of(s->users, container_id);

	return u ? idmap_get(&u->groups, gid) : NULL;
}

static struct istr *text_at(struct state *s, const struct event *ev, unsigned i)
{
	struct str text;

	return event_text(ev, i, &text) ? intern_get(s->intern, text) : NULL;
}

static struct str container_at(const struct event *ev, unsigned i)
{
	struct str id;

	return event_text(ev, i, &id) ? id : (struct str){ "", 0 };
}

void apply_user_added(struct state *s, const struct event *ev, struct subject *who)
{
	struct userspace *space;
	struct user *u;
	uint32_t uid;

	(void)who;
	if (!param_u32(ev, USER_ADDED_E_UID, &uid))
		return;
	space = userspace_make(s->users, container_at(ev, USER_ADDED_E_CONTAINER_ID));
	if (!space)
		return;
	user_free(s->users, s->intern, idmap_del(&space->users, uid));
	u = slab_alloc(&s->users->users);
	if (!u)
		return;
	*u = (struct user){ .uid = uid,
			    .gid = param_u32_or(ev, USER_ADDED_E_GID, UINT32_MAX),
			    .name = text_at(s, ev, USER_ADDED_E_NAME),
			    .home = text_at(s, ev, USER_ADDED_E_HOME),
			    .shell = text_at(s, ev, USER_ADDED_E_SHELL) };
	if (!idmap_put(&space->users, uid, u))
		user_free(s->users, s->intern, u);
	state_touch(s, STATE_USERS);
}

void apply_user_deleted(struct state *s, const struct event *ev, struct subject *who)
{
	struct userspace *space =
		userspace_of(s->users, container_at(ev, USER_DELETED_E_CONTAINER_ID));
	uint32_t uid;

	(void)who;
	if (!space || !param_u32(ev, USER_DELETED_E_UID, &uid))
		return;
	user_free(s->users, s->intern, idmap_del(&space->users, uid));
	state_touch(s, STATE_USERS);
}

void apply_group_added(struct state *s, const struct event *ev, struct subject *who)
{
	struct userspace *space;
	struct user_group *g;
	uint32_t gid;

	(void)who;
	if (!param_u32(ev, GROUP_ADDED_E_GID, &gid))
		return;
	space = userspace_make(s->users, container_at(ev, GROUP_ADDED_E_CONTAINER_ID));
	if (!space)
		return;
	group_free(s->users, s->intern, idmap_del(&space->groups, gid));
	g = slab_alloc(&s->users->groups);
	if (!g)
		return;
	g->gid = gid;
	g->name = text_at(s, ev, GROUP_ADDED_E_NAME);
	if (!idmap_put(&space->groups, gid, g))
		group_free(s->users, s->intern, g);
	state_touch(s, STATE_USERS);
}

void apply_group_deleted(struct state *s, const struct event *ev, struct subject *who)
{
	struct userspace *space =
		userspace_of(s->users, container_at(ev, GROUP_DELETED_E_CONTAINER_ID));
	uint32_t gid;

	(void)who;
	if (!space || !param_u32(ev, GROUP_DELETED_E_GID, &gid))
		return;
	group_free(s->users, s->intern, idmap_del(&space->groups, gid));
	state_touch(s, STATE_USERS);
}
