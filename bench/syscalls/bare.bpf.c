// SPDX-License-Identifier: GPL-2.0
/* The bare hook pair: what any tracer of system calls pays before it does anything. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sys_enter")
int bare_enter(void *context)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int bare_exit(void *context)
{
	return 0;
}
