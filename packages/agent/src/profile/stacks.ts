// Stacks that were seen, each once: a sample is looked up by its addresses and costs no memory when it is known.
import type { Sample } from './sampler.ts';

const STACKS_MAX = 32_768;
/** User frames with this bit in their upper word are addresses of the process, in no file (bpf/profile/events.h). */
export const ADDRESS_BIT = 0x8000_0000;
const FNV_PRIME = 0x0100_0193;

export interface Stack {
  /** Kernel frames, then user frames, innermost first, two words each, low first. */
  readonly words: Uint32Array;
  readonly kernel_frames: number;
  readonly end: number;
  /** Whose addresses they are; 0 = all frames lie in files, so that any process may have the stack. */
  readonly pid: number;
  /** Its id, once its functions were named; undefined until then. */
  id: readonly [low: number, high: number] | undefined;
  /** Day (UTC) on which its definition was last sent. */
  day: number;
}

export class Stacks {
  private readonly table = new Map<number, Stack>();
  /** Stacks given up because there were too many, or two had the same hash. */
  dropped = 0;

  get size(): number {
    return this.table.size;
  }

  of(sample: Sample): Stack {
    const { words, start, kernel_frames, user_frames, end } = sample;
    const length = (kernel_frames + user_frames) * 2;
    let has_addresses = false;
    for (let i = kernel_frames * 2 + 1; i < length; i += 2) if (words[start + i]! >= ADDRESS_BIT) has_addresses = true;
    const pid = has_addresses ? sample.pid : 0;
    const key = hash(words, start, length, pid ^ (end << 24) ^ (kernel_frames << 16));
    const known = this.table.get(key);
    if (known !== undefined) {
      if (same(known, sample, pid, length)) return known;
      this.dropped++;
    } else if (this.table.size >= STACKS_MAX) this.make_room();
    const stack: Stack = { words: words.slice(start, start + length), kernel_frames, end, pid, id: undefined, day: 0 };
    this.table.set(key, stack);
    return stack;
  }

  /** Functions got other names: what is not only in files is named anew. */
  forget(pid: number): void {
    for (const [key, stack] of this.table) if (stack.pid === pid) this.table.delete(key);
  }

  private make_room(): void {
    let left = STACKS_MAX / 8;
    for (const key of this.table.keys()) {
      if (left-- <= 0) break;
      this.table.delete(key);
      this.dropped++;
    }
  }
}

/** 52 bits: two FNV-1a lanes over the words. */
function hash(words: Uint32Array, start: number, length: number, seed: number): number {
  let low = 0x811c9dc5 ^ seed;
  let high = 0x050c5d1f ^ seed;
  for (let i = start; i < start + length; i++) {
    const word = words[i]!;
    low = Math.imul(low ^ word, FNV_PRIME);
    high = Math.imul(high ^ ((word << 13) | (word >>> 19)), FNV_PRIME) + 1;
  }
  return (low >>> 0) + ((high ^ (low >>> 7)) & 0xfffff) * 2 ** 32;
}

function same(stack: Stack, sample: Sample, pid: number, length: number): boolean {
  if (stack.words.length !== length || stack.kernel_frames !== sample.kernel_frames) return false;
  if (stack.end !== sample.end || stack.pid !== pid) return false;
  for (let i = 0; i < length; i++) if (stack.words[i] !== sample.words[sample.start + i]) return false;
  return true;
}
