// What this machine lets the kernel side do, a finding each; `doctor` prints them. Nothing here changes the machine.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { native } from './libbpf.ts';

export interface Finding {
  name: string;
  ok: 'ok' | 'warn' | 'fail';
  /** One line: what is there. */
  text: string;
  /** One line: what to do about it. */
  way_out?: string;
}

export interface ProbeOptions {
  /** The ring that is going to be asked for, bytes. */
  ring_bytes?: number;
}

/** bpf_loop, and everything else in use. */
const KERNEL_MIN: readonly [number, number] = [5, 17];
// include/uapi/linux/capability.h
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;
const TRACEPOINTS = [
  'sys_enter',
  'sys_exit',
  'inet_sock_set_state',
  'tcp_destroy_sock',
  'sched_process_exec',
  'sched_process_fork',
  'sched_process_exit',
];

export function probe(options: ProbeOptions = {}): Finding[] {
  return [
    probeKernel(release(), process.arch),
    probeRights(read('/proc/self/status')),
    probeBtf('/sys/kernel/btf/vmlinux'),
    probeJit(read('/proc/sys/net/core/bpf_jit_enable')),
    probeTracefs(read('/proc/mounts')),
    probeLibrary(),
    probeRing(options.ring_bytes ?? 64 << 20, read('/proc/meminfo')),
    probePids(),
    probeIoUring('/proc'),
  ];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

export function probeKernel(version: string, arch: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const name = 'kernel';
  if (arch !== 'x64') {
    return { name, ok: 'fail', text: `${arch} machine`, way_out: 'Only x86-64 is supported so far' };
  }
  const enough = major > KERNEL_MIN[0] || (major === KERNEL_MIN[0] && minor >= KERNEL_MIN[1]);
  if (!enough)
    return { name, ok: 'fail', text: `Linux ${version}`, way_out: `Linux ${KERNEL_MIN.join('.')} or newer is needed` };
  if (major < 6 || (major === 6 && minor < 2)) {
    return {
      name,
      ok: 'warn',
      text: `Linux ${version}: each traced call costs about 350 ns more than on 6.2 and newer`,
    };
  }
  return { name, ok: 'ok', text: `Linux ${version}` };
}

export function probeRights(status: string): Finding {
  const name = 'rights';
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (bit: number): boolean => ((effective >> BigInt(bit)) & 1n) === 1n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)))
    return { name, ok: 'ok', text: 'may load eBPF programs' };
  return {
    name,
    ok: 'fail',
    text: 'may not load eBPF programs',
    way_out: 'Run as root, or give CAP_BPF and CAP_PERFMON',
  };
}

function probeBtf(path: string): Finding {
  const name = 'btf';
  if (!existsSync(path)) {
    return {
      name,
      ok: 'fail',
      text: 'no kernel type information',
      way_out: 'Use a kernel with CONFIG_DEBUG_INFO_BTF=y',
    };
  }
  let types: Buffer;
  try {
    types = readFileSync(path);
  } catch {
    return { name, ok: 'warn', text: `${path} cannot be read`, way_out: 'Run as root' };
  }
  const missing = TRACEPOINTS.filter((point) => !types.includes(`\0btf_trace_${point}\0`));
  if (missing.length > 0) {
    return {
      name,
      ok: 'fail',
      text: `tracepoints missing: ${missing.join(', ')}`,
      way_out: 'Use a kernel with CONFIG_FTRACE_SYSCALLS=y',
    };
  }
  return { name, ok: 'ok', text: `kernel type information with all ${TRACEPOINTS.length} tracepoints` };
}

export function probeJit(setting: string): Finding {
  const name = 'jit';
  // A kernel built with CONFIG_BPF_JIT_ALWAYS_ON shows 1 as well.
  if (setting.trim() === '0') {
    return { name, ok: 'warn', text: 'eBPF programs are interpreted', way_out: 'sysctl -w net.core.bpf_jit_enable=1' };
  }
  return {
    name,
    ok: 'ok',
    text: setting ? 'eBPF programs are compiled' : 'unknown whether eBPF programs are compiled',
  };
}

export function probeTracefs(mounts: string): Finding {
  const name = 'tracefs';
  if (/ tracefs /.test(mounts)) return { name, ok: 'ok', text: 'mounted' };
  // BTF tracepoints are attached through bpf(2) alone; uprobes and classic tracepoints will want it.
  return { name, ok: 'ok', text: 'not mounted, and not needed for sockets and processes' };
}

function probeLibrary(): Finding {
  const name = 'libbpf';
  try {
    native();
    return { name, ok: 'ok', text: 'libbpf.so.1 is there' };
  } catch (error) {
    return { name, ok: 'fail', text: (error as Error).message, way_out: 'apt-get install libbpf1' };
  }
}

export function probeRing(ring_bytes: number, meminfo: string): Finding {
  const name = 'ring';
  const available = Number(/^MemAvailable:\s*(\d+) kB/m.exec(meminfo)?.[1] ?? totalmem() / 1024) * 1024;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  const text = `${mib(ring_bytes)} of ${mib(available)} available memory`;
  if (ring_bytes > available / 4)
    return { name, ok: 'warn', text, way_out: 'Choose a smaller ring: agent setting ring_bytes' };
  return { name, ok: 'ok', text };
}

function probePids(): Finding {
  const name = 'pid namespace';
  // init's own namespaces are readable by root only; the kernel's threads are visible only outside of containers.
  const outside = read('/proc/2/comm').trim() === 'kthreadd';
  if (outside) return { name, ok: 'ok', text: 'the host’s' };
  const text = 'not the host’s: events name processes by ids that mean nothing here';
  return { name, ok: 'warn', text, way_out: 'Run on the host, or with its pid namespace (docker --pid=host)' };
}

/** Processes that hold an io_uring: their reads and writes make no system calls, so they are not seen. */
export function probeIoUring(proc: string): Finding {
  const name = 'io_uring';
  const users: string[] = [];
  let hidden = 0;
  for (const pid of readdirSync(proc).filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (holdsIoUring(`${proc}/${pid}/fd`)) users.push(`${read(`${proc}/${pid}/comm`).trim()} (${pid})`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') hidden++;
    }
  }
  const unseen = hidden > 0 ? `; ${hidden} processes could not be looked at` : '';
  if (users.length === 0) return { name, ok: 'ok', text: `no process uses io_uring${unseen}` };
  const shown = users.slice(0, 10).join(', ') + (users.length > 10 ? ` and ${users.length - 10} more` : '');
  const way_out = 'If calls of these are missing, make them use plain system calls (libuv: UV_USE_IO_URING=0)';
  return { name, ok: 'warn', text: `calls made through io_uring are not seen: ${shown}${unseen}`, way_out };
}

function holdsIoUring(folder: string): boolean {
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) === 'anon_inode:[io_uring]';
    } catch {
      return false; // closed meanwhile
    }
  });
}
