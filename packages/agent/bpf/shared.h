/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/* What all programs keep; COUNT_SLOTS and the counters' names are each program's own (its events.h). */
struct counter_row {
	__u64 value[COUNT_SLOTS];
};

/* One row a possible CPU; set by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter_row);
} counters SEC(".maps");

/*
 * One bit a process id: it is not looked at. Linux never gives ids of 2^22 and above (PID_MAX_LIMIT). sonde.bpf.c fills the
 * map, the others are given it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, (1 << 22) / 64);
	__type(key, __u32);
	__type(value, __u64);
} ignored SEC(".maps");

static __always_inline void count(__u32 counter, __u64 by)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct counter_row *row = bpf_map_lookup_elem(&counters, &cpu);
	/* Not atomic: an interrupt between load and store may lose one. Interrupts count only rare things. */
	if (row && counter < COUNT_SLOTS)
		row->value[counter] += by;
}

static __always_inline _Bool is_ignored(__u32 tgid)
{
	__u32 word = tgid >> 6;
	__u64 *bits = bpf_map_lookup_elem(&ignored, &word);
	return bits && (*bits >> (tgid & 63) & 1);
}
