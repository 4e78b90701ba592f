/* SPDX-License-Identifier: GPL-2.0 */
/* Birth, program and death of processes (not of threads). Ignored ones hand the mark to their children. */
#pragma once

static __always_inline void set_ignored(__u32 tgid, _Bool on)
{
	__u32 word = tgid >> 6;
	__u64 *bits = bpf_map_lookup_elem(&ignored, &word);
	if (!bits)
		return;
	__u64 bit = 1ull << (tgid & 63);
	if (on)
		__sync_fetch_and_or(bits, bit);
	else
		__sync_fetch_and_and(bits, ~bit);
}

static __always_inline void describe(struct process_event *event, __u8 kind, struct task_struct *task)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->uid = (__u32)bpf_get_current_uid_gid();
	event->moment_ns = bpf_ktime_get_ns();
	event->pid = task->tgid;
	event->ppid = task->real_parent->tgid;
	event->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	bpf_probe_read_kernel(event->comm, sizeof(event->comm), task->comm);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (child->pid != child->tgid)
		return 0;
	/* Written either way: an exit that was missed must not mark the id's next owner. */
	_Bool is_own = is_ignored(parent->tgid);
	set_ignored(child->tgid, is_own);
	if (is_own)
		return 0;
	struct process_event event;
	describe(&event, EVENT_FORK, child);
	submit(&event, sizeof(event));
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	/* Counted down before this point: 0 for the thread that leaves last, be it the first one or another. */
	if (task->signal->live.counter)
		return 0;
	if (is_ignored(task->tgid)) {
		set_ignored(task->tgid, 0);
		return 0;
	}
	struct process_event event;
	describe(&event, EVENT_EXIT, task);
	submit(&event, sizeof(event));
	return 0;
}

/* The new program's arguments were just written to the top of its stack, so they are there to read. */
static __always_inline __u64 copy_args(__u8 *to, struct task_struct *task)
{
	__u64 start = task->mm->arg_start;
	__u64 bytes = task->mm->arg_end - start;
	if (bytes > ARGS_MAX)
		bytes = ARGS_MAX;
	barrier_var(bytes);
	if (bytes > ARGS_MAX || bpf_probe_read_user(to, bytes, (void *)start)) {
		count(COUNT_READ_FAILED, 1);
		return 0;
	}
	return bytes;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct process_scratch *scratch = bpf_map_lookup_elem(&process_scratch, &cpu);
	if (!scratch || is_ignored(task->tgid))
		return 0;
	struct process_event *event = &scratch->event;
	describe(event, EVENT_EXEC, task);
	long filename = bpf_probe_read_kernel_str(scratch->bytes, FILENAME_MAX, binprm->filename);
	/* Its length counts the NUL, which is not sent. */
	__u64 used = filename > 1 ? filename - 1 : 0;
	barrier_var(used);
	if (used > FILENAME_MAX)
		return 0;
	__u64 args = copy_args(scratch->bytes + used, task);
	event->filename_bytes = used;
	event->args_bytes = args;
	barrier_var(args);
	if (args > ARGS_MAX)
		return 0;
	submit(event, sizeof(*event) + used + args);
	return 0;
}
