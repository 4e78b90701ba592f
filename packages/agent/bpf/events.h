/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the ring carries and what the maps shared with user space hold. The byte-by-byte description, with its reader
 * in TypeScript, is docs/formats/kernel-events.md; both sides must change together.
 */
#pragma once

enum event_kind { EVENT_DATA = 1, EVENT_OPEN, EVENT_FAIL, EVENT_CLOSE, EVENT_EXEC, EVENT_FORK, EVENT_EXIT };
enum direction { EGRESS, INGRESS };
enum role { ROLE_UNKNOWN, ROLE_CLIENT, ROLE_SERVER };

/* CONTINUES: the call of this direction's event before. DISCARDED: the reader threw the bytes away unread. */
enum event_flag { FLAG_CONTINUES = 1, FLAG_DISCARDED = 2 };

/* Both ends; ports in host order, an IPv4 (or v4-mapped) address stands in the first four bytes. 40 bytes. */
struct tuple {
	__u16 local_port, remote_port;
	__u8 family; /* 4 or 6 */
	__u8 transport; /* IP protocol: 6, 17, 1 or 58 */
	__u8 type; /* SOCK_DGRAM or SOCK_RAW where the protocol is ICMP, else 0 */
	__u8 pad;
	__u8 local[16], remote[16];
};

/* Data and life of a socket share one head: 88 bytes, then `captured` bytes of what was moved. */
struct socket_event {
	__u8 kind, direction, role;
	__u8 flags; /* enum event_flag */
	__u32 captured;
	__u64 moment_ns;
	__u32 pid, tid;
	__u64 socket;
	__u32 number; /* per socket, from 1 */
	__u32 tcp_seq;
	__u32 length;
	__u32 offset; /* bytes of the call before the first captured one */
	struct tuple tuple;
};

/* 56 bytes, then the file name, then the arguments as they lie in memory (each ended by NUL). */
struct process_event {
	__u8 kind, pad[3];
	__u32 uid;
	__u64 moment_ns;
	__u32 pid, ppid;
	__u64 cgroup_id;
	__u32 filename_bytes, args_bytes;
	char comm[16];
};

/* One row of `counters` a CPU. Names in TypeScript: capture/ebpf/counters.ts, same order. */
enum counter {
	COUNT_RING_FULL,
	COUNT_RING_FULL_BYTES,
	COUNT_READ_FAILED,
	COUNT_IOVEC_CUT,
	COUNT_COMPAT_SYSCALL,
	COUNT_SOCKET_MAP_FULL,
	COUNT_ENTRY_MISSED,
	COUNT_DEEP_CUT,
	COUNT_SLOTS = 16,
};

#define DATA_MAX 16384
/* Events that one call may take. */
#define PIECES_MAX 128
/* Of a deep call's end, when what is before it is left out. */
#define TAIL_BYTES 1024
/* A socket without a verdict is captured as deep as may be up to so many bytes in all, then the ends of each call. */
#define DEEP_BYTES (4u << 20)
/* UIO_MAXIOV: no call takes more. Client libraries write a pipeline of 100 commands as 100 and more parts. */
#define IOVECS_MAX 1024
#define FILENAME_MAX 256
#define ARGS_MAX 1024
/* Sockets with a verdict at a time; an id's low bits choose its slot (see verdict_bytes). */
#define VERDICT_BITS 17
#define VERDICT_VALID (1u << 15)
/* Of an event that lies wholly in skipped bytes: enough to notice that a message begins there after all. */
#define SKIPPED_BYTES 64
#define SLOT_BITS 15
