/* SPDX-License-Identifier: Apache-2.0 */

/* The machine, its interfaces, users and groups, as synthetic events. */

#include "live.h"

#include "base/clock.h"

#include <grp.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static void begin(struct event_writer *w, struct buf *out, unsigned type, int64_t tid)
{
	event_begin(w, out, type, clock_realtime_ns(), tid, event_info(type)->nparams);
}

static void add_machine(struct buf *out)
{
	struct event_writer w;
	struct sysinfo info = { 0 };
	char hostname[256] = "";

	gethostname(hostname, sizeof(hostname) - 1);
	sysinfo(&info);
	begin(&w, out, EVENT_MACHINE_ENTRY, 0);
	event_push_text(&w, str_from(hostname));
	event_push_int(&w, sysconf(_SC_NPROCESSORS_ONLN));
	event_push_int(&w, (int64_t)(info.totalram * info.mem_unit));
	event_push_int(&w, 0);
	event_push_int(&w, (int64_t)(clock_realtime_ns() - (uint64_t)info.uptime * NS_PER_S));
	event_end(&w);
}

static void push_address(struct event_writer *w, const struct sockaddr *a)
{
	if (a && a->sa_family == AF_INET)
		event_push(w, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
	else if (a && a->sa_family == AF_INET6)
		event_push(w, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
	else
		event_push_empty(w);
}

static void add_interfaces(struct buf *out)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return; /* no interface is known then: nothing counts as local */
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct event_writer w;

		if (!i->ifa_addr ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		begin(&w, out, EVENT_INTERFACE_ENTRY, 0);
		event_push_text(&w, str_from(i->ifa_name));
		push_address(&w, i->ifa_addr);
		push_address(&w, i->ifa_netmask);
		push_address(&w, i->ifa_broadaddr);
		event_push_int(&w, 0);
		event_end(&w);
	}
	freeifaddrs(list);
}

static void add_users(struct buf *out)
{
	const struct passwd *p;
	const struct group *g;
	struct event_writer w;

	setpwent();
	while ((p = getpwent())) {
		begin(&w, out, EVENT_USER_ADDED_E, 0);
		event_push_int(&w, p->pw_uid);
		event_push_int(&w, p->pw_gid);
		event_push_text(&w, str_from(p->pw_name));
		event_push_text(&w, str_from(p->pw_dir));
		event_push_text(&w, str_from(p->pw_shell));
		event_push_empty(&w);
		event_end(&w);
	}
	endpwent();
	setgrent();
	while ((g = getgrent())) {
		begin(&w, out, EVENT_GROUP_ADDED_E, 0);
		event_push_int(&w, g->gr_gid);
		event_push_text(&w, str_from(g->gr_name));
		event_push_empty(&w);
		event_end(&w);
	}
	endgrent();
}

void facts_gather(struct buf *out)
{
	add_machine(out);
	add_interfaces(out);
	add_users(out);
}
