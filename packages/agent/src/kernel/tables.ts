// Maps of maps whose inner arrays are made as they are needed, each of its own size.
import { KernelError } from './errors.ts';
import { describeErrno, native } from './libbpf.ts';
import { Mapping, PAGE_BYTES } from './mapping.ts';
import type { BpfMap } from './object.ts';

// include/uapi/linux/bpf.h
const BPF_MAP_TYPE_ARRAY = 2;
const BPF_F_MMAPABLE = 1 << 10;
const BPF_F_INNER_MAP = 1 << 12;
/** struct bpf_map_create_opts (libbpf 1.0): its own size in the first 8 bytes, map_flags at byte 28. */
const OPTIONS_BYTES = 48;
const FLAGS_AT = 28;

/** An array of 64-bit values that can be mapped. Returns a descriptor. */
export function makeArray(values: number, flags = 0): number {
  const options = Buffer.alloc(OPTIONS_BYTES);
  options.writeUInt32LE(OPTIONS_BYTES, 0);
  options.writeUInt32LE(BPF_F_MMAPABLE | flags, FLAGS_AT);
  const fd = native().map_create(BPF_MAP_TYPE_ARRAY, 'table', 4, 8, values, options) as number;
  if (fd >= 0) return fd;
  throw new KernelError('map_failed', `a table of ${values} rows: ${describeErrno(fd)}`, 'Free some memory');
}

/** Puts an array of 64-bit values, two words each, into a slot of `outer`; what was there before is given up. */
export function putArray(outer: BpfMap, slot: number, words: Uint32Array): void {
  const values = words.length / 2;
  const fd = makeArray(values, BPF_F_INNER_MAP);
  try {
    const mapping = new Mapping(fd, Math.ceil((values * 8) / PAGE_BYTES) * PAGE_BYTES, 0, true);
    new Uint32Array(mapping.buffer).set(words);
    mapping.close();
    outer.update(bytesOf(slot), bytesOf(fd));
  } finally {
    native().close_fd(fd);
  }
}

const bytesOf = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
