/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which socket is this? A TCP socket is its kernel address for as long as the kernel keeps it (close() alone ends
 * nothing: fork, dup and passed descriptors keep it alive); a UDP or ICMP flow is a socket and a peer. Each gets an id that is
 * never used twice in one load of the programs.
 */
#pragma once

/* Ids are dense, so neighbours never share a verdict slot. */
__u64 next_socket_id = 1;

static __always_inline __u64 new_socket_id(void)
{
	return __sync_fetch_and_add(&next_socket_id, 1);
}

static __always_inline struct verdict *verdict_of(__u64 id)
{
	__u32 slot = id & ((1 << VERDICT_BITS) - 1);
	return bpf_map_lookup_elem(&verdicts, &slot);
}

/* What the low half of a word of `verdicts` must be, but for the bytes, to be about this socket. */
static __always_inline __u32 verdict_tag(__u64 id)
{
	return (__u32)(id >> VERDICT_BITS) << 16 | VERDICT_VALID;
}

/* Bytes of a call that are wanted, at most PIECES_MAX * DATA_MAX; `deep`: the whole call is, if it may be. */
static __always_inline __u32 verdict_bytes(const struct verdict *verdict, const struct socket_state *state, _Bool *deep)
{
	__u32 word = verdict->bytes, bytes = settings.default_bytes;
	if ((word & ~(VERDICT_VALID - 1)) == verdict_tag(state->id)) {
		bytes = word & (VERDICT_VALID - 1);
		*deep = bytes > DATA_MAX;
		return *deep ? (bytes - DATA_MAX + 1) * DATA_MAX : bytes;
	}
	*deep = bytes > DATA_MAX;
	return *deep && state->captured >= DEEP_BYTES ? DATA_MAX : bytes;
}

/* How many of the first of `length` bytes at `tcp_seq` are not wanted. */
static __always_inline __u32 skipped_bytes(struct verdict *verdict, __u64 id, __u32 direction, __u32 tcp_seq, __u32 length)
{
	__u64 *word = &verdict->skip[direction & 1];
	__u64 skip = *word;
	if (!skip || skip >> 32 != verdict_tag(id))
		return 0;
	/* Sequence numbers are modulo 2^32 (RFC 9293 section 3.4). */
	__s32 ahead = (__u32)skip - tcp_seq;
	if (ahead <= 0) {
		/* Reached: it must be gone before 2^31 bytes later it seems to lie ahead again; unless there is a new one. */
		__sync_val_compare_and_swap(word, skip, 0);
		return 0;
	}
	return (__u32)ahead < length ? ahead : length;
}

static __always_inline struct slot *slot_of(__u64 key)
{
	/* Sockets come from slabs: the low bits say nothing. Knuth's multiplicative hashing, 2^64 / golden ratio. */
	__u32 slot = (key >> 6) * 0x9e3779b97f4a7c15ull >> (64 - SLOT_BITS);
	return bpf_map_lookup_elem(&slots, &slot);
}

static __always_inline struct socket_state *find_tcp(__u64 key)
{
	struct slot *slot = slot_of(key);
	if (slot && slot->sk == key)
		return &slot->state;
	return bpf_map_lookup_elem(&sockets, &key);
}

static __always_inline void forget_tcp(__u64 key)
{
	struct slot *slot = slot_of(key);
	if (slot && slot->sk == key)
		slot->sk = 0;
	/* Also when it had a slot: it may have begun in the map, while another held the slot. */
	bpf_map_delete_elem(&sockets, &key);
}

static __noinline struct socket_state *add_tcp(__u64 key, __u64 inode, __u8 role)
{
	__u64 who = bpf_get_current_pid_tgid();
	struct socket_state state = { .inode = inode, .role = role, .pid = who >> 32, .tid = (__u32)who };
	read_tuple((struct sock *)key, IPPROTO_TCP, &state.tuple);
	state.id = new_socket_id();
	struct slot *slot = slot_of(key);
	/* Claimed first, named last: nobody finds the socket in a half-written slot. */
	if (slot && (slot->sk == key || __sync_val_compare_and_swap(&slot->sk, 0, SLOT_CLAIMED) == 0)) {
		slot->state = state;
		barrier();
		slot->sk = key;
		return &slot->state;
	}
	if (bpf_map_update_elem(&sockets, &key, &state, BPF_ANY)) {
		count(COUNT_SOCKET_MAP_FULL, 1);
		return 0;
	}
	return bpf_map_lookup_elem(&sockets, &key);
}

/* The state of a TCP socket seen through a descriptor; made on first sight, role unknown then. */
static __always_inline struct socket_state *tcp_state(__u64 key, __u64 inode)
{
	struct socket_state *state = find_tcp(key);
	if (!state)
		return add_tcp(key, inode, ROLE_UNKNOWN);
	if (state->inode == inode)
		return state;
	if (state->inode)
		return add_tcp(key, inode, ROLE_UNKNOWN);
	state->inode = inode;
	return state;
}

static __noinline struct socket_state *add_flow(const struct flow_key *key, const struct tuple *tuple, __u64 inode)
{
	__u64 who = bpf_get_current_pid_tgid();
	struct socket_state state = { .inode = inode, .pid = who >> 32, .tid = (__u32)who };
	if (!key || !tuple)
		return 0;
	state.tuple = *tuple;
	state.id = new_socket_id();
	if (bpf_map_update_elem(&flows, key, &state, BPF_ANY)) {
		count(COUNT_SOCKET_MAP_FULL, 1);
		return 0;
	}
	return bpf_map_lookup_elem(&flows, key);
}

/* `address` is the peer named by the call, a user-space sockaddr, or 0. */
static __always_inline struct socket_state *flow_state(__u64 sk, __u64 inode, __u64 address, __u32 transport)
{
	struct tuple tuple;
	read_tuple((struct sock *)sk, transport, &tuple);
	read_peer(address, &tuple);
	/* Without ports; callers leave there what they like. */
	if (transport != IPPROTO_UDP)
		tuple.remote_port = 0;
	struct flow_key key = { .sock = sk, .remote_port = tuple.remote_port, .family = tuple.family };
	__builtin_memcpy(key.remote, tuple.remote, 16);
	struct socket_state *state = bpf_map_lookup_elem(&flows, &key);
	if (state && state->inode == inode && state->tuple.local_port == tuple.local_port)
		return state;
	return add_flow(&key, &tuple, inode);
}
