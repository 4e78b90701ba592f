// The quantile sketch of every delay metric: DDSketch with 1 % relative accuracy, kept in the store as the engine's own
// aggregate state, so that any level can be asked for later. Byte layout: docs/formats/native-block.md, "Sketch";
// why this kind: docs/decisions/0020.
import type { ByteWriter } from './native/bytes.ts';

export const SKETCH_TYPE = 'AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64)';
export const SKETCH_ACCURACY = 0.01;

// gamma = (1 + accuracy) / (1 - accuracy): bin i holds the values in [gamma^i, gamma^(i+1)).
const GAMMA = (1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY);
const BINS_PER_LN = 1 / Math.log(GAMMA);
/** 3600 s in us; what is longer is counted there. */
const VALUE_MAX = 3_600_000_000;
const INDEX_MAX = Math.floor(Math.log(VALUE_MAX) * BINS_PER_LN);
const BINS_AT_FIRST = 32;

// DDSketch encoding: a flag byte names the block, the byte behind it how its bins are written.
const FLAG_POSITIVE = 1;
const FLAG_MAPPING = 2;
const FLAG_NEGATIVE = 3;
const FLAG_ZERO_COUNT = 4;
const BINS_DELTAS_AND_COUNTS = 4;
const BINS_CONTIGUOUS = 12;

const HEAD = Buffer.alloc(17);
HEAD[0] = FLAG_MAPPING;
HEAD.writeDoubleLE(GAMMA, 1);
// The store writes "no bins" of the negative side this way: 0 bins from index 2^31 - 1 by steps of 1 (zigzag varints).
const TAIL = Buffer.from([
  ...[FLAG_NEGATIVE, BINS_CONTIGUOUS, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 2],
  ...[FLAG_ZERO_COUNT, 0, 0, 0, 0, 0, 0, 0, 0],
]);

/** Counts of values 1 us to 3600 s in bins of 2 % width; at most 1,100 bins, 4 bytes each, as wide as the values need. */
export class Sketch {
  /** Number of values. */
  count = 0;
  private first = 0;
  private bins = new Uint32Array(BINS_AT_FIRST);
  private low = INDEX_MAX + 1;
  private high = -1;

  /** Values below 1 us count as 1 us, above 3600 s as 3600 s; NaN is not counted. */
  add(value_us: number, count = 1): void {
    let index = value_us >= 1 ? Math.floor(Math.log(value_us) * BINS_PER_LN) : value_us < 1 ? 0 : -1;
    if (index < 0) return;
    if (index > INDEX_MAX) index = INDEX_MAX;
    if (index < this.low || index > this.high) this.widen(index, index);
    const at = index - this.first;
    this.bins[at] = this.bins[at]! + count;
    this.count += count;
  }

  merge(other: Sketch): void {
    if (other.count === 0) return;
    this.widen(other.low, other.high);
    const shift = other.first - this.first;
    for (let i = other.low - other.first; i <= other.high - other.first; i++) {
      this.bins[i + shift] = this.bins[i + shift]! + other.bins[i]!;
    }
    this.count += other.count;
  }

  /** Empties it for another window; keeps its memory. */
  reset(): void {
    if (this.high >= this.low) this.bins.fill(0, this.low - this.first, this.high - this.first + 1);
    this.low = INDEX_MAX + 1;
    this.high = -1;
    this.count = 0;
  }

  /** The value below which a share `level` (0 to 1) of the values lies, within 1 %; 0 when empty. */
  quantile(level: number): number {
    if (this.count === 0) return 0;
    const rank = level * (this.count - 1);
    let seen = 0;
    for (let index = this.low; index <= this.high; index++) {
      seen += this.bins[index - this.first]!;
      if (seen > rank) return GAMMA ** index * (1 + SKETCH_ACCURACY);
    }
    return GAMMA ** this.high * (1 + SKETCH_ACCURACY);
  }

  /** Appends the state as the store's aggregate function writes it. */
  encodeState(into: ByteWriter): void {
    into.raw(HEAD, 0, HEAD.length);
    into.u8(FLAG_POSITIVE);
    into.u8(BINS_DELTAS_AND_COUNTS);
    let used = 0;
    for (let i = this.low; i <= this.high; i++) if (this.bins[i - this.first] !== 0) used++;
    into.varint(used);
    let before = 0;
    for (let index = this.low; index <= this.high; index++) {
      const count = this.bins[index - this.first]!;
      if (count === 0) continue;
      into.varint((index - before) * 2); // zigzag; never negative
      into.f64(count);
      before = index;
    }
    into.raw(TAIL, 0, TAIL.length);
  }

  /** Makes room for bins low to high beside those in use. */
  private widen(low: number, high: number): void {
    const from = Math.min(low, this.low);
    const to = Math.max(high, this.high);
    if (from < this.first || to >= this.first + this.bins.length || this.high < 0) this.rebase(from, to);
    this.low = from;
    this.high = to;
  }

  private rebase(from: number, to: number): void {
    const span = to - from + 1;
    const empty = this.high < 0;
    const size = span <= this.bins.length ? this.bins.length : Math.min(span * 2, INDEX_MAX + 1);
    // Centred, so that neighbours on both sides fit without another move.
    const first = Math.max(0, Math.min(from - ((size - span) >> 1), INDEX_MAX + 1 - size));
    if (empty && size === this.bins.length) {
      this.first = first;
      return;
    }
    const bins = new Uint32Array(size);
    if (!empty) bins.set(this.bins.subarray(this.low - this.first, this.high - this.first + 1), this.low - first);
    this.bins = bins;
    this.first = first;
  }
}

/** State of a sketch without values. */
export const EMPTY_STATE: Buffer = Buffer.concat([HEAD, Buffer.from([FLAG_POSITIVE, BINS_DELTAS_AND_COUNTS, 0]), TAIL]);

/** End of the state that begins at `at`, or -1 when the bytes are no sketch of this accuracy. */
export function state_end(bytes: Uint8Array, at: number): number {
  if (at + HEAD.length > bytes.length || HEAD.compare(bytes, at, at + HEAD.length) !== 0) return -1;
  const positive_end = bins_end(bytes, at + HEAD.length, FLAG_POSITIVE);
  const end = positive_end < 0 ? -1 : bins_end(bytes, positive_end, FLAG_NEGATIVE) + 9;
  return end < positive_end + 9 || end > bytes.length || bytes[end - 9] !== FLAG_ZERO_COUNT ? -1 : end;
}

/** End of the bins of one sign, in either of the two forms that the engine writes; -1 when unsound. */
function bins_end(bytes: Uint8Array, at: number, flag: number): number {
  const form = bytes[at + 1];
  if (bytes[at] !== flag || (form !== BINS_DELTAS_AND_COUNTS && form !== BINS_CONTIGUOUS)) return -1;
  let pos = at + 2;
  const skip_varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[pos++];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  const used = skip_varint();
  if (used < 0 || used > INDEX_MAX + 1) return -1;
  if (form === BINS_CONTIGUOUS) {
    if (skip_varint() < 0 || skip_varint() < 0) return -1;
    return pos + used * 8;
  }
  for (let i = 0; i < used; i++) {
    if (skip_varint() < 0) return -1;
    pos += 8;
  }
  return pos;
}
