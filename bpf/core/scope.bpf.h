/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef CORE_SCOPE_BPF_H
#define CORE_SCOPE_BPF_H

/* Whose events are wanted: everybody's, a process tree's, or a control group's. */

#include "emit.bpf.h"

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *n)
{
	struct kernfs_node___rcu *new = (void *)n;

	if (bpf_core_field_exists(new->__parent))
		return BPF_CORE_READ(new, __parent);
	return BPF_CORE_READ(n, parent);
}

#define SCOPE_DEPTH 16

/* The group itself or one below it; `address` is the task's. Global: the verifier sees it once. */
__noinline int task_in_cgroup(__u64 address, const struct wire_needs *n)
{
	struct task_struct *t = (struct task_struct *)address;
	struct kernfs_node *node;

	if (!n)
		return false;
	if (n->scope_controller == WIRE_CGROUP_V2)
		node = BPF_CORE_READ(t, cgroups, dfl_cgrp, kn);
	else if (n->scope_controller == WIRE_CGROUP_MEMORY)
		node = BPF_CORE_READ(
			t, cgroups,
			subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)], cgroup,
			kn);
	else
		node = BPF_CORE_READ(
			t, cgroups,
			subsys[bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)], cgroup,
			kn);
	for (int i = 0; node && i < SCOPE_DEPTH; i++) {
		if (BPF_CORE_READ(node, id) == n->scope_cgroup)
			return true;
		node = kernfs_parent(node);
	}
	return false;
}

static __always_inline bool task_in_tree(struct task_struct *t)
{
	struct wire_task *record = bpf_task_storage_get(&tasks, t->group_leader, NULL, 0);

	return record && record->scope;
}

/*
 * Global: following a task's own pointer makes the verifier search all of the kernel's types by
 * name, which takes it half a millisecond; here it does so once for each program.
 */
__noinline int current_in_tree(void)
{
	return task_in_tree(bpf_get_current_task_btf());
}

/* `t`: one that an iterator came to. */
static __always_inline bool task_wanted(struct task_struct *t, const struct wire_needs *n)
{
	if (n->scope == WIRE_SCOPE_ALL)
		return true;
	return n->scope == WIRE_SCOPE_CGROUP ? task_in_cgroup(as_number(t), n) : task_in_tree(t);
}

static __always_inline bool current_wanted(const struct wire_needs *n)
{
	if (n->scope == WIRE_SCOPE_ALL)
		return true;
	return n->scope == WIRE_SCOPE_CGROUP
		       ? task_in_cgroup(as_number(bpf_get_current_task_btf()), n)
		       : current_in_tree();
}

/* Nobody leaves the scope of a process tree: who was found in it last is not looked up again. */
static __always_inline bool caller_in_tree(struct task_struct *t)
{
	struct bpf_scratch *e = emit_scratch();

	if (!e)
		return false;
	if (e->caller.pid == t->pid && e->caller.start == t->start_boottime)
		return true;
	if (!current_in_tree())
		return false;
	e->caller.pid = t->pid;
	e->caller.start = t->start_boottime;
	return true;
}

/* The same of the task whose call ends. */
static __always_inline bool caller_wanted(struct task_struct *t, const struct wire_needs *n)
{
	if (n->scope == WIRE_SCOPE_ALL)
		return true;
	return n->scope == WIRE_SCOPE_CGROUP ? task_in_cgroup(as_number(t), n) : caller_in_tree(t);
}

#endif
