// Rules of unwinding as the kernel program takes them (bpf/profile/events.h): how to find the caller's registers.

export const CFA = { unknown: 0, end: 1, rsp: 2, rbp: 3, at_rbp: 4, plt: 5, signal: 6, r10: 7, rax: 8 } as const;
export const RBP = { same: 0, saved: 1, at_rbp: 2 } as const;

const OFFSET_WORDS_MAX = 2 ** 18 - 1;
const BELOW_WORDS_MAX = 255;

const words = (bytes: number, max: number): number => {
  const count = bytes / 8;
  return Number.isInteger(count) && count >= 0 && count <= max ? count : -1;
};

/** Offsets in bytes. What the format cannot hold is CFA.unknown: the kernel then tries the frame pointer. */
export function rule(cfa: number, cfa_offset: number, rbp: number, rbp_below: number): number {
  const offset = words(cfa_offset, OFFSET_WORDS_MAX);
  const below = words(rbp_below, BELOW_WORDS_MAX);
  if (offset < 0 || below < 0) return CFA.unknown;
  return (cfa | (rbp << 4) | (below << 6) | (offset << 14)) >>> 0;
}
