// Names of the kernel's counters, in the order of `enum counter` in bpf/events.h. One value a CPU each.

export const COUNTERS = [
  'ring_full',
  'ring_full_bytes',
  'read_failed',
  'iovec_cut',
  'compat_syscall',
  'socket_map_full',
  'entry_missed',
  'deep_cut',
] as const;

/** Slots of a CPU's row in the map, 8 bytes each. */
const ROW_SLOTS = 16;

export function readCounters(buffer: ArrayBuffer, cpus: number): Map<string, number[]> {
  const words = new Uint32Array(buffer);
  const counters = new Map<string, number[]>();
  COUNTERS.forEach((name, slot) => {
    const values: number[] = [];
    for (let cpu = 0; cpu < cpus; cpu++) {
      const word = (cpu * ROW_SLOTS + slot) * 2;
      values.push(words[word]! + words[word + 1]! * 2 ** 32);
    }
    counters.set(name, values);
  });
  return counters;
}
