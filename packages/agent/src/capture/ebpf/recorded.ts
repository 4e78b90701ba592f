// An event file: what the kernel's ring carried, on disk, so that everything after the capture can be run again without
// a kernel. Layout: docs/formats/kernel-events.md, "Event file".
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Capture, CaptureEvent } from '../event.ts';
import { EventDecoder } from './decode.ts';

const MAGIC = 'SONDEEVT';
const VERSION = 1;
const FILE_HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 8;
const BUFFER_BYTES = 1 << 20;

export class EventWriter {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w', 0o600);
    this.#buffer.write(MAGIC, 0, 'latin1');
    this.#buffer.writeUInt32LE(VERSION, 8);
    this.#buffer.writeUInt32LE(0, 12);
    this.#used = FILE_HEADER_BYTES;
  }

  /** Copies one event; its length is below 32 KB, as the kernel's are. */
  write(bytes: Uint8Array, offset: number, length: number): void {
    const step = RECORD_HEADER_BYTES + ((length + 7) & ~7);
    if (this.#used + step > BUFFER_BYTES) this.#flush();
    this.#buffer.fill(0, this.#used, this.#used + step);
    this.#buffer.writeUInt32LE(length, this.#used);
    this.#buffer.set(bytes.subarray(offset, offset + length), this.#used + RECORD_HEADER_BYTES);
    this.#used += step;
  }

  #flush(): void {
    writeSync(this.#fd, this.#buffer, 0, this.#used);
    this.#used = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }
}

/** Plays an event file, read whole. A damaged tail ends it and is counted; a file of another kind is an error. */
export class RecordedCapture implements Capture {
  readonly #words: Uint32Array;
  readonly #decoder: EventDecoder;
  #at = FILE_HEADER_BYTES;
  #damaged = 0;
  #unknown = 0;
  #icmp_aside = 0;

  private constructor(buffer: ArrayBuffer) {
    this.#words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
    this.#decoder = new EventDecoder(buffer);
  }

  static open(path: string): RecordedCapture {
    const file = readFileSync(path);
    if (file.toString('latin1', 0, 8) !== MAGIC || file.length < FILE_HEADER_BYTES) {
      throw new Error(`${path} is not an event file`);
    }
    const version = file.readUInt32LE(8);
    if (version !== VERSION) throw new Error(`${path} is an event file of version ${version}; this reads ${VERSION}`);
    const buffer = new ArrayBuffer(file.length);
    file.copy(new Uint8Array(buffer));
    return new RecordedCapture(buffer);
  }

  drain(consume: (event: CaptureEvent) => void, limit: number): number {
    const size = this.#words.buffer.byteLength;
    let visited = 0;
    while (visited < limit && this.#at < size) {
      const body = this.#at + RECORD_HEADER_BYTES;
      const length = body <= size ? this.#words[this.#at >>> 2]! : Number.POSITIVE_INFINITY;
      if (length > size - body) {
        this.#damaged++;
        this.#at = size;
        break;
      }
      this.#at = body + ((length + 7) & ~7);
      const event = this.#decoder.decode(body, length);
      if (!event) {
        if (event === null) this.#icmp_aside++;
        else this.#unknown++;
        continue;
      }
      visited++;
      consume(event);
      if (event.kind === 'close' || event.kind === 'fail') this.#decoder.forget(event.socket);
    }
    return visited;
  }

  /** The bytes are what they are. */
  verdict(): void {}

  skip(): void {}

  ignore(): void {}

  counters(): ReadonlyMap<string, readonly number[]> {
    return new Map([
      ['file_damaged', [this.#damaged]],
      ['unknown_event', [this.#unknown]],
      ['icmp_aside', [this.#icmp_aside]],
    ]);
  }

  close(): void {}
}
