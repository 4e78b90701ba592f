// Batches that wait on disk while the server is away or the agent is not running. Layout: docs/formats/spool.md.
//
// Written through the page cache without fsync: what is written survives the end of the agent, kill -9 included; a power
// failure may take the last seconds. A segment is deleted when all of it was acknowledged; after a restart a segment begun is
// sent again from its start, which the server recognises.
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_BYTES_MAX } from '@sonde/records';

const SEGMENT_BYTES = 8 * 1024 * 1024;
const PREFIX_BYTES = 4;
const NAME = /^(\d{12})\.seg$/;

interface Segment {
  readonly number: number;
  bytes: number;
}

export class Spool {
  private readonly folder: string;
  private readonly bytes_max: number;
  private segments: Segment[] = [];
  private last = 0;
  /** Last segment that nothing may be appended to: its end may be torn. */
  private sealed = 0;
  /** Place in the first segment. */
  private read_at = 0;
  private current: Buffer | undefined;
  /** Batches dropped because the spool was full or a segment was damaged, and their bytes. */
  dropped = 0;
  dropped_bytes = 0;

  constructor(folder: string, bytes_max: number) {
    this.folder = folder;
    this.bytes_max = bytes_max;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(folder).sort()) {
      const number = Number(NAME.exec(file)?.[1] ?? 0);
      if (number === 0) continue;
      this.segments.push({ number, bytes: statSync(join(folder, file)).size });
      this.last = number;
    }
    this.sealed = this.last;
  }

  get empty(): boolean {
    return this.segments.length === 0;
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0) - this.read_at;
  }

  /** False when the disk refused it: the batch is dropped and counted. */
  append(frame: Uint8Array): boolean {
    let segment = this.segments.at(-1);
    if (segment === undefined || segment.bytes >= SEGMENT_BYTES || segment.number <= this.sealed) {
      segment = { number: ++this.last, bytes: 0 };
      this.segments.push(segment);
    }
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32LE(frame.length);
    try {
      appendFileSync(this.path(segment), Buffer.concat([prefix, frame]), { mode: 0o600 });
      segment.bytes += PREFIX_BYTES + frame.length;
    } catch {
      this.dropped++;
      this.dropped_bytes += frame.length;
      // What was written of it must not be taken for a frame.
      this.sealed = segment.number;
      if (segment.bytes === 0) this.segments.pop();
      return false;
    }
    while (this.bytes > this.bytes_max && this.segments.length > 1) this.drop_first();
    return true;
  }

  /** The oldest batch; undefined when there is none. Stays until `done`. */
  peek(): Buffer | undefined {
    while (this.current === undefined && this.segments.length > 0) {
      this.current = this.read(this.segments[0]!);
      if (this.current === undefined) this.remove_first();
    }
    return this.current;
  }

  /** The batch that `peek` gave is settled. */
  done(): void {
    const segment = this.segments[0];
    if (this.current === undefined || segment === undefined) return;
    this.read_at += PREFIX_BYTES + this.current.length;
    this.current = undefined;
    if (this.read_at >= segment.bytes) this.remove_first();
  }

  private read(segment: Segment): Buffer | undefined {
    try {
      const file = openSync(this.path(segment), 'r');
      try {
        const prefix = Buffer.alloc(PREFIX_BYTES);
        if (readSync(file, prefix, 0, PREFIX_BYTES, this.read_at) < PREFIX_BYTES) return undefined;
        const length = prefix.readUInt32LE();
        if (length > FRAME_BYTES_MAX) return this.damaged();
        const frame = Buffer.alloc(length);
        if (readSync(file, frame, 0, length, this.read_at + PREFIX_BYTES) < length) return this.damaged();
        return frame;
      } finally {
        closeSync(file);
      }
    } catch {
      return this.damaged();
    }
  }

  private damaged(): undefined {
    this.dropped++;
    return undefined;
  }

  private drop_first(): void {
    // How many batches a segment holds is only known by reading it.
    for (let frame = this.peek_in_first(); frame !== undefined; frame = this.peek_in_first()) {
      this.dropped++;
      this.dropped_bytes += frame.length;
      this.read_at += PREFIX_BYTES + frame.length;
      this.current = undefined;
    }
    this.remove_first();
  }

  private peek_in_first(): Buffer | undefined {
    const segment = this.segments[0]!;
    return this.read_at >= segment.bytes ? undefined : (this.current ?? this.read(segment));
  }

  private remove_first(): void {
    const segment = this.segments.shift();
    this.read_at = 0;
    this.current = undefined;
    if (segment !== undefined) rmSync(this.path(segment), { force: true });
  }

  private path(segment: Segment): string {
    return join(this.folder, `${String(segment.number).padStart(12, '0')}.seg`);
  }
}
