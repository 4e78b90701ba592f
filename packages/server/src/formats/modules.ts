// What the name of a file says of the functions in it.
import type { FrameType } from '@sonde/records';

/** Kernel, vDSO and kernel modules as profilers name them; shared libraries; else the program. */
export function module_type(file: string): FrameType {
  if (/^\[(?:kernel|guest\.kernel)|^vmlinux|\.ko(?:\.[xg]z|\.zst)?$/.test(file)) return 'K';
  return /\.so(?:\.[\w.]+)?$|\.dylib$|\.dll$|^\[v(?:dso|syscall)\]$/.test(file) ? 'L' : 'A';
}
/** How a kernel frame without a module is marked in formats that know mappings only. */
export const KERNEL_FILE = '[kernel.kallsyms]';
