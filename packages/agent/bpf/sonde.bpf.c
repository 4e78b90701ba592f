// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel side of Sonde: facts about sockets and processes, nothing about protocols. System calls are seen at their
 * two common doors; everything is done at the exit, where arguments and result stand side by side. Only writes need
 * the entry too: their moment is the entry's (a reader on another CPU may be told of the bytes before the writer's
 * call returns), and the exit's copy of the registers holds no time.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "kernel_types.h"
#include "events.h"
#include "maps.h"
#include "walk.h"
#include "identity.h"
#include "lifecycle.h"
#include "data.h"
#include "process.h"

char LICENSE[] SEC("license") = "GPL";

enum shape { NOT_WATCHED, BUFFER, VECTOR, NAMED, MESSAGE, MESSAGES, SENDFILE, SPLICE, CONNECT, ACCEPT };
#define WRITES 0x80

#define CALLS_MAX 512
/* arch/x86/entry/syscalls/syscall_64.tbl */
const volatile __u8 calls[CALLS_MAX] = {
	[0] = BUFFER, /* read */
	[1] = BUFFER | WRITES, /* write */
	[19] = VECTOR, /* readv */
	[20] = VECTOR | WRITES, /* writev */
	[40] = SENDFILE | WRITES,
	[42] = CONNECT | WRITES,
	[43] = ACCEPT,
	[44] = NAMED | WRITES, /* sendto */
	[45] = NAMED, /* recvfrom */
	[46] = MESSAGE | WRITES, /* sendmsg */
	[47] = MESSAGE, /* recvmsg */
	[275] = SPLICE | WRITES,
	[288] = ACCEPT, /* accept4 */
	[299] = MESSAGES, /* recvmmsg */
	[307] = MESSAGES | WRITES, /* sendmmsg */
	[327] = VECTOR, /* preadv2 */
	[328] = VECTOR | WRITES, /* pwritev2 */
};

SEC("tp_btf/sys_enter")
int BPF_PROG(call_enter, struct pt_regs *regs, long nr)
{
	if ((__u64)nr >= CALLS_MAX)
		return 0;
	__u8 shape = calls[nr];
	if (!(shape & WRITES))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (is_ignored(task->tgid))
		return 0;
	/* splice names its target third */
	struct target target = target_of(task, shape == (SPLICE | WRITES) ? regs->dx : regs->di);
	if (!target.transport)
		return 0;
	struct entry *entry = bpf_task_storage_get(&entries, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!entry)
		return 0;
	entry->sk = target.sk;
	entry->inode = target.inode;
	entry->transport = target.transport;
	if (shape == (CONNECT | WRITES)) {
		struct socket *socket = FIELD((void *)target.sk, struct sock, sk_socket);
		entry->fresh = FIELD(socket, struct socket, state) == SS_UNCONNECTED;
		entry->syn_sent = 0;
	}
	entry->moment_ns = bpf_ktime_get_ns();
	return 0;
}

/* Fills socket and moment of a write from what its entry noted. */
static __always_inline _Bool take_entry(struct call *call, struct task_struct *task)
{
	struct entry *entry = bpf_task_storage_get(&entries, task, 0, 0);
	if (!entry || !entry->moment_ns)
		return 0;
	call->moment_ns = entry->moment_ns;
	call->sk = entry->sk;
	call->inode = entry->inode;
	call->transport = entry->transport;
	entry->moment_ns = 0;
	return 1;
}

/* A write that moved nothing: what its entry noted must not be taken for the next one's, which may be of a file. */
static __always_inline void forget_entry(struct task_struct *task)
{
	struct entry *entry = bpf_task_storage_get(&entries, task, 0, 0);
	if (entry)
		entry->moment_ns = 0;
}

/* Messages that are no progress of the stream: looked at and left, out of band, or error reports. */
static __always_inline _Bool is_aside(__u32 direction, __u32 flags)
{
	return direction == INGRESS && (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE));
}

static __always_inline void from_msghdr(struct source *source, const struct user_msghdr *head)
{
	source->iov = head->iov;
	source->iov_count = head->iov_count;
	source->peer = head->name_bytes >= 16 ? head->name : 0;
}

struct batch {
	struct call *call;
	__u64 vector;
	__u32 total;
	__u32 flags;
};

static long batch_sum(__u32 i, struct batch *batch)
{
	__u32 bytes = 0;
	bpf_probe_read_user(&bytes, 4, (void *)(batch->vector + i * sizeof(struct mmsghdr) + sizeof(struct user_msghdr)));
	batch->total += bytes;
	return 0;
}

static long batch_emit(__u32 i, struct batch *batch)
{
	struct mmsghdr message;
	if (bpf_probe_read_user(&message, sizeof(message), (void *)(batch->vector + i * sizeof(message)))) {
		count(COUNT_READ_FAILED, 1);
		return 1;
	}
	struct source source = {};
	from_msghdr(&source, &message.head);
	if (message.bytes)
		emit_data(batch->call, &source, message.bytes);
	return 0;
}

static __noinline int on_batch(struct call *call, struct pt_regs *regs, __u32 messages)
{
	struct batch batch = { .call = call, .vector = regs->si };
	if (is_aside(call->direction, regs->r10))
		return 0;
	if (call->transport == IPPROTO_TCP) {
		bpf_loop(messages, batch_sum, &batch, 0);
		call->tcp_seq = first_seq(call, batch.total);
	}
	bpf_loop(messages, batch_emit, &batch, 0);
	return 0;
}

/* Fills where the bytes are; returns 0 when the call did not move any. */
static __always_inline _Bool find_source(struct source *source, struct pt_regs *regs, __u8 shape, struct call *call)
{
	__u32 flags = 0;
	if (shape == BUFFER || shape == NAMED) {
		source->base = regs->si;
		source->bytes = regs->dx;
	}
	if (shape == NAMED) {
		flags = regs->r10;
		source->peer = regs->r8;
	} else if (shape == VECTOR) {
		source->iov = regs->si;
		source->iov_count = regs->dx;
	} else if (shape == MESSAGE) {
		struct user_msghdr head;
		flags = regs->dx;
		if (bpf_probe_read_user(&head, sizeof(head), (void *)regs->si)) {
			count(COUNT_READ_FAILED, 1);
			source->hidden = 1;
		} else {
			from_msghdr(source, &head);
		}
	} else if (shape == SENDFILE || shape == SPLICE) {
		source->hidden = 1;
	}
	/* TCP throws the bytes away then (tcp(7)), and the buffer holds something else. */
	if (call->direction == INGRESS && call->transport == IPPROTO_TCP && flags & MSG_TRUNC)
		source->hidden = source->discarded = 1;
	return !is_aside(call->direction, flags);
}

static __always_inline void on_data(struct pt_regs *regs, __u8 shape, struct task_struct *task, struct call *call,
				    __u32 fd, __u32 length)
{
	call->pid = task->tgid;
	call->tid = task->pid;
	if (call->direction == INGRESS || !take_entry(call, task)) {
		struct target target = target_of(task, fd);
		if (!target.transport)
			return;
		call->sk = target.sk;
		call->inode = target.inode;
		call->transport = target.transport;
		call->moment_ns = bpf_ktime_get_ns();
		/* A write that began before the programs were attached. */
		if (call->direction == EGRESS)
			count(COUNT_ENTRY_MISSED, 1);
	}
	if (shape == MESSAGES) {
		on_batch(call, regs, length);
	} else {
		struct source source = {};
		if (!find_source(&source, regs, shape, call))
			return;
		if (call->transport == IPPROTO_TCP)
			call->tcp_seq = first_seq(call, length);
		emit_data(call, &source, length);
	}
	if (call->direction == INGRESS && call->transport == IPPROTO_TCP)
		close_if_drained(call);
}

/* Both ends of a splice may be sockets; its source is looked at apart, since it is rare. */
static __noinline int on_splice_in(struct pt_regs *regs, __u32 length)
{
	struct call call = { .direction = INGRESS };
	on_data(regs, SPLICE, bpf_get_current_task_btf(), &call, regs->di, length);
	return 0;
}

static __always_inline void on_call(struct pt_regs *regs, __u8 shape, struct task_struct *task, long result)
{
	struct call call = { .direction = shape & WRITES ? EGRESS : INGRESS };
	shape &= ~WRITES;
	if (shape == CONNECT) {
		on_connect(bpf_task_storage_get(&entries, task, 0, 0), regs->si, result);
	} else if (shape == ACCEPT) {
		if (result >= 0)
			on_accept(task, result);
	} else if (result > 0) {
		on_data(regs, shape, task, &call, shape == SPLICE ? regs->dx : regs->di, result);
		if (shape == SPLICE)
			on_splice_in(regs, result);
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *regs, long result)
{
	__u64 nr = regs->orig_ax;
	if (nr >= CALLS_MAX)
		return 0;
	__u8 shape = calls[nr];
	_Bool moved = result > 0 || shape == ACCEPT || shape == (CONNECT | WRITES);
	if (!shape || (!moved && !(shape & WRITES)))
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (!moved) {
		forget_entry(task);
		return 0;
	}
	if (is_ignored(task->tgid))
		return 0;
	if (task->thread_info.status & TS_COMPAT) {
		count(COUNT_COMPAT_SYSCALL, 1);
		return 0;
	}
	on_call(regs, shape, task, result);
	return 0;
}
