/* SPDX-License-Identifier: GPL-2.0 */
/* One call's bytes: true length, TCP position, and the first bytes gathered from wherever the caller had them. */
#pragma once

/* Where the bytes of one message lie in user space, and who the caller says the peer is. */
struct source {
	__u64 base, bytes; /* one buffer, when iov is 0 */
	__u64 iov, iov_count;
	__u64 peer; /* sockaddr or 0 */
	_Bool hidden; /* moved without passing through user memory: nothing to capture */
	_Bool discarded; /* by the reader: nothing to capture either */
};

struct call {
	__u64 sk;
	__u64 inode;
	__u64 moment_ns;
	__u32 pid, tid;
	__u32 direction, transport;
	__u32 tcp_seq; /* of the next byte to be reported */
};

static __always_inline __u32 copy_in(struct data_scratch *scratch, __u32 at, __u64 base, __u64 bytes)
{
	at &= DATA_MAX - 1;
	if (bytes > DATA_MAX)
		bytes = DATA_MAX;
	barrier_var(bytes);
	if (bytes > DATA_MAX || bpf_probe_read_user(scratch->bytes + at, bytes, (void *)base)) {
		count(COUNT_READ_FAILED, 1);
		return 0;
	}
	return bytes;
}

struct gathering {
	struct data_scratch *scratch;
	__u32 skip, used, want;
};

static long gather_one(__u32 i, struct gathering *to)
{
	if (i >= IOVECS_MAX || to->used >= to->want)
		return 1;
	__u64 part = to->scratch->iov[i].bytes;
	if (part <= to->skip) {
		to->skip -= part;
		return 0;
	}
	__u64 base = to->scratch->iov[i].base + to->skip;
	part -= to->skip;
	to->skip = 0;
	if (part > to->want - to->used)
		part = to->want - to->used;
	if (copy_in(to->scratch, to->used, base, part) != part)
		to->want = to->used;
	else
		to->used += part;
	return 0;
}

/* Weak, not static, as emit_data below: the verifier then proves it once, not once for each way of getting here. */
__weak __u32 gather_iovecs(struct data_scratch *scratch, __u64 iov, __u64 iov_count, __u32 offset, __u32 want)
{
	__u64 n = iov_count < IOVECS_MAX ? iov_count : IOVECS_MAX;
	barrier_var(n);
	if (!scratch || n > IOVECS_MAX)
		return 0;
	if (bpf_probe_read_user(scratch->iov, n * sizeof(struct iovec), (void *)iov)) {
		count(COUNT_READ_FAILED, 1);
		return 0;
	}
	struct gathering to = { .scratch = scratch, .skip = offset, .want = want };
	bpf_loop(n, gather_one, &to, 0);
	if (to.used < to.want && iov_count > IOVECS_MAX)
		count(COUNT_IOVEC_CUT, 1);
	return to.used;
}

/* Copies up to `want` bytes from `offset` on. */
static __always_inline __u32 gather(struct data_scratch *scratch, const struct source *source, __u32 offset, __u32 want)
{
	if (want > DATA_MAX)
		want = DATA_MAX;
	if (source->iov)
		return gather_iovecs(scratch, source->iov, source->iov_count, offset, want);
	__u64 bytes = offset < source->bytes ? source->bytes - offset : 0;
	return copy_in(scratch, 0, source->base + offset, want < bytes ? want : bytes);
}

static __always_inline void fill(struct socket_event *event, const struct call *call, struct socket_state *state,
				 __u32 length)
{
	event->kind = EVENT_DATA;
	event->direction = call->direction;
	event->role = state->role;
	event->flags = 0;
	event->captured = 0;
	event->moment_ns = call->moment_ns;
	event->pid = call->pid;
	event->tid = call->tid;
	event->socket = state->id;
	event->number = __sync_fetch_and_add(&state->number, 1) + 1;
	event->tcp_seq = call->tcp_seq;
	event->length = length;
	event->offset = 0;
	event->tuple = state->tuple;
}

/* Without captured bytes the size is known and the event is written where it will be read. */
static __always_inline void emit_bare(const struct call *call, struct socket_state *state, __u32 length, __u8 flags)
{
	struct socket_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&state->number, 1);
		count_full(sizeof(*event));
		return;
	}
	fill(event, call, state, length);
	event->flags = flags;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* What was not told yet of a call: `length` bytes from its byte `from` on, of which `want` behind `offset` are captured. */
struct rest {
	const struct call *call;
	const struct source *source;
	struct socket_state *state;
	__u32 from, length, offset, want;
};

static __always_inline void emit_bytes(const struct rest *rest, __u32 length, __u32 want)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct data_scratch *scratch = bpf_map_lookup_elem(&data_scratch, &cpu);
	if (!scratch)
		return;
	fill(&scratch->event, rest->call, rest->state, length);
	if (rest->from > 0)
		scratch->event.flags = FLAG_CONTINUES;
	scratch->event.tcp_seq += rest->from;
	scratch->event.offset = rest->offset;
	__u64 captured = gather(scratch, rest->source, rest->from + rest->offset, want);
	scratch->event.captured = captured;
	barrier_var(captured);
	if (captured <= DATA_MAX)
		submit(&scratch->event, sizeof(scratch->event) + captured);
}

/* As much of it as one event takes; the last one has what is not captured, too. */
static long emit_piece(__u32 i, struct rest *rest)
{
	__u32 want = rest->want < DATA_MAX ? rest->want : DATA_MAX;
	__u32 more = rest->want - want;
	__u32 length = more ? rest->offset + want : rest->length;
	emit_bytes(rest, length, want);
	rest->from += length;
	rest->length -= length;
	rest->offset = 0;
	rest->want = more;
	return more == 0;
}

static __always_inline _Bool is_behind(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 2;
}

/* What is wanted of it, then its last `tail` bytes: a body's length may be known, and what is behind it is a boundary. */
static __always_inline void emit_deep(struct rest *rest, __u32 tail)
{
	rest->length -= tail;
	bpf_loop(PIECES_MAX, emit_piece, rest, 0);
	if (!tail)
		return;
	rest->offset = 0;
	emit_bytes(rest, tail, tail);
}

__weak int emit_data(struct call *call, const struct source *source, __u32 length)
{
	if (!call || !source)
		return 0;
	struct socket_state *state = call->transport == IPPROTO_TCP ? tcp_state(call->sk, call->inode)
								    : flow_state(call->sk, call->inode, source->peer, call->transport);
	if (!state)
		return 0;
	struct verdict *verdict = verdict_of(state->id);
	if (!verdict)
		return 0;
	_Bool deep;
	__u32 want = verdict_bytes(verdict, state, &deep), offset = 0, tail = 0;
	if (call->transport == IPPROTO_TCP) {
		offset = skipped_bytes(verdict, state->id, call->direction, call->tcp_seq, length);
		if (offset == length) {
			offset = 0;
			deep = 0;
			if (want > SKIPPED_BYTES)
				want = SKIPPED_BYTES;
		}
	}
	if (want > length - offset)
		want = length - offset;
	/* A datagram is one event. */
	if (want > DATA_MAX && call->transport != IPPROTO_TCP)
		want = DATA_MAX;
	if (state->captured < DEEP_BYTES)
		state->captured += want;
	/* While the reader is behind, the middle of deep calls would cost others their events; long ones are mostly bodies. */
	if (want > DATA_MAX + TAIL_BYTES && !source->hidden && is_behind()) {
		count(COUNT_DEEP_CUT, 1);
		want = DATA_MAX;
	}
	if (deep && call->transport == IPPROTO_TCP) {
		tail = length - offset - want;
		if (tail > TAIL_BYTES)
			tail = TAIL_BYTES;
	}
	struct rest rest = { call, source, state, 0, length, offset, want };
	if (!want || source->hidden)
		emit_bare(call, state, length, source->discarded ? FLAG_DISCARDED : 0);
	else if (want <= DATA_MAX && !tail)
		emit_bytes(&rest, length, want);
	else
		emit_deep(&rest, tail);
	if (call->transport == IPPROTO_TCP)
		call->tcp_seq += length;
	return 0;
}

/*
 * Position of the first of `length` bytes just moved: the socket's counter stands behind them. A consumed FIN takes
 * a number of its own (RFC 9293 section 3.4): it was, when the peer has finished and nothing is left to read.
 */
static __always_inline __u32 first_seq(const struct call *call, __u32 length)
{
	struct sock *sk = (struct sock *)call->sk;
	if (call->direction == EGRESS)
		return FIELD(sk, struct tcp_sock, write_seq) - length;
	__u32 next = FIELD(sk, struct tcp_sock, copied_seq);
	if (FIELD(sk, struct sock, __sk_common.skc_flags) & SOCK_DONE_BIT && next == FIELD(sk, struct tcp_sock, rcv_nxt))
		next--;
	return next - length;
}

/* A socket that reached CLOSE with bytes unread tells its end once they are read. */
static __always_inline void close_if_drained(const struct call *call)
{
	struct sock *sk = (struct sock *)call->sk;
	if (FIELD(sk, struct sock, __sk_common.skc_state) != TCP_CLOSE || has_unread(sk))
		return;
	struct socket_state *state = tcp_state(as_number(sk), call->inode);
	if (state)
		tell_close(state);
}
