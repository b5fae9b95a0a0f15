/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static const apply_fn handlers[EVENT_TYPES] = {
	/* what sources know besides events */
	[EVENT_PROC_ENTRY] = apply_proc_entry,
	[EVENT_FD_ENTRY] = apply_fd_entry,
	[EVENT_FDS_ENTRY] = apply_fds_entry,
	[EVENT_INTERFACE_ENTRY] = apply_interface_entry,
	[EVENT_MACHINE_ENTRY] = apply_machine_entry,
	[EVENT_SECTION_ENTRY] = apply_section_entry,
	[EVENT_USER_ADDED_E] = apply_user_added,
	[EVENT_USER_DELETED_E] = apply_user_deleted,
	[EVENT_GROUP_ADDED_E] = apply_group_added,
	[EVENT_GROUP_DELETED_E] = apply_group_deleted,

	/* life and death */
	[EVENT_CLONE_20_X] = apply_clone,
	[EVENT_FORK_20_X] = apply_clone,
	[EVENT_VFORK_20_X] = apply_clone,
	[EVENT_CLONE3_X] = apply_clone,
	[EVENT_EXECVE_19_X] = apply_exec,
	[EVENT_EXECVEAT_X] = apply_exec,
	[EVENT_PROCEXIT_1_E] = apply_procexit,

	/* files */
	[EVENT_OPEN_E] = apply_enter,
	[EVENT_CREAT_E] = apply_enter,
	[EVENT_OPENAT_2_E] = apply_enter,
	[EVENT_OPENAT2_E] = apply_enter,
	[EVENT_EXECVEAT_E] = apply_enter,
	[EVENT_OPEN_X] = apply_open,
	[EVENT_OPENAT_2_X] = apply_openat,
	[EVENT_OPENAT2_X] = apply_openat2,
	[EVENT_CREAT_X] = apply_creat,
	[EVENT_OPEN_BY_HANDLE_AT_X] = apply_open_by_handle,

	/* descriptors */
	[EVENT_CLOSE_X] = apply_close,
	[EVENT_CLOSE_RANGE_X] = apply_close_range,
	[EVENT_DUP_1_X] = apply_dup,
	[EVENT_DUP2_X] = apply_dup,
	[EVENT_DUP3_X] = apply_dup3,
	[EVENT_FCNTL_X] = apply_fcntl,
	[EVENT_IOCTL_3_X] = apply_ioctl,
	[EVENT_PIPE_X] = apply_pipe,
	[EVENT_PIPE2_X] = apply_pipe,
	[EVENT_EVENTFD_X] = apply_simple_fd,
	[EVENT_EVENTFD2_X] = apply_simple_fd,
	[EVENT_SIGNALFD_X] = apply_simple_fd,
	[EVENT_SIGNALFD4_X] = apply_simple_fd,
	[EVENT_TIMERFD_CREATE_X] = apply_simple_fd,
	[EVENT_INOTIFY_INIT_X] = apply_simple_fd,
	[EVENT_INOTIFY_INIT1_X] = apply_simple_fd,
	[EVENT_BPF_2_X] = apply_simple_fd,
	[EVENT_USERFAULTFD_X] = apply_simple_fd,
	[EVENT_IO_URING_SETUP_X] = apply_simple_fd,
	[EVENT_EPOLL_CREATE_X] = apply_simple_fd,
	[EVENT_EPOLL_CREATE1_X] = apply_simple_fd,
	[EVENT_MEMFD_CREATE_X] = apply_memfd_create,
	[EVENT_PIDFD_OPEN_X] = apply_pidfd_open,
	[EVENT_PIDFD_GETFD_X] = apply_pidfd_getfd,

	/* sockets */
	[EVENT_SOCKET_X] = apply_socket,
	[EVENT_SOCKETPAIR_X] = apply_socketpair,
	[EVENT_BIND_X] = apply_bind,
	[EVENT_CONNECT_X] = apply_connect,
	[EVENT_ACCEPT_5_X] = apply_accept,
	[EVENT_ACCEPT4_6_X] = apply_accept,
	[EVENT_READ_X] = apply_io,
	[EVENT_READV_X] = apply_io,
	[EVENT_PREAD_X] = apply_io,
	[EVENT_PREADV_X] = apply_io,
	[EVENT_WRITE_X] = apply_io,
	[EVENT_WRITEV_X] = apply_io,
	[EVENT_PWRITE_X] = apply_io,
	[EVENT_PWRITEV_X] = apply_io,
	[EVENT_RECV_X] = apply_recv,
	[EVENT_RECVFROM_X] = apply_recv,
	[EVENT_RECVMSG_X] = apply_recv,
	[EVENT_RECVMMSG_X] = apply_recv,
	[EVENT_SEND_X] = apply_send,
	[EVENT_SENDTO_X] = apply_send,
	[EVENT_SENDMSG_X] = apply_send,
	[EVENT_SENDMMSG_X] = apply_send,

	/* places */
	[EVENT_CHDIR_X] = apply_chdir,
	[EVENT_FCHDIR_X] = apply_fchdir,
	[EVENT_GETCWD_X] = apply_getcwd,
	[EVENT_CHROOT_X] = apply_chroot,
	[EVENT_UNSHARE_X] = apply_unshare,
	[EVENT_SETNS_X] = apply_setns,

	/* identity, limits, counters */
	[EVENT_SETUID_X] = apply_setuid,
	[EVENT_SETREUID_X] = apply_setreuid,
	[EVENT_SETRESUID_X] = apply_setreuid,
	[EVENT_SETGID_X] = apply_setgid,
	[EVENT_SETREGID_X] = apply_setregid,
	[EVENT_SETRESGID_X] = apply_setregid,
	[EVENT_CAPSET_X] = apply_capset,
	[EVENT_SETSID_X] = apply_setsid,
	[EVENT_SETPGID_X] = apply_setpgid,
	[EVENT_PRCTL_X] = apply_prctl,
	[EVENT_GETRLIMIT_X] = apply_rlimit,
	[EVENT_SETRLIMIT_X] = apply_rlimit,
	[EVENT_PRLIMIT_X] = apply_prlimit,
	[EVENT_BRK_4_X] = apply_memory,
	[EVENT_MMAP_X] = apply_memory,
	[EVENT_MMAP2_X] = apply_memory,
	[EVENT_MUNMAP_X] = apply_memory,
	[EVENT_SCHEDSWITCH_6_E] = apply_switch,
	[EVENT_PROCINFO_E] = apply_procinfo,
};

static const struct {
	apply_fn apply;
	enum changes changes;
} effects[] = {
	{ apply_exec, CHANGES_THREAD },     { apply_setuid, CHANGES_THREAD },
	{ apply_setreuid, CHANGES_THREAD }, { apply_setgid, CHANGES_THREAD },
	{ apply_setregid, CHANGES_THREAD }, { apply_capset, CHANGES_THREAD },
	{ apply_setsid, CHANGES_THREAD },   { apply_setpgid, CHANGES_THREAD },
	{ apply_prctl, CHANGES_THREAD },    { apply_rlimit, CHANGES_THREAD },
	{ apply_prlimit, CHANGES_THREAD },  { apply_memory, CHANGES_THREAD },
	{ apply_switch, CHANGES_THREAD },   { apply_procinfo, CHANGES_THREAD },
	{ apply_unshare, CHANGES_THREAD },

	{ apply_chdir, CHANGES_PLACE },     { apply_fchdir, CHANGES_PLACE },
	{ apply_getcwd, CHANGES_PLACE },    { apply_chroot, CHANGES_PLACE },
	{ apply_setns, CHANGES_PLACE },

	{ apply_close, CHANGES_FD },        { apply_bind, CHANGES_FD },
	{ apply_connect, CHANGES_FD },      { apply_io, CHANGES_FD },
	{ apply_recv, CHANGES_FD },         { apply_send, CHANGES_FD },
};

static enum changes changes_of(apply_fn apply)
{
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (effects[i].apply == apply)
			return effects[i].changes;
	return CHANGES_OTHER;
}

enum state_interest state_interest(unsigned type)
{
	const apply_fn apply = type < EVENT_TYPES ? handlers[type] : NULL;

	if (!apply)
		return STATE_IGNORES;
	if (apply == apply_io)
		return STATE_MARKS;
	if (apply == apply_connect || apply == apply_memory || apply == apply_enter ||
	    !event_is_exit(type) || type >= EVENT_OWN_FIRST)
		return STATE_WANTS_ALL;
	return STATE_WANTS_SUCCESSES;
}

/*
 * Which thread an event is about. Falco makes up an entry for an unknown tid, except where the
 * event itself says who is born or has ended, and for events that are not of the thread's doing.
 */
static enum lookup lookup_of(unsigned type, const struct event_info *info)
{
	if (type >= EVENT_OWN_FIRST || (info->category & CATEGORY_ITER))
		return LOOKUP_NONE;
	if ((info->flags & EVENT_FLAG_SKIPPARSERESET) ||
	    (info->category & (CATEGORY_METAEVENT | CATEGORY_PLUGIN)) ||
	    handlers[type] == apply_clone || type == EVENT_SCHEDSWITCH_6_E ||
	    type == EVENT_PROCEXIT_1_E)
		return LOOKUP_FIND;
	return LOOKUP_MAKE;
}

/* The first descriptor among the parameters that is not the result. */
static int8_t fd_param_of(unsigned type, const struct event_info *info)
{
	if (info->flags & EVENT_FLAG_USES_FD)
		for (int8_t i = event_is_exit(type); i < info->nparams; i++)
			if (info->params[i].type == TYPE_FD)
				return i;
	return -1;
}

void rows_init(struct state *s)
{
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const struct event_info *info = event_info(type);

		if (!info->exists)
			continue;
		s->rows[type] = (struct row){
			.apply = handlers[type],
			.changes = (uint8_t)changes_of(handlers[type]),
			.lookup = (uint8_t)lookup_of(type, info),
			.has_fd = (info->flags & (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD |
						  EVENT_FLAG_DESTROYS_FD)) != 0,
			.fd_at = fd_param_of(type, info),
		};
	}
}

static inline void find_fd(struct state *s, const struct event *ev, const struct row *row,
			   struct subject *who)
{
	who->has_fd_num = true;
	who->fd_num = -1;
	if (row->fd_at < 0 || !param_i64(ev, (unsigned)row->fd_at, &who->fd_num))
		return;
	who->fd = fd_find(who->thread->fds, who->fd_num);
	if (!who->fd && who->fd_num >= 0)
		s->stats.unknown_fds++;
}

/* True when a list already has what this event did. */
static bool is_in_list(const struct state *s, const struct row *row, const struct subject *who)
{
	switch ((enum changes)row->changes) {
	case CHANGES_OTHER:
		break;
	case CHANGES_THREAD:
		return who->thread && listed_later(s, who->thread->listed_ts);
	case CHANGES_PLACE:
		return who->thread && listed_later(s, who->thread->fs->listed_ts);
	case CHANGES_FD:
		return who->fd && listed_later(s, who->fd->listed_ts);
	}
	return false;
}

struct subject state_apply(struct state *s, const struct event *ev)
{
	const struct row *row = &s->rows[ev->type];
	struct subject who = { 0 };
	struct node *n;

	s->now = ev->ts;
	if (unlikely(s->listed) && !(ev->flags & WIRE_SYNTHETIC))
		list_settle(s);

	if (likely(row->lookup != LOOKUP_NONE)) {
		n = thread_find(s, ev->tid);
		if (unlikely(!n) && row->lookup == LOOKUP_MAKE)
			n = thread_get(s, ev->tid);
		if (likely(n)) {
			who.thread = &n->t;
			if (row->has_fd)
				find_fd(s, ev, row, &who);
		}
	}
	if (unlikely(ev->flags & WIRE_LOST) && who.thread && who.thread->fds)
		who.thread->fds->unsure = true;
	if (row->apply && !(listed_later(s, s->listed_ts) && is_in_list(s, row, &who)))
		row->apply(s, ev, &who);
	if (who.thread && unlikely(node_of(who.thread)->enter) && event_is_exit(ev->type))
		enter_forget(s, node_of(who.thread));
	return who;
}

void state_retire(struct state *s, const struct event *ev)
{
	(void)ev;
	if (unlikely(s->passing))
		fd_forget_passing(s);
	if (unlikely(s->closing_table)) {
		fdtable_del(s, s->closing_table, s->closing_fd);
		s->closing_table = NULL;
	}
	if (unlikely(s->dying)) {
		struct node *n = s->dying;

		s->dying = NULL;
		thread_remove(s, n);
	}
}

struct str param_text(const struct event *ev, unsigned i)
{
	struct str s;

	return event_text(ev, i, &s) ? s : STR("<NA>");
}
