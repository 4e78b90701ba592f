/* SPDX-License-Identifier: GPL-2.0 */
/* What profiling tells user space and is told by it; byte by byte in docs/formats/profile-events.md. */
#pragma once

enum profile_event_kind { EVENT_ON_CPU = 1, EVENT_OFF_CPU, EVENT_RUN_QUEUE, EVENT_ALLOCATED, EVENT_FILE = 16 };

/* Why the walk of a user stack ended. */
enum walk_end {
	END_NONE, /* no user stack: a thread of the kernel */
	END_COMPLETE, /* the thread's start was reached */
	END_NO_TABLE, /* code of a file whose table is not there yet; frame pointers led nowhere */
	END_NO_RULE, /* code without unwinding information, and no frame pointer that could be followed */
	END_UNREADABLE, /* stack memory that is not there */
	END_UNMAPPED, /* what should be a return address is none */
	END_DEEP, /* more than USER_FRAMES_MAX frames */
};

#define KERNEL_FRAMES_MAX 128
#define USER_FRAMES_MAX 256
#define FRAMES_MASK 511

/* A user frame: a place in a file, or an address of the process that lies in no file. */
#define FRAME_ADDRESS (1ull << 63)
#define FRAME_OFFSET_BITS 36

/* 56 bytes, then the kernel's frames (addresses), then the user's; innermost first. */
struct sample {
	__u8 kind, end;
	__u16 kernel_frames, user_frames, pad;
	__u32 pid, tid;
	__u32 cpu, pad1;
	__u64 moment_ns;
	__u64 value; /* ns, or bytes */
	char comm[16];
	__u64 frames[FRAMES_MASK + 1];
};

/* A file is known by what survives renaming and tells its replacement apart. */
struct file_key {
	__u64 inode;
	__u32 device; /* as the kernel writes it: major << 20 | minor */
	__u32 generation;
};

/* The first time that code of a file is met: user space may open it through this mapping. 48 bytes. */
struct file_event {
	__u8 kind, pad[3];
	__u32 file;
	__u32 pid, pad1;
	struct file_key key;
	__u64 start, end; /* of the mapping */
};

struct file_entry {
	__u32 file; /* id, from FILE_FIRST on, never used twice */
	__u32 table; /* place in `tables` + 1; 0 = none yet */
	__u32 rows; /* of the table */
	__u32 pad;
};
#define FILE_FIRST 16
/* Key of the vdso, which has no inode: device 0 and this one. */
#define VDSO_INODE 1

/*
 * One row of an unwinding table: the rule from this offset in the file on, up to the next row's. In 64 bits, low to high:
 * offset 32 | how the CFA is found 4 | how rbp is found 2 | rbp's place below the CFA / 8: 8 | CFA offset / 8: 18.
 */
enum cfa_rule {
	CFA_UNKNOWN, /* no information: try the frame pointer */
	CFA_END, /* the outermost frame */
	CFA_RSP, /* rsp + offset */
	CFA_RBP, /* rbp + offset */
	CFA_AT_RBP, /* *(rbp - offset): frames aligned by force */
	CFA_PLT, /* entries of a procedure linkage table: rsp + 8, and 8 more in their second half */
	CFA_SIGNAL, /* the registers lie in a ucontext at rsp */
	CFA_R10, /* r10 + offset: only of the innermost frame are all registers known */
	CFA_RAX,
};
enum rbp_rule { RBP_SAME, RBP_SAVED, RBP_AT_RBP };

enum profile_counter {
	COUNT_RING_FULL,
	COUNT_FILES_FULL,
	COUNT_SAMPLES,
	COUNT_WAITS_FULL,
	COUNT_SLOTS = 16,
};
