/* SPDX-License-Identifier: Apache-2.0 */
#include "support_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHORT "0123456789ab"

#define CHECK(m, ...)                                                                              \
	machine_check(&(m), (const struct field_expectation[]){ __VA_ARGS__ },                     \
		      ARRAY_SIZE(((const struct field_expectation[]){ __VA_ARGS__ })))

static const char web[] =
	"{\"container\":{\"id\":\"" SHORT "\",\"full_id\":\"" HEX64 "\",\"type\":7,"
	"\"name\":\"web\",\"image\":\"nginx:1\",\"imageid\":\"5e\",\"imagerepo\":\"nginx\","
	"\"imagetag\":\"1\",\"imagedigest\":\"sha256:9a\",\"ip\":\"10.1.2.3\","
	"\"privileged\":true,\"host_network\":true,"
	"\"pod_sandbox_id\":\"fedcba9876543210\","
	"\"labels\":{\"tier\":\"front\",\"alone\":\"\",\"annotation.x\":\"1\","
	"\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"shop\","
	"\"io.kubernetes.pod.uid\":\"3e41\"},\"pod_sandbox_labels\":{\"own\":\"1\"},"
	"\"Mounts\":[{\"Source\":\"/srv/www\",\"Destination\":\"/www\",\"Mode\":\"z\",\"RW\":true,"
	"\"Propagation\":\"rprivate\"},{\"Source\":\"/etc/ssl\",\"Destination\":\"/ssl\"}]}}";

static void tell(struct machine *m, const char *json)
{
	machine_event(m, EVENT_CONTAINER_JSON_2_E, 0,
		      PARTS([CONTAINER_JSON_2_E_JSON] = TEXT(json)));
}

static struct machine with_process(const char *cgroup)
{
	struct machine m = machine_new();

	machine_process(&m, &(struct proc){ .pid = 60, .comm = "nginx", .cgroup = cgroup });
	return m;
}

static void event_of(struct machine *m, int64_t tid)
{
	machine_event(m, EVENT_GETCWD_X, tid, PARTS([GETCWD_X_RES] = NUM(0)));
}

static void the_host_is_named_and_otherwise_empty(void **state)
{
	struct machine m = with_process("/user.slice");

	(void)state;
	event_of(&m, 60);
	CHECK(m, { "container.id", "host" }, { "container.full_id", "host" },
	      { "container.name", "host" }, { "container.type", "host" }, { "container.image", "" },
	      { "container.image.repository", "" }, { "container.ip", "" },
	      { "container.mounts", "" }, { "container.labels", "" },
	      { "container.privileged", "false" }, { "container.mount[0]", "(absent)" },
	      { "container.label[x]", "(absent)" }, { "k8s.pod.name", "(absent)" },
	      { "k8s.ns.name", "(absent)" }, { "k8s.pod.sandbox_id", "" },
	      { "k8s.pod.ip", "(absent)" });
	machine_free(&m);
}

static void without_metadata_only_the_id_is_known(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	event_of(&m, 60);
	CHECK(m, { "container.id", SHORT }, { "container.name", "(absent)" },
	      { "container.type", "(absent)" }, { "container.privileged", "(absent)" },
	      { "container.mounts", "(absent)" }, { "container.labels", "(absent)" },
	      { "container.image.tag", "(absent)" }, { "k8s.pod.name", "(absent)" },
	      { "k8s.pod.labels", "(absent)" }, { "k8s.pod.sandbox_id", "(absent)" });
	machine_free(&m);
}

static void metadata_is_told_as_it_came(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	tell(&m, web);
	event_of(&m, 60);
	CHECK(m, { "container.id", SHORT }, { "container.full_id", HEX64 },
	      { "container.name", "web" }, { "container.image", "nginx:1" },
	      { "container.image.id", "5e" }, { "container.image.repository", "nginx" },
	      { "container.image.tag", "1" }, { "container.image.digest", "sha256:9a" },
	      { "container.type", "containerd" }, { "container.ip", "10.1.2.3" },
	      { "container.privileged", "true" }, { "container.host_network", "true" },
	      { "container.host_pid", "false" }, { "container.host_ipc", "false" },
	      { "container.cni.json", "" }, { "container.label[tier]", "front" },
	      { "container.label[alone]", "" }, { "container.label[none]", "(absent)" },
	      { "container.labels", "alone, tier:front" }, { "container.healthcheck", "(absent)" },
	      { "proc.is_container_healthcheck", "(absent)" }, { "k8s.rc.name", "(absent)" });
	machine_free(&m);
}

static void mounts_are_found_by_number_or_by_glob(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	tell(&m, web);
	event_of(&m, 60);
	CHECK(m, { "container.mounts", "/srv/www:/www:z:true:rprivate,/etc/ssl:/ssl::false:" },
	      { "container.mount[0]", "/srv/www:/www:z:true:rprivate" },
	      { "container.mount[1]", "/etc/ssl:/ssl::false:" },
	      { "container.mount[2]", "(absent)" },
	      { "container.mount[/etc/*]", "/etc/ssl:/ssl::false:" },
	      { "container.mount[/etc]", "(absent)" }, { "container.mount.dest[/srv/www]", "/www" },
	      { "container.mount.source[/ssl]", "/etc/ssl" },
	      { "container.mount.source[/etc/ssl]", "(absent)" },
	      { "container.mount.source[1]", "/etc/ssl" }, { "container.mount.mode[/srv/*]", "z" },
	      { "container.mount.rdwr[0]", "true" }, { "container.mount.rdwr[1]", "false" },
	      { "container.mount.propagation[0]", "rprivate" },
	      { "container.mount.propagation[1]", "" });
	machine_free(&m);
}

static void an_announcement_is_about_the_container_announced(void **state)
{
	struct machine m = with_process("/user.slice");

	(void)state;
	machine_event(&m, EVENT_CONTAINER_JSON_2_E, 60,
		      PARTS([CONTAINER_JSON_2_E_JSON] = TEXT(web)));
	CHECK(m, { "container.id", SHORT }, { "container.name", "web" },
	      { "container.start_ts", "(absent)" });
	event_of(&m, 60);
	CHECK(m, { "container.id", "host" }, { "container.name", "host" });
	machine_free(&m);
}

static void pods_are_told_by_labels_and_by_their_sandbox(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	tell(&m, web);
	event_of(&m, 60);
	CHECK(m, { "k8s.pod.name", "web-0" }, { "k8s.ns.name", "shop" }, { "k8s.pod.uid", "3e41" },
	      { "k8s.pod.id", "3e41" }, { "k8s.pod.sandbox_id", "fedcba987654" },
	      { "k8s.pod.full_sandbox_id", "fedcba9876543210" }, { "k8s.pod.ip", "(absent)" },
	      { "k8s.pod.cni.json", "(absent)" }, { "k8s.pod.labels", "own:1" },
	      { "k8s.pod.label[own]", "1" }, { "k8s.pod.label[app]", "(absent)" });

	tell(&m, "{\"container\":{\"id\":\"fedcba987654\",\"ip\":\"10.9.9.9\",\"cni_json\":\"{}\","
		 "\"is_pod_sandbox\":true,\"pod_sandbox_labels\":{\"app\":\"shop\"}}}");
	event_of(&m, 60);
	CHECK(m, { "k8s.pod.ip", "10.9.9.9" }, { "k8s.pod.cni.json", "{}" },
	      { "k8s.pod.labels", "app:shop" }, { "k8s.pod.label[app]", "shop" },
	      { "k8s.pod.label[own]", "1" });
	machine_free(&m);
}

static void a_container_that_knows_its_pods_network_is_asked_itself(void **state)
{
	struct machine m = with_process("/docker/" HEX64);

	(void)state;
	tell(&m, "{\"container\":{\"id\":\"" SHORT "\",\"ip\":\"10.1.2.3\",\"cni_json\":\"{1}\","
		 "\"pod_sandbox_id\":\"fedcba987654\",\"pod_sandbox_labels\":{\"a\":\"b\"}}}");
	event_of(&m, 60);
	CHECK(m, { "k8s.pod.ip", "10.1.2.3" }, { "k8s.pod.cni.json", "{1}" },
	      { "container.cni.json", "{1}" }, { "k8s.pod.label[a]", "b" },
	      { "k8s.pod.name", "(absent)" });
	machine_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_is_named_and_otherwise_empty),
		cmocka_unit_test(without_metadata_only_the_id_is_known),
		cmocka_unit_test(metadata_is_told_as_it_came),
		cmocka_unit_test(mounts_are_found_by_number_or_by_glob),
		cmocka_unit_test(an_announcement_is_about_the_container_announced),
		cmocka_unit_test(pods_are_told_by_labels_and_by_their_sandbox),
		cmocka_unit_test(a_container_that_knows_its_pods_network_is_asked_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
