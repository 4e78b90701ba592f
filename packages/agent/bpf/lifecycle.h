/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Open, fail and close of TCP sockets. State changes may run in an interrupt on top of anybody, so these programs
 * compose on their own stack and name the owner noted earlier, never the current task.
 */
#pragma once

static __noinline int emit_life(struct socket_state *state, __u8 kind)
{
	if (!state)
		return 0;
	struct socket_event event = {
		.kind = kind,
		.role = state->role,
		.moment_ns = bpf_ktime_get_ns(),
		.pid = state->pid,
		.tid = state->tid,
		.socket = state->id,
		.number = state->number,
		.tuple = state->tuple,
	};
	submit(&event, sizeof(event));
	return 0;
}

/* Data may still be read from a socket whose state is CLOSE; its end is told when that is done or it is destroyed. */
static __always_inline _Bool has_unread(struct sock *sk)
{
	return FIELD(sk, struct sock, sk_socket) && FIELD(sk, struct tcp_sock, copied_seq) != FIELD(sk, struct tcp_sock, rcv_nxt);
}

static __always_inline void tell_close(struct socket_state *state)
{
	if (state->closed)
		return;
	state->closed = 1;
	emit_life(state, EVENT_CLOSE);
}

/* In process context: connect() and its like. The local port is not chosen yet; ESTABLISHED reads it again. */
static __always_inline void on_syn_sent(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct entry *entry = bpf_task_storage_get(&entries, task, 0, 0);
	if (entry)
		entry->syn_sent = 1;
	if (!is_ignored(task->tgid))
		add_tcp(as_number(sk), 0, ROLE_CLIENT);
}

static __always_inline void on_established(struct sock *sk, struct socket_state *state)
{
	read_tuple(sk, IPPROTO_TCP, &state->tuple);
	emit_life(state, EVENT_OPEN);
}

static __always_inline void on_close(struct sock *sk, struct socket_state *state, int before)
{
	if (before == TCP_SYN_SENT) {
		__u16 port = state->tuple.local_port;
		read_tuple(sk, IPPROTO_TCP, &state->tuple);
		if (!state->tuple.local_port)
			state->tuple.local_port = port;
		state->closed = 1;
		emit_life(state, EVENT_FAIL);
	} else if (!has_unread(sk)) {
		tell_close(state);
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(socket_set_state, struct sock *sk, int before, int after)
{
	if (after == TCP_SYN_SENT) {
		if (sk->sk_protocol == IPPROTO_TCP)
			on_syn_sent(sk);
		return 0;
	}
	if (after != TCP_CLOSE && !(after == TCP_ESTABLISHED && before == TCP_SYN_SENT))
		return 0;
	struct socket_state *state = find_tcp(as_number(sk));
	if (!state || state->closed)
		return 0;
	if (after == TCP_ESTABLISHED)
		on_established(sk, state);
	else
		on_close(sk, state, before);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(socket_destroy, struct sock *sk)
{
	struct socket_state *state = find_tcp(as_number(sk));
	if (!state)
		return 0;
	tell_close(state);
	forget_tcp(as_number(sk));
	return 0;
}

/* accept() returned a connection: `fd` is the new socket's. */
static __always_inline void on_accept(struct task_struct *task, __u32 fd)
{
	struct target target = target_of(task, fd);
	if (target.transport != IPPROTO_TCP)
		return;
	struct socket_state *state = tcp_state(as_number((void *)target.sk), target.inode);
	if (!state)
		return;
	state->role = ROLE_SERVER;
	__u64 who = bpf_get_current_pid_tgid();
	state->pid = who >> 32;
	state->tid = (__u32)who;
	emit_life(state, EVENT_OPEN);
}

/*
 * A connect() that failed before the TCP state machine took over (no route, no port): the state changes say nothing.
 * A later call on a socket whose asynchronous attempt failed is not fresh and must not be told twice.
 */
static __always_inline void on_connect(struct entry *entry, __u64 address, long result)
{
	if (!entry || !entry->moment_ns)
		return;
	entry->moment_ns = 0;
	if (entry->transport != IPPROTO_TCP || !entry->fresh || entry->syn_sent)
		return;
	/* errno: ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EACCES, EPERM; the others are the caller's own mistakes */
	if (result != -101 && result != -113 && result != -99 && result != -13 && result != -1)
		return;
	__u64 who = bpf_get_current_pid_tgid();
	struct socket_state state = { .role = ROLE_CLIENT, .pid = who >> 32, .tid = (__u32)who };
	read_tuple((struct sock *)entry->sk, IPPROTO_TCP, &state.tuple);
	read_peer(address, &state.tuple);
	state.id = new_socket_id();
	emit_life(&state, EVENT_FAIL);
}
