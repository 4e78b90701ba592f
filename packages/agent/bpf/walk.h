/* SPDX-License-Identifier: GPL-2.0 */
/* From a descriptor to the socket behind it, and what the kernel knows of that socket. */
#pragma once

void *bpf_rdonly_cast(const void *object, __u32 btf_id) __weak __ksym;

/*
 * A field of a kernel structure that the verifier knows only as a number. Unreadable memory reads as 0 either way.
 * The settings are constant at load, so the verifier drops the branch that is not taken.
 */
#define FIELD(pointer, type, field)                                                                       \
	({                                                                                                \
		__typeof__(((type *)0)->field) value_ = 0;                                                \
		if (settings.typed_walk)                                                                  \
			value_ = ((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))->field; \
		else                                                                                      \
			bpf_probe_read_kernel(&value_, sizeof(value_), &((type *)(pointer))->field);       \
		value_;                                                                                   \
	})

/* The verifier lets nobody compute with a pointer it knows; read back as data, it is a number. */
static __always_inline __u64 as_number(const void *pointer)
{
	__u64 number = 0;
	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/*
 * The pointer in one slot of a descriptor table. A slot has no type to cast to; a list_head begins with a pointer and
 * exists in every kernel.
 */
static __always_inline struct file *file_in(struct file **slot)
{
	return (struct file *)FIELD(slot, struct list_head, next);
}

struct target {
	__u64 sk;
	__u64 inode;
	__u32 transport; /* 0 = nothing that is watched */
};

static __always_inline _Bool is_icmp(__u16 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Only IPv4 and IPv6; TCP, UDP and ICMP sockets come back with a transport. */
static __always_inline void classify(struct sock *sk, struct target *target)
{
	__u16 family = FIELD(sk, struct sock, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return;
	__u16 protocol = FIELD(sk, struct sock, sk_protocol);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && !is_icmp(protocol))
		return;
	target->sk = (__u64)sk;
	target->transport = protocol;
}

static __always_inline struct socket *socket_of(struct task_struct *task, __u32 fd, __u64 *inode)
{
	struct fdtable *fdt = task->files->fdt;
	if (fd >= fdt->max_fds)
		return 0;
	struct file *file = file_in(&fdt->fd[fd]);
	if (!file)
		return 0;
	struct inode *node = FIELD(file, struct file, f_inode);
	if ((FIELD(node, struct inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	*inode = FIELD(node, struct inode, i_ino);
	return FIELD(file, struct file, private_data);
}

static __always_inline struct target target_of(struct task_struct *task, __u32 fd)
{
	struct target target = {};
	struct socket *socket = socket_of(task, fd, &target.inode);
	if (!socket)
		return target;
	struct sock *sk = FIELD(socket, struct socket, sk);
	if (sk)
		classify(sk, &target);
	return target;
}

static __always_inline _Bool is_mapped(const __u32 *address)
{
	/* RFC 4291 section 2.5.5.2: ::ffff:a.b.c.d */
	return address[0] == 0 && address[1] == 0 && address[2] == bpf_htonl(0xffff);
}

static __always_inline _Bool is_any(const __u32 *address)
{
	return !(address[0] | address[1] | address[2] | address[3]);
}

/* A 16-byte IPv6 address as reported: v4-mapped ones become IPv4. */
static __always_inline void place6(__u8 *to, const __u32 *address, _Bool as4)
{
	__u32 *words = (__u32 *)to;
	words[0] = as4 ? address[3] : address[0];
	words[1] = as4 ? 0 : address[1];
	words[2] = as4 ? 0 : address[2];
	words[3] = as4 ? 0 : address[3];
}

static __always_inline void read_tuple(struct sock *sk, __u8 transport, struct tuple *tuple)
{
	__builtin_memset(tuple, 0, sizeof(*tuple));
	tuple->transport = transport;
	if (is_icmp(transport))
		tuple->type = FIELD(sk, struct sock, sk_type);
	tuple->local_port = bpf_ntohs(FIELD(sk, struct inet_sock, inet_sport));
	tuple->remote_port = bpf_ntohs(FIELD(sk, struct sock, __sk_common.skc_dport));
	tuple->family = 4;
	if (FIELD(sk, struct sock, __sk_common.skc_family) == AF_INET) {
		*(__u32 *)tuple->local = FIELD(sk, struct inet_sock, inet_saddr);
		*(__u32 *)tuple->remote = FIELD(sk, struct sock, __sk_common.skc_daddr);
		return;
	}
	__u32 local[4], remote[4];
	bpf_probe_read_kernel(local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_probe_read_kernel(remote, 16, &sk->__sk_common.skc_v6_daddr);
	_Bool as4 = is_mapped(local) || is_mapped(remote);
	if (!as4)
		tuple->family = 6;
	place6(tuple->local, local, as4);
	place6(tuple->remote, remote, as4);
}

/* The peer a call on an unconnected datagram socket named: a user-space sockaddr. Returns 0 when there is none to read. */
static __always_inline _Bool read_peer(__u64 address, struct tuple *tuple)
{
	struct {
		__u16 family;
		__be16 port;
		__u32 word[6]; /* sockaddr_in: address first; sockaddr_in6: flow label, then address */
	} peer = {};
	if (!address || bpf_probe_read_user(&peer, 16, (void *)address))
		return 0;
	if (peer.family == AF_INET) {
		*(__u32 *)tuple->remote = peer.word[0];
		tuple->family = 4;
	} else if (peer.family == AF_INET6) {
		if (bpf_probe_read_user(&peer, 24, (void *)address))
			return 0;
		_Bool as4 = is_mapped(&peer.word[1]);
		/* A dual-stack socket bound to :: reports 0.0.0.0 towards an IPv4 peer. */
		tuple->family = as4 ? 4 : 6;
		place6(tuple->remote, &peer.word[1], as4);
	} else {
		return 0;
	}
	tuple->remote_port = bpf_ntohs(peer.port);
	return 1;
}
