/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <jansson.h>
#include <stdlib.h>

/*
 *	{"container":{"id":"697956520d89","full_id":"...","type":0,"name":"web","image":"nginx:1",
 *	 "imageid":"","imagerepo":"nginx","imagetag":"1","imagedigest":"","ip":"172.17.0.2",
 *	 "User":"","cni_json":"","pod_sandbox_id":"","privileged":false,"is_pod_sandbox":false,
 *	 "host_pid":false,"host_network":false,"host_ipc":false,
 *	 "labels":{"k":"v"},"pod_sandbox_labels":null,
 *	 "Mounts":[{"Source":"/a","Destination":"/b","Mode":"","RW":true,"Propagation":""}], ...}}
 *
 * Everything but the id may be missing or null. Other keys are of no use here.
 */

#define JSON_MAX   ((size_t)256 << 10) /* as a tree it takes 20 times as much */
#define LABELS_MAX 1024
#define MOUNTS_MAX 1024

/* "type" as Falco numbers the runtimes. */
static const struct {
	uint32_t number;
	struct str name;
} types[] = {
	{ 0, STR("docker") }, { 1, STR("lxc") },     { 2, STR("libvirt-lxc") }, { 3, STR("mesos") },
	{ 4, STR("rkt") },    { 6, STR("cri") },     { 7, STR("containerd") },  { 8, STR("cri-o") },
	{ 9, STR("bpm") },    { 11, STR("podman") }, { 65534, STR("host") },
};

static struct str type_text(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].number == number)
			return types[i].name;
	return STR("");
}

/*
 * The block is sized before it is filled: no text decoded from JSON is longer than its source,
 * so all of them together fit into as many bytes as the JSON has.
 */
struct packer {
	char *text;
	size_t left;
};

static struct str pack(struct packer *p, struct str s)
{
	char *at = p->text;

	if (!s.len || s.len > p->left)
		return STR("");
	memcpy(at, s.p, s.len);
	p->text += s.len;
	p->left -= s.len;
	return (struct str){ at, s.len };
}

static struct str text_of(const json_t *v)
{
	if (!json_is_string(v))
		return STR("");
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static struct str pack_key(struct packer *p, const json_t *object, const char *key)
{
	return pack(p, text_of(json_object_get(object, key)));
}

static bool is_set(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct container_label *)a)->key,
		       ((const struct container_label *)b)->key);
}

static size_t fill_labels(struct packer *p, json_t *object, struct container_label *out, size_t max)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach(object, key, value)
	{
		if (n == max)
			break;
		if (!json_is_string(value))
			continue;
		out[n].key = pack(p, str_from(key));
		out[n++].value = pack(p, text_of(value));
	}
	qsort(out, n, sizeof(*out), by_key);
	return n;
}

static size_t fill_mounts(struct packer *p, const json_t *array, struct container_mount *out,
			  size_t max)
{
	for (size_t i = 0; i < max; i++) {
		const json_t *m = json_array_get(array, i);

		out[i].source = pack_key(p, m, "Source");
		out[i].dest = pack_key(p, m, "Destination");
		out[i].mode = pack_key(p, m, "Mode");
		out[i].propagation = pack_key(p, m, "Propagation");
		out[i].rdwr = is_set(m, "RW");
	}
	return max;
}

static size_t at_most(size_t n, size_t max, uint64_t *cut)
{
	if (n <= max)
		return n;
	*cut += n - max;
	return max;
}

static void fill_texts(struct packer *p, const json_t *from, struct container *c)
{
	const json_t *type = json_object_get(from, "type");

	c->id = pack_key(p, from, "id");
	c->full_id = pack_key(p, from, "full_id");
	c->name = pack_key(p, from, "name");
	c->image = pack_key(p, from, "image");
	c->image_id = pack_key(p, from, "imageid");
	c->image_repository = pack_key(p, from, "imagerepo");
	c->image_tag = pack_key(p, from, "imagetag");
	c->image_digest = pack_key(p, from, "imagedigest");
	c->ip = pack_key(p, from, "ip");
	c->cni_json = pack_key(p, from, "cni_json");
	c->user = pack_key(p, from, "User");
	c->pod_sandbox_id = pack_key(p, from, "pod_sandbox_id");
	c->type = json_is_number(type) && json_number_value(type) >= 0 &&
				  json_number_value(type) <= UINT16_MAX
			  ? type_text((uint32_t)json_number_value(type))
			  : STR("");
	c->privileged = is_set(from, "privileged");
	c->host_pid = is_set(from, "host_pid");
	c->host_network = is_set(from, "host_network");
	c->host_ipc = is_set(from, "host_ipc");
	c->is_pod_sandbox = is_set(from, "is_pod_sandbox");
}

static struct record *record_new(size_t size)
{
	struct record *r = calloc(1, size);

	if (r)
		r->bytes = size;
	return r;
}

static struct record *build(const json_t *from, size_t text_len, uint64_t *cut)
{
	json_t *labels = json_object_get(from, "labels");
	json_t *pod_labels = json_object_get(from, "pod_sandbox_labels");
	const json_t *mounts = json_object_get(from, "Mounts");
	const size_t nlabels = at_most(json_object_size(labels), LABELS_MAX, cut);
	const size_t npod = at_most(json_object_size(pod_labels), LABELS_MAX, cut);
	const size_t nmounts = at_most(json_array_size(mounts), MOUNTS_MAX, cut);
	struct record *r = record_new(sizeof(struct record) +
				      (nlabels + npod) * sizeof(struct container_label) +
				      nmounts * sizeof(struct container_mount) + text_len);
	struct container_label *label;
	struct container_mount *mount;
	struct packer p;

	if (!r)
		return NULL;
	label = (struct container_label *)(r + 1);
	mount = (struct container_mount *)(label + nlabels + npod);
	p = (struct packer){ (char *)(mount + nmounts), text_len };

	fill_texts(&p, from, &r->container);
	r->container.labels = label;
	r->container.nlabels = fill_labels(&p, labels, label, nlabels);
	r->container.pod_labels = label + nlabels;
	r->container.npod_labels = fill_labels(&p, pod_labels, label + nlabels, npod);
	r->container.mounts = mount;
	r->container.nmounts = fill_mounts(&p, mounts, mount, nmounts);
	return r;
}

struct record *record_from_json(struct str json, uint64_t *cut)
{
	struct record *r = NULL;
	json_t *root, *from;

	json.len = str_chr(json, '\0');
	if (json.len > JSON_MAX) {
		(*cut)++;
		return NULL;
	}
	/* Numbers are read as reals: a memory limit may need more than 63 bits. */
	root = json_loadb(json.p, json.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	from = json_object_get(root, "container");
	if (!json_is_object(from))
		from = root;
	if (json_string_length(json_object_get(from, "id")))
		r = build(from, json.len, cut);
	json_decref(root);
	return r;
}

struct record *record_from_text(struct str id, uint32_t type, struct str name, struct str image)
{
	const size_t len = id.len + name.len + image.len;
	struct record *r = id.len ? record_new(sizeof(*r) + len) : NULL;
	struct packer p;

	if (!r)
		return NULL;
	p = (struct packer){ (char *)(r + 1), len };
	r->container.id = pack(&p, id);
	r->container.name = pack(&p, name);
	r->container.image = pack(&p, image);
	r->container.type = type_text(type);
	return r;
}

void record_free(struct record *r)
{
	free(r);
}
