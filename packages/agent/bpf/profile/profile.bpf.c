// SPDX-License-Identifier: GPL-2.0
/*
 * Where threads are: on each tick of a CPU's clock, and when they come back from waiting. Stacks are walked here, because
 * only here the thread stands still; what the addresses mean is found out in user space.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "types.h"
#include "events.h"
#include "maps.h"
#include "mapping.h"
#include "unwind.h"
#include "sample.h"

char LICENSE[] SEC("license") = "GPL";

#include "on_cpu.h"
#include "off_cpu.h"
