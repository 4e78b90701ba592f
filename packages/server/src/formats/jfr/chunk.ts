// One chunk of a flight recording: it explains itself. There is no specification; this follows what OpenJDK 11 to 25 and async-profiler
// write (version 2), and docs/formats/profile-formats.md says what is read.
import { ProfileError } from '../profile.ts';
import { Cursor, broken } from './cursor.ts';
import { read_types, type Struct, type Types, type Value } from './types.ts';

const MAGIC = 0x464c5200;
const HEADER_BYTES = 68;
const METADATA = 0;
const CHECKPOINT = 1;
const CHECKPOINTS_MAX = 100_000;
const COMPRESSED_INTEGERS = 1;
/** Pools whose values are looked at; the others are only passed. */
const POOLS: ReadonlySet<string> = new Set([
  'java.lang.String',
  'java.lang.Class',
  'java.lang.Thread',
  'jdk.types.StackTrace',
  'jdk.types.Method',
  'jdk.types.Symbol',
  'jdk.types.FrameType',
  'jdk.types.ThreadState',
]);

export interface JfrEvent {
  readonly type: string;
  readonly type_id: number;
  readonly fields: Struct;
}

export const is_recording = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32BE(0) === MAGIC;

/** The chunks of a recording, one behind the other. */
export function* chunks_of(bytes: Uint8Array): Generator<Chunk> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole.length; ) {
    const chunk = new Chunk(whole, at);
    yield chunk;
    at = chunk.end;
  }
}

export class Chunk {
  private readonly bytes: Buffer;
  private readonly start: number;
  readonly end: number;
  readonly start_ms: number;
  readonly duration_ms: number;
  private readonly start_ticks: number;
  private readonly ticks_ms: number;
  private readonly types: Types;
  /** By name of the type. */
  private readonly pools = new Map<string, Map<number, Value>>();

  constructor(bytes: Buffer, start: number) {
    this.bytes = bytes;
    this.start = start;
    if (bytes.length - start < HEADER_BYTES || bytes.readUInt32BE(start) !== MAGIC) throw broken();
    const major = bytes.readUInt16BE(start + 4);
    if (major !== 2) throw new ProfileError(`A flight recording of version ${major} is not read, 2 is.`);
    const size = this.u64(8);
    if (size === 0) throw new ProfileError('The flight recording was not finished: its last chunk has no size.');
    if (size < HEADER_BYTES || size > bytes.length - start) throw broken();
    this.end = start + size;
    if ((bytes.readUInt32BE(start + 64) & COMPRESSED_INTEGERS) === 0)
      throw new ProfileError('A flight recording without compressed integers is not read.');
    this.start_ms = Number(bytes.readBigUInt64BE(start + 32) / 1000n) / 1000;
    this.duration_ms = this.u64(40) / 1e6;
    this.start_ticks = this.u64(48);
    this.ticks_ms = Math.max(1, this.u64(56)) / 1000;
    const metadata = this.event_at(this.u64(24));
    if (metadata.long() !== METADATA) throw broken();
    this.types = read_types(metadata);
    this.read_pools(this.u64(16));
  }

  time_ms(ticks: number): number {
    return this.start_ms + this.span_ms(ticks - this.start_ticks);
  }

  span_ms(ticks: number): number {
    return ticks / this.ticks_ms;
  }

  /** Events of those types. */
  *events(wanted: ReadonlySet<string>): Generator<JfrEvent> {
    for (let at = this.start + HEADER_BYTES; at < this.end; ) {
      const cursor = this.event_at(at - this.start);
      at = cursor.end;
      const type_id = cursor.long();
      if (type_id === METADATA || type_id === CHECKPOINT) continue;
      const type = this.types.name(type_id);
      if (wanted.has(type)) yield { type, type_id, fields: this.types.read(type_id, cursor) as Struct };
    }
  }

  /** Value of a pool; undefined when there is none of that key. */
  pooled(type: string, key: Value | undefined): Value | undefined {
    return typeof key === 'number' ? this.pools.get(type)?.get(key) : undefined;
  }

  struct(type: string, key: Value | undefined): Struct | undefined {
    const value = this.pooled(type, key);
    return typeof value === 'object' && !Array.isArray(value) ? (value as Struct) : undefined;
  }

  text(value: Value | undefined): string {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || Array.isArray(value)) return '';
    const found = this.pooled('java.lang.String', (value as Struct).key);
    return typeof found === 'string' ? found : '';
  }

  symbol(key: Value | undefined): string {
    return this.text(this.struct('jdk.types.Symbol', key)?.string);
  }

  type_name(id: number): string {
    return this.types.name(id);
  }

  private u64(offset: number): number {
    return Number(this.bytes.readBigUInt64BE(this.start + offset));
  }

  /** Behind the size of the event at that offset of the chunk, and bounded by it. */
  private event_at(offset: number): Cursor {
    if (offset < HEADER_BYTES || offset >= this.end - this.start) throw broken();
    const at = this.start + offset;
    const cursor = new Cursor(this.bytes, at, this.end);
    const size = cursor.long();
    if (size < cursor.at - at + 1 || at + size > this.end) throw broken();
    cursor.end = at + size;
    return cursor;
  }

  /** Checkpoints are a chain from the last one back. */
  private read_pools(last: number): void {
    let offset = last;
    for (let left = CHECKPOINTS_MAX; left > 0; left--) {
      const at = this.event_at(offset);
      if (at.long() !== CHECKPOINT) throw broken();
      at.long();
      at.long();
      const delta = at.long();
      at.byte();
      for (let pools = at.count(); pools > 0; pools--) this.read_pool(at);
      if (delta === 0) return;
      // Backwards only, or a chain could go round.
      if (delta > 0) throw broken();
      offset += delta;
    }
    throw broken();
  }

  private read_pool(at: Cursor): void {
    const id = at.long();
    const name = this.types.get(id).name;
    const kept = POOLS.has(name);
    let pool = this.pools.get(name);
    if (kept && pool === undefined) {
      pool = new Map();
      this.pools.set(name, pool);
    }
    for (let left = at.count(); left > 0; left--) {
      const key = at.long();
      const value = this.types.read(id, at);
      if (kept) pool!.set(key, value);
    }
  }
}
