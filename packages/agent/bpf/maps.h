/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#include "shared.h"

/* Set by user space before load. */
const volatile struct {
	__u32 typed_walk; /* the kernel has bpf_rdonly_cast (6.2): plain loads instead of a helper call a field */
	__u32 default_bytes; /* a call while a socket has no verdict, see DEEP_BYTES */
} settings SEC(".rodata.settings") = { .typed_walk = 0, .default_bytes = 4096 };

/* Sizes marked 1 are set by user space before load: they depend on the machine. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 26);
} ring SEC(".maps");

/*
 * Direct-mapped by the low bits of the socket id; user space writes it through its mapping, with no system call. Tag and
 * VERDICT_VALID stand in each word, so that a word is right or ignored, whoever owned the slot before. 24 bytes.
 */
struct verdict {
	__u64 bytes; /* its low half: tag | valid | bytes a call, or DATA_MAX + further events a call */
	__u64 skip[2]; /* by direction: (tag | valid) << 32 | TCP sequence before which no byte is wanted; 0 = none */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << VERDICT_BITS);
	__type(key, __u32);
	__type(value, struct verdict);
} verdicts SEC(".maps");

struct socket_state {
	__u64 id;
	__u64 inode; /* 0 = not yet known; another one = the memory was reused by another socket */
	__u32 number; /* events so far */
	__u32 pid, tid; /* who connected, accepted or was seen first */
	__u32 captured; /* bytes so far, no more exact from DEEP_BYTES on */
	__u8 role, closed, pad[2];
	struct tuple tuple;
};

/*
 * TCP: lives from first sight until the kernel destroys the socket. First a direct-mapped table, whose lookup is a few
 * inlined instructions (a hash map's costs 60 ns more a call); sockets that find their slot taken go to the hash map.
 */
#define SLOT_CLAIMED 1
struct slot {
	__u64 sk; /* 0 = free, SLOT_CLAIMED = being filled */
	struct socket_state state;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SLOT_BITS);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct socket_state);
} sockets SEC(".maps");

/* UDP and ICMP: a socket has as many flows as peers, and no end that a hook here would see; the least recently used goes. */
struct flow_key {
	__u64 sock;
	__u8 remote[16];
	__u32 remote_port;
	__u32 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct socket_state);
} flows SEC(".maps");

/* What a thread's call in progress looked like when it began. */
struct entry {
	__u64 moment_ns; /* 0 = none, or already used */
	__u64 sk, inode;
	__u32 transport;
	__u32 fresh; /* connect: the socket had never tried before */
	__u32 syn_sent; /* connect: the TCP state machine took over and will tell the end */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct entry);
} entries SEC(".maps");

/*
 * One a possible CPU, in a plain array because a per-CPU value may not exceed 32 KB. The kernel never runs one program
 * twice at a time on a CPU (it counts recursion_misses instead), so each program that composes here has its own array.
 * Twice DATA_MAX, so that the verifier sees every offset below DATA_MAX plus every length up to DATA_MAX inside.
 */
struct data_scratch {
	struct socket_event event;
	__u8 bytes[2 * DATA_MAX];
	struct iovec iov[IOVECS_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct data_scratch);
} data_scratch SEC(".maps");

struct process_scratch {
	struct process_event event;
	__u8 bytes[2 * (FILENAME_MAX + ARGS_MAX)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct process_scratch);
} process_scratch SEC(".maps");

static __always_inline void count_full(__u64 bytes)
{
	count(COUNT_RING_FULL, 1);
	count(COUNT_RING_FULL_BYTES, bytes);
}

/* Never wakes a reader: the ring is polled. */
static __always_inline void submit(void *event, __u64 bytes)
{
	if (bpf_ringbuf_output(&ring, event, bytes, BPF_RB_NO_WAKEUP))
		count_full(bytes);
}
