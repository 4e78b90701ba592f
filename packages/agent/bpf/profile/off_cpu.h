/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a thread comes back from waiting: for how long, and where. Its registers and its stack are as it left them until it
 * is in user space again, so the stack is walked at the end of the wait, when it is known to be worth the walk, and in the
 * thread's own address space: behind the switch (sched_exit_tp, Linux 6.15), as at the switch itself the memory is still
 * that of the thread before.
 */
#pragma once

/* include/linux/sched.h: what a thread waits for; TASK_DEAD comes once. */
enum { TASK_INTERRUPTIBLE = 1, TASK_UNINTERRUPTIBLE = 2, TASK_DEAD = 0x80 };

/* A thread between its waits. */
struct waiting {
	__u64 since_ns; /* when it was switched out; 0 = it is not waiting */
	__s64 debt_ns; /* of waits that no sample stood for; below 0 = samples stood for more */
	__u32 threshold; /* in 2^-32 of a quantum */
	__u32 kind;
};

/* By thread id. Set by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct waiting);
} waits SEC(".maps");

/* Waits below this are not looked at, ns. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} shortest_wait SEC(".maps");

/*
 * How many samples a CPU takes is bounded: beyond PACE_SAMPLES a window, waits shorter than the quantum are sampled by
 * time, as running threads are by a clock, and the quantum doubles until that is enough.
 */
struct pace {
	__u64 window; /* number of it since boot */
	__u64 quantum_ns; /* 0 = each wait is reported */
	__u32 samples, pad;
};
#define PACE_WINDOW_BITS 27 /* ns: 134 ms */
#define PACE_SAMPLES 32
#define QUANTUM_MIN_NS (1ull << 16)
#define QUANTUM_MAX_NS (1ull << 36)

/* One a possible CPU; set by user space before load. */
struct off_cpu_state {
	struct pace pace;
	struct scratch scratch;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct off_cpu_state);
} off_cpu_states SEC(".maps");

/* Of the kernel's stack: this program and what runs it. */
#define OWN_FRAMES 2

static __always_inline void keep_pace(struct pace *pace, __u64 now_ns)
{
	__u64 passed = (now_ns >> PACE_WINDOW_BITS) - pace->window;
	if (!passed)
		return;
	/* As short as the busiest of late allows: one halving a window with room to spare. */
	if (pace->samples >= PACE_SAMPLES / 2)
		passed--;
	pace->quantum_ns = passed < 64 ? pace->quantum_ns >> passed : 0;
	if (pace->quantum_ns < QUANTUM_MIN_NS)
		pace->quantum_ns = 0;
	pace->window = now_ns >> PACE_WINDOW_BITS;
	pace->samples = 0;
}

static __always_inline void count_sample(struct pace *pace)
{
	if (++pace->samples % PACE_SAMPLES)
		return;
	pace->quantum_ns = pace->quantum_ns ? pace->quantum_ns << 1 : QUANTUM_MIN_NS;
	if (pace->quantum_ns > QUANTUM_MAX_NS)
		pace->quantum_ns = QUANTUM_MAX_NS;
}

/*
 * What the sample of a wait stands for; 0 = it is left out. Short waits add up to a debt; when it passes a random part of a
 * quantum, a quantum of it is put on the wait at hand. So a thread's sum is right to a quantum whatever the pace, and the
 * shares of its stacks have no rhythm to fall for. Waits of a quantum and more stand for themselves.
 */
static __always_inline __u64 worth_of(struct waiting *thread, __u64 quantum, __u64 waited_ns)
{
	if (quantum && waited_ns >= quantum)
		return waited_ns;
	__s64 debt = thread->debt_ns + waited_ns;
	__s64 threshold = (__u64)thread->threshold * quantum >> 32;
	__s64 worth = 0;
	if (debt > threshold) {
		/* More than one when the quantum was longer before. */
		worth = quantum ? quantum * (1 + (__u64)(debt - threshold) / quantum) : debt;
		thread->threshold = bpf_get_prandom_u32();
	}
	thread->debt_ns = debt - worth;
	return worth;
}

static __always_inline __u32 kind_of_wait(_Bool preempted, __u32 state)
{
	if (preempted || !state)
		return EVENT_RUN_QUEUE;
	return state & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE) ? EVENT_OFF_CPU : 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switch_out, _Bool preempted, struct task_struct *task, struct task_struct *next, unsigned int state)
{
	if (!task->tgid || task->flags & PF_KTHREAD || is_ignored(task->tgid))
		return 0;
	__u32 tid = task->pid;
	if (state & TASK_DEAD) {
		bpf_map_delete_elem(&waits, &tid);
		return 0;
	}
	__u32 kind = kind_of_wait(preempted, state);
	struct waiting *thread = bpf_map_lookup_elem(&waits, &tid);
	if (thread) {
		thread->kind = kind;
		thread->since_ns = kind ? bpf_ktime_get_ns() : 0;
	} else if (kind) {
		struct waiting fresh = { .since_ns = bpf_ktime_get_ns(), .threshold = bpf_get_prandom_u32(), .kind = kind };
		if (bpf_map_update_elem(&waits, &tid, &fresh, BPF_NOEXIST))
			count(COUNT_WAITS_FULL, 1);
	}
	return 0;
}

SEC("tp_btf/sched_exit_tp")
int BPF_PROG(switch_in, _Bool is_switch)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!is_switch || !task->tgid || task->flags & PF_KTHREAD)
		return 0;
	__u32 tid = task->pid, zero = 0, cpu = bpf_get_smp_processor_id();
	struct waiting *thread = bpf_map_lookup_elem(&waits, &tid);
	if (!thread || !thread->since_ns)
		return 0;
	__u64 now = bpf_ktime_get_ns(), waited_ns = now - thread->since_ns;
	thread->since_ns = 0;
	__u64 *shortest_ns = bpf_map_lookup_elem(&shortest_wait, &zero);
	struct off_cpu_state *state = bpf_map_lookup_elem(&off_cpu_states, &cpu);
	if (!shortest_ns || waited_ns < *shortest_ns || !state)
		return 0;
	keep_pace(&state->pace, now);
	__u64 worth = worth_of(thread, state->pace.quantum_ns, waited_ns);
	if (!worth)
		return 0;
	count_sample(&state->pace);
	struct scratch *scratch = &state->scratch;
	struct sample *sample = &scratch->sample;
	begin(sample, thread->kind, task, worth);
	long bytes = bpf_get_stack(ctx, sample->frames, KERNEL_FRAMES_MAX * 8, OWN_FRAMES);
	sample->kernel_frames = bytes > 0 ? (__u32)bytes / 8 : 0;
	if (task->mm)
		walk_user(scratch, task, (struct pt_regs *)bpf_task_pt_regs(task));
	end(sample);
	return 0;
}
