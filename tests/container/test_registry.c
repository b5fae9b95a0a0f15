/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/buf.h"
#include "container/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT "0123456789ab"
#define PATH  "cpu=/docker/" HEX64

struct bench {
	struct state *state;
	struct containers *containers;
	struct buf bytes;
	struct event ev;
	struct thread thread;
};

static struct bench bench_new(void)
{
	struct bench b = { .state = state_new(NULL) };

	assert_non_null(b.state);
	b.containers = containers_new(b.state);
	assert_non_null(b.containers);
	return b;
}

static void bench_free(struct bench *b)
{
	intern_put(state_intern(b->state), b->thread.cgroups);
	containers_free(b->containers);
	state_free(b->state);
	buf_fini(&b->bytes);
}

static void open_event(struct bench *b, struct event_writer *w)
{
	struct raw raw = { 0 };

	assert_int_equal(event_end(w), 0);
	raw.bytes = (const uint8_t *)b->bytes.p;
	raw.len = (uint32_t)b->bytes.len;
	assert_int_equal(event_open(&b->ev, &raw), 0);
}

static void tell_json(struct bench *b, const char *json)
{
	struct event_writer w;

	buf_reset(&b->bytes);
	event_begin(&w, &b->bytes, EVENT_CONTAINER_JSON_2_E, 1, 0, 1);
	event_push_text(&w, str_from(json));
	open_event(b, &w);
	containers_apply(b->containers, &b->ev);
}

static void tell_async(struct bench *b, const char *name, const char *json)
{
	struct event_writer w;

	buf_reset(&b->bytes);
	event_begin(&w, &b->bytes, EVENT_ASYNCEVENT_E, 1, 0, 3);
	event_push_int(&w, 1);
	event_push_text(&w, str_from(name));
	event_push(&w, json, strlen(json) + 1);
	open_event(b, &w);
	containers_apply(b->containers, &b->ev);
}

static void tell_something_else(struct bench *b)
{
	struct event_writer w;

	buf_reset(&b->bytes);
	event_begin(&w, &b->bytes, EVENT_CLOSE_X, 1, 0, 1);
	event_push_int(&w, 0);
	open_event(b, &w);
	containers_apply(b->containers, &b->ev);
}

static void run_in(struct bench *b, struct str cgroups)
{
	intern_put(state_intern(b->state), b->thread.cgroups);
	b->thread.cgroups = intern_get(state_intern(b->state), cgroups);
	assert_non_null(b->thread.cgroups);
}

static void assert_text(struct str got, const char *want)
{
	if (!str_eq(got, str_from(want)))
		fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

static void a_thread_outside_of_containers_is_on_the_host(void **state)
{
	struct bench b = bench_new();
	const struct container *c;

	(void)state;
	assert_text(container_id(b.containers, NULL), "");
	assert_null(container_get(b.containers, NULL));
	assert_text(container_id(b.containers, &b.thread), "host");
	run_in(&b, STR("cpu=/user.slice\0memory=/"));
	assert_text(container_id(b.containers, &b.thread), "host");
	c = container_get(b.containers, &b.thread);
	assert_non_null(c);
	assert_text(c->id, "host");
	assert_text(c->full_id, "host");
	assert_text(c->name, "host");
	assert_text(c->type, "host");
	assert_text(c->image, "");
	assert_false(c->privileged);
	bench_free(&b);
}

static void json_fills_in_what_it_says(void **state)
{
	static const char json[] =
		"{\"container\":{\"id\":\"" SHORT "\",\"full_id\":\"" HEX64 "\",\"type\":8,"
		"\"name\":\"web\",\"image\":\"docker.io/nginx:1.27\",\"imageid\":\"5ef7\","
		"\"imagerepo\":\"docker.io/nginx\",\"imagetag\":\"1.27\","
		"\"imagedigest\":\"sha256:9a\",\"ip\":\"10.1.2.3\",\"User\":\"www\","
		"\"cni_json\":\"{\\\"eth0\\\":1}\",\"pod_sandbox_id\":\"beef\","
		"\"privileged\":true,\"is_pod_sandbox\":false,\"host_pid\":true,"
		"\"host_network\":false,\"host_ipc\":true,\"memory_limit\":18446744073709551615,"
		"\"labels\":{\"b\":\"2\",\"a\":\"\\u00e9\",\"n\":3},"
		"\"pod_sandbox_labels\":{\"app\":\"shop\"},"
		"\"Mounts\":[{\"Source\":\"/a\",\"Destination\":\"/b\",\"Mode\":\"ro\",\"RW\":true,"
		"\"Propagation\":\"rprivate\"},{\"Source\":\"/c\"}]}}";
	struct bench b = bench_new();
	const struct container *c;

	(void)state;
	run_in(&b, str_of(PATH, sizeof(PATH)));
	assert_text(container_id(b.containers, &b.thread), SHORT);
	assert_null(container_get(b.containers, &b.thread));

	tell_json(&b, json);
	c = container_get(b.containers, &b.thread);
	assert_non_null(c);
	assert_ptr_equal(c, container_announced(b.containers));
	assert_ptr_equal(c, container_find(b.containers, STR(SHORT)));
	assert_text(c->full_id, HEX64);
	assert_text(c->type, "cri-o");
	assert_text(c->name, "web");
	assert_text(c->image, "docker.io/nginx:1.27");
	assert_text(c->image_id, "5ef7");
	assert_text(c->image_repository, "docker.io/nginx");
	assert_text(c->image_tag, "1.27");
	assert_text(c->image_digest, "sha256:9a");
	assert_text(c->ip, "10.1.2.3");
	assert_text(c->user, "www");
	assert_text(c->cni_json, "{\"eth0\":1}");
	assert_text(c->pod_sandbox_id, "beef");
	assert_true(c->privileged);
	assert_true(c->host_pid);
	assert_false(c->host_network);
	assert_true(c->host_ipc);
	assert_false(c->is_pod_sandbox);
	assert_int_equal(c->nlabels, 2);
	assert_text(c->labels[0].key, "a");
	assert_text(c->labels[0].value, "\xc3\xa9");
	assert_text(c->labels[1].key, "b");
	assert_int_equal(c->npod_labels, 1);
	assert_text(c->pod_labels[0].value, "shop");
	assert_int_equal(c->nmounts, 2);
	assert_text(c->mounts[0].dest, "/b");
	assert_text(c->mounts[0].mode, "ro");
	assert_text(c->mounts[0].propagation, "rprivate");
	assert_true(c->mounts[0].rdwr);
	assert_text(c->mounts[1].source, "/c");
	assert_text(c->mounts[1].dest, "");
	assert_false(c->mounts[1].rdwr);
	bench_free(&b);
}

static void odd_json_is_counted_or_read_as_far_as_it_goes(void **state)
{
	static const struct {
		const char *what, *json;
		bool is_known;
	} cases[] = {
		{ "empty", "", false },
		{ "no JSON", "{", false },
		{ "an array", "[1]", false },
		{ "no container", "{}", false },
		{ "no id", "{\"container\":{\"name\":\"x\"}}", false },
		{ "an empty id", "{\"container\":{\"id\":\"\"}}", false },
		{ "an id of another type", "{\"container\":{\"id\":7}}", false },
		{ "bad UTF-8", "{\"container\":{\"id\":\"" SHORT "\",\"name\":\"\xff\"}}", false },
		{ "nothing but an id", "{\"container\":{\"id\":\"" SHORT "\"}}", true },
		{ "no outer object", "{\"id\":\"" SHORT "\",\"type\":0}", true },
		{ "nulls and wrong types",
		  "{\"container\":{\"id\":\"" SHORT "\",\"labels\":null,\"Mounts\":{\"a\":1},"
		  "\"name\":[],\"type\":\"docker\",\"privileged\":1,\"pod_sandbox_labels\":[]}}",
		  true },
		{ "a type beyond any number",
		  "{\"container\":{\"id\":\"" SHORT "\",\"type\":-1e300,\"Mounts\":[7,null]}}",
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b = bench_new();
		const struct container *c;
		struct container_stats stats;

		print_message("  %s\n", cases[i].what);
		tell_json(&b, cases[i].json);
		containers_stats(b.containers, &stats);
		assert_int_equal(stats.malformed, !cases[i].is_known);
		assert_int_equal(stats.known, cases[i].is_known);
		c = container_find(b.containers, STR(SHORT));
		assert_int_equal(c != NULL, cases[i].is_known);
		if (c) {
			assert_text(c->name, "");
			assert_int_equal(c->nlabels, 0);
			assert_false(c->privileged);
		}
		bench_free(&b);
	}
}

static void an_announcement_is_about_its_own_event_only(void **state)
{
	struct bench b = bench_new();
	uint32_t before;

	(void)state;
	assert_null(container_announced(b.containers));
	before = state_generation(b.state, STATE_CONTAINERS);
	tell_async(&b, "container", "{\"container\":{\"id\":\"" SHORT "\",\"type\":11}}");
	assert_non_null(container_announced(b.containers));
	assert_text(container_announced(b.containers)->type, "podman");
	assert_int_not_equal(state_generation(b.state, STATE_CONTAINERS), before);

	before = state_generation(b.state, STATE_CONTAINERS);
	tell_something_else(&b);
	assert_null(container_announced(b.containers));
	assert_int_not_equal(state_generation(b.state, STATE_CONTAINERS), before);
	assert_non_null(container_find(b.containers, STR(SHORT)));

	before = state_generation(b.state, STATE_CONTAINERS);
	tell_something_else(&b);
	assert_int_equal(state_generation(b.state, STATE_CONTAINERS), before);

	tell_async(&b, "container_removed",
		   "{\"container\":{\"id\":\"" SHORT "\",\"name\":\"x\"}}");
	assert_null(container_find(b.containers, STR(SHORT)));
	assert_text(container_announced(b.containers)->name, "x");
	tell_async(&b, "something", "{\"container\":{\"id\":\"" SHORT "\"}}");
	assert_null(container_announced(b.containers));
	assert_null(container_find(b.containers, STR(SHORT)));
	bench_free(&b);
}

static void the_oldest_event_form_is_read(void **state)
{
	struct bench b = bench_new();
	struct event_writer w;
	const struct container *c;

	(void)state;
	buf_reset(&b.bytes);
	event_begin(&w, &b.bytes, EVENT_CONTAINER_E, 1, 0, 4);
	event_push_text(&w, STR(SHORT));
	event_push_int(&w, 1);
	event_push_text(&w, STR("web"));
	event_push_empty(&w);
	open_event(&b, &w);
	containers_apply(b.containers, &b.ev);
	c = container_announced(b.containers);
	assert_non_null(c);
	assert_text(c->id, SHORT);
	assert_text(c->type, "lxc");
	assert_text(c->name, "web");
	assert_text(c->image, "");
	bench_free(&b);
}

static void runtimes_without_metadata_are_known_by_their_path(void **state)
{
	struct bench b = bench_new();
	const struct container *c;

	(void)state;
	run_in(&b, STR("cpu=/lxc.payload.web/init.scope"));
	c = container_get(b.containers, &b.thread);
	assert_non_null(c);
	assert_text(c->id, "web");
	assert_text(c->type, "lxc");
	assert_text(c->name, "");
	tell_json(&b, "{\"container\":{\"id\":\"web\",\"name\":\"told\"}}");
	assert_text(container_get(b.containers, &b.thread)->name, "told");
	bench_free(&b);
}

static void the_oldest_container_makes_room(void **state)
{
	struct bench b = bench_new();
	struct container_stats stats;
	char json[128];

	(void)state;
	for (int i = 0; i < 4100; i++) {
		snprintf(json, sizeof(json), "{\"container\":{\"id\":\"c%d\"}}", i);
		tell_json(&b, json);
	}
	containers_stats(b.containers, &stats);
	assert_int_equal(stats.known, 4096);
	assert_int_equal(stats.evicted, 4);
	assert_null(container_find(b.containers, STR("c3")));
	assert_non_null(container_find(b.containers, STR("c4")));
	assert_non_null(container_find(b.containers, STR("c4099")));

	/* The same again replaces itself, nobody else. */
	tell_json(&b, "{\"container\":{\"id\":\"c4\",\"name\":\"again\"}}");
	containers_stats(b.containers, &stats);
	assert_int_equal(stats.known, 4096);
	assert_int_equal(stats.evicted, 4);
	tell_json(&b, "{\"container\":{\"id\":\"c9999\"}}");
	assert_text(container_find(b.containers, STR("c4"))->name, "again");
	assert_null(container_find(b.containers, STR("c5")));
	bench_free(&b);
}

static void what_is_too_large_is_cut_and_counted(void **state)
{
	struct bench b = bench_new();
	struct buf json = { 0 };
	struct container_stats stats;

	(void)state;
	buf_printf(&json, "{\"container\":{\"id\":\"many\",\"labels\":{");
	for (int i = 0; i < 1500; i++)
		buf_printf(&json, "%s\"k%04d\":\"v\"", i ? "," : "", i);
	buf_printf(&json, "}}}");
	buf_char(&json, '\0');
	tell_json(&b, json.p);
	containers_stats(b.containers, &stats);
	assert_int_equal(container_find(b.containers, STR("many"))->nlabels, 1024);
	assert_int_equal(stats.cut, 1500 - 1024);

	buf_reset(&json);
	buf_printf(&json, "{\"container\":{\"id\":\"huge\",\"name\":\"");
	for (int i = 0; i < 8000; i++)
		buf_printf(&json, "%064d", 0);
	buf_printf(&json, "\"}}");
	buf_char(&json, '\0');
	tell_json(&b, json.p);
	containers_stats(b.containers, &stats);
	assert_null(container_find(b.containers, STR("huge")));
	assert_int_equal(stats.cut, 1500 - 1024 + 1);
	assert_int_equal(stats.malformed, 1);
	buf_fini(&json);
	bench_free(&b);
}

static void any_number_of_cgroups_keeps_the_right_answer(void **state)
{
	struct bench b = bench_new();
	char path[64], want[16];

	(void)state;
	tell_json(&b, "{\"container\":{\"id\":\"c2999\",\"name\":\"last\"}}");
	/* More of them within one event than are remembered, then once more after an event. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3000; i++) {
			snprintf(path, sizeof(path), "cpu=/default/c%d", i);
			snprintf(want, sizeof(want), "c%d", i);
			run_in(&b, str_from(path));
			assert_text(container_id(b.containers, &b.thread), want);
			assert_int_equal(container_get(b.containers, &b.thread) != NULL, i == 2999);
		}
		tell_something_else(&b);
	}
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_outside_of_containers_is_on_the_host),
		cmocka_unit_test(json_fills_in_what_it_says),
		cmocka_unit_test(odd_json_is_counted_or_read_as_far_as_it_goes),
		cmocka_unit_test(an_announcement_is_about_its_own_event_only),
		cmocka_unit_test(the_oldest_event_form_is_read),
		cmocka_unit_test(runtimes_without_metadata_are_known_by_their_path),
		cmocka_unit_test(the_oldest_container_makes_room),
		cmocka_unit_test(what_is_too_large_is_cut_and_counted),
		cmocka_unit_test(any_number_of_cgroups_keeps_the_right_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
