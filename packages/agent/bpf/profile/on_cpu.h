/* SPDX-License-Identifier: GPL-2.0 */
/* On each tick of a CPU's clock: what runs there. */
#pragma once

SEC("perf_event")
int on_cpu(struct bpf_perf_event_data *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 cpu = bpf_get_smp_processor_id();
	if (!task->tgid || is_ignored(task->tgid))
		return 0;
	struct scratch *scratch = bpf_map_lookup_elem(&on_cpu_scratch, &cpu);
	if (!scratch)
		return 0;
	struct sample *sample = &scratch->sample;
	__u32 zero = 0;
	__u64 *period_ns = bpf_map_lookup_elem(&period, &zero);
	begin(sample, EVENT_ON_CPU, task, period_ns ? *period_ns : 0);
	/* The low bits of the code segment are the privilege level: 0 = the kernel. */
	_Bool in_kernel = !(context->regs.cs & 3);
	if (in_kernel) {
		long bytes = bpf_get_stack(context, sample->frames, KERNEL_FRAMES_MAX * 8, 0);
		sample->kernel_frames = bytes > 0 ? (__u32)bytes / 8 : 0;
	}
	if (!(task->flags & PF_KTHREAD) && task->mm) {
		if (in_kernel) {
			walk_user(scratch, task, (struct pt_regs *)bpf_task_pt_regs(task));
		} else {
			struct pt_regs regs = context->regs;
			walk_user(scratch, task, &regs);
		}
	}
	end(sample);
	return 0;
}
