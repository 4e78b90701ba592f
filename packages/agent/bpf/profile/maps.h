/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/* Never wakes a reader: the ring is polled. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} samples SEC(".maps");

/* ns between two ticks of a CPU: what a sample stands for. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} period SEC(".maps");

/* One row a possible CPU; set before load, as the scratch below. */
struct counter_row {
	__u64 value[COUNT_SLOTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter_row);
} counters SEC(".maps");

/* Processes that are not looked at: the map of sonde.bpf.c, shared. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, (1 << 22) / 64);
	__type(key, __u32);
	__type(value, __u64);
} ignored SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct file_key);
	__type(value, struct file_entry);
} files SEC(".maps");

/* Sorted rows of each file; user space makes an array of the right size and puts it here. */
struct table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__array(values, struct table);
} tables SEC(".maps");

struct scratch {
	struct sample sample;
	__u64 node[32]; /* of a maple tree */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} on_cpu_scratch SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct counter_row *row = bpf_map_lookup_elem(&counters, &cpu);
	if (row && counter < COUNT_SLOTS)
		row->value[counter]++;
}

static __always_inline void submit(void *event, __u64 bytes)
{
	if (bpf_ringbuf_output(&samples, event, bytes, BPF_RB_NO_WAKEUP))
		count(COUNT_RING_FULL);
}

static __always_inline _Bool is_ignored(__u32 tgid)
{
	__u32 word = tgid >> 6;
	__u64 *bits = bpf_map_lookup_elem(&ignored, &word);
	return bits && (*bits >> (tgid & 63) & 1);
}
