/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#include "../shared.h"

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

/* One a possible CPU; set by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} on_cpu_scratch SEC(".maps");

static __always_inline void submit(void *event, __u64 bytes)
{
	if (bpf_ringbuf_output(&samples, event, bytes, BPF_RB_NO_WAKEUP))
		count(COUNT_RING_FULL, 1);
}
