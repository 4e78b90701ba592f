// Which tracepoints the kernel has for programs: each has a type in its type information.
import { readFileSync } from 'node:fs';

const BTF = '/sys/kernel/btf/vmlinux';
const known = new Map<string, boolean>();

export function has_tracepoint(name: string): boolean {
  let has = known.get(name);
  if (has === undefined) {
    // Names stand in it between two zero bytes (Documentation/bpf/btf.rst).
    has = readFileSync(BTF).includes(`\0btf_trace_${name}\0`);
    known.set(name, has);
  }
  return has;
}
