// Ids by what they mean. Millions of definitions are known at once, so none is kept as text: a table of fingerprints in typed
// arrays, 28 to 56 bytes an id, outside of the heap. Two definitions with one fingerprint (96 bits of SHA-256) are not expected:
// among five million that is a chance of one in 10^16.
import { createHash } from 'node:crypto';

/** Words of a slot: fingerprint, id (0 = free), mark, use. */
const WORDS = 6;
const [ID, MARK, USE] = [3, 4, 5];
const SLOTS_MIN = 1024;
/** Share of the slots that may be taken. */
const LOAD_MAX = 0.75;

export class IdTable {
  private words: Uint32Array;
  private taken = 0;

  constructor(slots = SLOTS_MIN) {
    this.words = new Uint32Array(slots * WORDS);
  }

  get size(): number {
    return this.taken;
  }
  get bytes(): number {
    return this.words.byteLength;
  }

  /** 0 when it is not there, or has another mark. A hit is a use. */
  get(definition: string, use: number, mark = 0): number {
    const at = this.slot(fingerprint(definition));
    if (this.words[at + ID] === 0 || this.words[at + MARK] !== mark) return 0;
    this.words[at + USE] = use;
    return this.words[at + ID]!;
  }

  /** The id whatever its mark; no use. */
  peek(definition: string): number {
    return this.words[this.slot(fingerprint(definition)) + ID]!;
  }

  /** `mark`: 32 bits that its owner keeps with it. */
  set(definition: string, id: number, use: number, mark = 0): void {
    if (this.taken + 1 > (this.words.length / WORDS) * LOAD_MAX) this.resize(2);
    const key = fingerprint(definition);
    const at = this.slot(key);
    if (this.words[at + ID] === 0) this.taken++;
    this.words.set([...key, id, mark, use], at);
  }

  /** Takes out what `gone` says, of all with a use before `before`; gives their ids. */
  forget(before: number, gone: (id: number) => boolean): number[] {
    const old = this.words;
    const ids: number[] = [];
    for (let at = 0; at < old.length; at += WORDS) {
      const id = old[at + ID]!;
      if (id === 0 || old[at + USE]! >= before || !gone(id)) continue;
      ids.push(id);
      old[at + ID] = 0;
    }
    if (ids.length === 0) return ids;
    this.taken -= ids.length;
    // Slots behind those that are free now must be found again; and what is not needed is given back.
    let shrink = 1;
    while (this.taken < ((old.length / WORDS) * shrink * LOAD_MAX) / 4 && (old.length / WORDS) * shrink > SLOTS_MIN)
      shrink /= 2;
    this.resize(shrink);
    return ids;
  }

  private resize(factor: number): void {
    const old = this.words;
    this.words = new Uint32Array(old.length * factor);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + ID] === 0) continue;
      const slot = old.subarray(at, at + WORDS);
      this.words.set(slot, this.slot(slot));
    }
  }

  /** Where the fingerprint is, or would be. */
  private slot(key: Uint32Array): number {
    const { words } = this;
    const slots = words.length / WORDS;
    for (let slot = key[0]! % slots; ; slot = (slot + 1) % slots) {
      const at = slot * WORDS;
      if (words[at + ID] === 0) return at;
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2]) return at;
    }
  }
}

/** 32 bits of a text. */
export const mark_of = (text: string): number => fingerprint(text)[0]!;

function fingerprint(text: string): Uint32Array {
  const digest = createHash('sha256').update(text).digest();
  return new Uint32Array(digest.buffer, digest.byteOffset, 3);
}
