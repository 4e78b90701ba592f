/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel structures the programs look into, each cut down to the fields in use. Offsets written here mean
 * nothing: every access is relocated against the running kernel's BTF at load (preserve_access_index), so order and
 * gaps are free. A field that a kernel does not have fails the load by name instead of reading nonsense.
 */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r8, r9, r10, dx, si, di, orig_ax;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file {
	void *private_data;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct list_head {
	struct list_head *next;
};

struct files_struct {
	struct fdtable *fdt;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u16 sk_type;
	struct socket *sk_socket;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct tcp_sock {
	__u32 copied_seq;
	__u32 rcv_nxt;
	__u32 write_seq;
};

struct socket {
	enum { SS_FREE, SS_UNCONNECTED } state; /* include/uapi/linux/net.h */
	struct sock *sk;
};

struct thread_info {
	__u32 status;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct mm_struct {
	unsigned long arg_start, arg_end;
};

struct signal_struct {
	struct {
		int counter;
	} live;
};

struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	struct task_struct *real_parent;
	char comm[16];
	struct mm_struct *mm;
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct linux_binprm {
	const char *filename;
};

#pragma clang attribute pop

/* User-space ABI: fixed by the x86-64 system call interface, not relocated. */
struct iovec {
	__u64 base, bytes;
};

struct user_msghdr {
	__u64 name;
	__s32 name_bytes;
	__u32 pad0;
	__u64 iov, iov_count;
	__u64 control, control_bytes;
	__u32 flags, pad1;
};

struct mmsghdr {
	struct user_msghdr head;
	__u32 bytes, pad;
};

enum { AF_INET = 2, AF_INET6 = 10 };
enum { IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_ICMPV6 = 58 };
enum { S_IFMT = 0170000, S_IFSOCK = 0140000 };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_CLOSE = 7 };
/* include/linux/socket.h */
enum { MSG_OOB = 0x1, MSG_PEEK = 0x2, MSG_TRUNC = 0x20, MSG_ERRQUEUE = 0x2000 };
/* include/net/sock.h, enum sock_flags: the peer's FIN has arrived */
enum { SOCK_DONE_BIT = 1 << 1 };
/* arch/x86/include/asm/thread_info.h: the current call came through the 32-bit door */
enum { TS_COMPAT = 0x2 };
