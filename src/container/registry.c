/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/map.h"

#include <stdlib.h>

#define CONTAINERS_MAX 4096
#define METADATA_MAX   ((size_t)64 << 20) /* bytes of all records, or less: METADATA_SHARE */
#define METADATA_SHARE 8                  /* one part in so many of what the state may take */
#define PLACES_MAX     2048               /* distinct cgroup strings remembered */

#define HOST STR("host")

/* What a cgroup string says, found once. */
struct place {
	struct istr *cgroups; /* a reference: the pointer stays that string's own */
	struct cgroup_match match;
	/* As of `seen`, a value of containers.version. */
	const struct container *container;
	uint64_t seen;
	/* LXC and its like have no metadata but what the path says. */
	struct container bare;
};

struct containers {
	struct state *state;
	struct strmap by_id; /* id to record */
	struct record *oldest, *newest;
	struct budget memory; /* of all records */
	uint64_t version;     /* grows with every change of by_id; never 0 */

	struct place *places;
	size_t nplaces;
	struct idmap by_cgroups; /* istr to place */

	struct container host;
	const struct container *announced;
	struct record *departed; /* told of by the current event, no longer in by_id */

	uint64_t evicted, malformed, cut;
};

struct containers *containers_new(struct state *state)
{
	struct containers *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->places = calloc(PLACES_MAX, sizeof(*c->places));
	if (!c->places) {
		free(c);
		return NULL;
	}
	c->state = state;
	c->memory.whole = state_budget(state);
	c->memory.max = c->memory.whole->max / METADATA_SHARE;
	if (c->memory.max > METADATA_MAX)
		c->memory.max = METADATA_MAX;
	c->version = 1;
	c->host.id = c->host.full_id = c->host.name = c->host.type = HOST;
	return c;
}

static void forget_places(struct containers *c)
{
	for (size_t i = 0; i < c->nplaces; i++)
		intern_put(state_intern(c->state), c->places[i].cgroups);
	c->nplaces = 0;
	idmap_fini(&c->by_cgroups);
}

void containers_free(struct containers *c)
{
	if (!c)
		return;
	forget_places(c);
	for (struct record *r = c->oldest, *next; r; r = next) {
		next = r->newer;
		record_free(r);
	}
	budget_give(&c->memory, c->memory.used);
	record_free(c->departed);
	strmap_fini(&c->by_id);
	free(c->places);
	free(c);
}

/* ---- What is known of containers ---- */

static void changed(struct containers *c)
{
	c->version++;
	state_touch(c->state, STATE_CONTAINERS);
}

static void unlink_record(struct containers *c, struct record *r)
{
	strmap_del(&c->by_id, r->container.id);
	*(r->older ? &r->older->newer : &c->oldest) = r->newer;
	*(r->newer ? &r->newer->older : &c->newest) = r->older;
	budget_give(&c->memory, budget_block(r->bytes));
}

static void forget(struct containers *c, struct str id)
{
	struct record *r = strmap_get(&c->by_id, id);

	if (!r)
		return;
	unlink_record(c, r);
	record_free(r);
	changed(c);
}

/* Takes so many bytes; the oldest records go until they are there. */
static bool make_room(struct containers *c, size_t bytes)
{
	while (c->by_id.n >= CONTAINERS_MAX || !budget_take(&c->memory, bytes)) {
		if (!c->oldest)
			return false;
		c->evicted++;
		forget(c, c->oldest->container.id);
	}
	return true;
}

static void add(struct containers *c, struct record *r)
{
	const size_t bytes = budget_block(r->bytes);

	forget(c, r->container.id);
	if (!make_room(c, bytes)) {
		c->evicted++;
		record_free(r);
		return;
	}
	if (!strmap_put(&c->by_id, r->container.id, r)) {
		budget_give(&c->memory, bytes);
		c->evicted++;
		record_free(r);
		return;
	}
	r->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = r;
	c->newest = r;
	c->announced = &r->container;
	changed(c);
}

static void added(struct containers *c, struct record *r)
{
	if (r)
		add(c, r);
	else
		c->malformed++;
}

static void removed(struct containers *c, struct record *r)
{
	if (!r) {
		c->malformed++;
		return;
	}
	forget(c, r->container.id);
	c->departed = r;
	c->announced = &r->container;
	state_touch(c->state, STATE_CONTAINERS);
}

static void apply_json(struct containers *c, const struct event *ev)
{
	/* The same index in both forms of the event. */
	_Static_assert(CONTAINER_JSON_E_JSON == (int)CONTAINER_JSON_2_E_JSON, "");
	added(c, record_from_json(event_param(ev, CONTAINER_JSON_2_E_JSON), &c->cut));
}

static void apply_text(struct containers *c, const struct event *ev)
{
	struct str id = STR(""), name = STR(""), image = STR("");

	event_text(ev, CONTAINER_E_ID, &id);
	event_text(ev, CONTAINER_E_NAME, &name);
	event_text(ev, CONTAINER_E_IMAGE, &image);
	added(c, record_from_text(id, (uint32_t)event_int_or(ev, CONTAINER_E_TYPE, UINT16_MAX),
				  name, image));
}

static void apply_async(struct containers *c, const struct event *ev)
{
	const struct str data = event_param(ev, ASYNCEVENT_E_DATA);
	struct str name;

	if (!event_text(ev, ASYNCEVENT_E_NAME, &name))
		return;
	if (str_eq(name, STR("container")))
		added(c, record_from_json(data, &c->cut));
	else if (str_eq(name, STR("container_removed")))
		removed(c, record_from_json(data, &c->cut));
}

/* What was remembered of the sender of an announcement was about the container announced. */
static void end_announcement(struct containers *c)
{
	if (!c->announced)
		return;
	c->announced = NULL;
	record_free(c->departed);
	c->departed = NULL;
	state_touch(c->state, STATE_CONTAINERS);
}

void containers_apply(struct containers *c, const struct event *ev)
{
	end_announcement(c);
	if (c->nplaces == PLACES_MAX)
		forget_places(c);

	if (ev->type == EVENT_CONTAINER_JSON_E || ev->type == EVENT_CONTAINER_JSON_2_E)
		apply_json(c, ev);
	else if (ev->type == EVENT_CONTAINER_E)
		apply_text(c, ev);
	else if (ev->type == EVENT_ASYNCEVENT_E)
		apply_async(c, ev);
}

void containers_stats(const struct containers *c, struct container_stats *out)
{
	*out = (struct container_stats){
		.known = c->by_id.n,
		.bytes = c->memory.used,
		.evicted = c->evicted,
		.malformed = c->malformed,
		.cut = c->cut,
	};
}

const struct container *container_find(const struct containers *c, struct str id)
{
	const struct record *r = strmap_get(&c->by_id, id);

	return r ? &r->container : NULL;
}

const struct container *container_announced(const struct containers *c)
{
	return c->announced;
}

/* ---- Where a thread is ---- */

static bool has_no_runtime_to_ask(struct str runtime)
{
	return str_eq(runtime, STR("lxc")) || str_eq(runtime, STR("libvirt-lxc")) ||
	       str_eq(runtime, STR("bpm"));
}

/* NULL when as many strings as are remembered came up within one event. */
static struct place *place_of(struct containers *c, struct istr *cgroups)
{
	struct place *p = idmap_get(&c->by_cgroups, (uintptr_t)cgroups);

	if (p || c->nplaces == PLACES_MAX)
		return p;
	p = &c->places[c->nplaces];
	if (!idmap_put(&c->by_cgroups, (uintptr_t)cgroups, p))
		return NULL;
	c->nplaces++;
	*p = (struct place){ .cgroups = istr_ref(cgroups),
			     .match = container_match(istr_view(cgroups)) };
	if (has_no_runtime_to_ask(p->match.runtime)) {
		p->bare.id = p->match.id;
		p->bare.type = p->match.runtime;
	}
	return p;
}

static struct cgroup_match match_of(struct containers *c, const struct thread *t)
{
	const struct place *p = place_of(c, t->cgroups);

	return p ? p->match : container_match(istr_view(t->cgroups));
}

struct str container_id(struct containers *c, const struct thread *t)
{
	struct str id;

	if (!t)
		return STR("");
	id = t->cgroups ? match_of(c, t).id : STR("");
	return id.len ? id : HOST;
}

static const struct container *look_up(const struct containers *c, struct cgroup_match match)
{
	return match.id.len ? container_find(c, match.id) : &c->host;
}

const struct container *container_get(struct containers *c, const struct thread *t)
{
	struct place *p;

	if (!t)
		return NULL;
	if (!t->cgroups)
		return &c->host;
	p = place_of(c, t->cgroups);
	if (!p)
		return look_up(c, container_match(istr_view(t->cgroups)));
	if (p->seen != c->version) {
		p->container = look_up(c, p->match);
		if (!p->container && p->bare.id.len)
			p->container = &p->bare;
		p->seen = c->version;
	}
	return p->container;
}
