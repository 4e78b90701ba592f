// Clocks of CPUs as events of perf (man 2 perf_event_open): something a program can run at, some number of times a second.
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { KernelError } from './errors.ts';
import { describeErrno, native } from './libbpf.ts';

// arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/linux/perf_event.h
const SYS_PERF_EVENT_OPEN = 298;
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_CPU_CLOCK = 0;
const ATTR_BYTES = 112;
const PERF_FLAG_FD_CLOEXEC = 8;

/** An event each `period_ns` of time of this CPU, whatever runs on it. Returns a descriptor. */
export function openCpuClock(cpu: number, period_ns: number): number {
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(PERF_TYPE_SOFTWARE, 0);
  attr.writeUInt32LE(ATTR_BYTES, 4);
  attr.writeBigUInt64LE(BigInt(PERF_COUNT_SW_CPU_CLOCK), 8);
  attr.writeBigUInt64LE(BigInt(period_ns), 16);
  const fd = native().perf_event_open(SYS_PERF_EVENT_OPEN, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC) as number;
  if (fd >= 0) return fd;
  const reason = describeErrno(koffi.errno());
  throw new KernelError(
    'attach_failed',
    `the clock of CPU ${cpu} cannot be sampled: ${reason}`,
    'Run as root, or with CAP_PERFMON',
  );
}

/** CPUs that are running now. */
export function onlineCpus(): number[] {
  return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'latin1'));
}

/** '0-3,8' as numbers. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    });
}
