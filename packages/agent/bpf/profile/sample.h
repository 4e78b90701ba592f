/* SPDX-License-Identifier: GPL-2.0 */
/* What every sample has: whose it is, and both stacks of it. */
#pragma once

static __always_inline void begin(struct sample *sample, __u8 kind, struct task_struct *task, __u64 value)
{
	sample->kind = kind;
	sample->end = END_NONE;
	sample->kernel_frames = sample->user_frames = 0;
	sample->pid = task->tgid;
	sample->tid = task->pid;
	sample->cpu = bpf_get_smp_processor_id();
	sample->moment_ns = bpf_ktime_get_ns();
	sample->value = value;
	bpf_probe_read_kernel(sample->comm, sizeof(sample->comm), task->comm);
}

static __always_inline void end(struct sample *sample)
{
	__u64 bytes = __builtin_offsetof(struct sample, frames) + 8ull * ((sample->kernel_frames + sample->user_frames) & FRAMES_MASK);
	count(COUNT_SAMPLES, 1);
	submit(sample, bytes);
}
