// Records and what they carry: handshake messages, which end where they like and may be spread over many records.
import { u16be, u24be, u8 } from '../bytes.ts';
import { RECORD } from './messages.ts';

export const HEADER_BYTES = 5;
/** RFC 5246 section 6.2.3; TLS 1.3 allows less. */
const RECORD_BYTES_MAX = 16_384 + 2048;
/** Type and length (RFC 8446 section 4). */
const MESSAGE_HEADER_BYTES = 4;
/** A longer message is read from the record in which it begins. */
const KEPT_BYTES_MAX = 65_536;
/** Nothing longer is a message: chains of certificates stay far below. */
const MESSAGE_BYTES_MAX = 4_194_304;

/**
 * Content length of the record that begins at `at`; 'more' when that is not known yet, undefined when none begins there
 * (RFC 8446 section 5.1).
 */
export function record_length(bytes: Uint8Array, at: number, end: number): number | 'more' | undefined {
  const type = u8(bytes, at);
  if (type < RECORD.change_cipher_spec || type > RECORD.heartbeat) return undefined;
  if (end - at >= 2 && bytes[at + 1] !== 3) return undefined;
  if (end - at >= 3 && bytes[at + 2]! > 4) return undefined;
  if (end - at < HEADER_BYTES) return 'more';
  const length = u16be(bytes, at + 3);
  return length > RECORD_BYTES_MAX ? undefined : length;
}

/** A handshake message, or as much of its beginning as there will be. */
export type OnMessage = (type: number, bytes: Uint8Array, start: number, end: number) => void;

/** The handshake messages of one direction. What lies whole in a record is read there, without a copy. */
export class Handshake {
  #kept: Uint8Array | undefined = undefined;
  #length = 0;
  /** Of a message that was handed over already. */
  #skip = 0;

  /** The next byte begins a message. */
  get between(): boolean {
    return this.#length === 0 && this.#skip === 0;
  }

  forget(): void {
    this.#kept = undefined;
    this.#length = 0;
    this.#skip = 0;
  }

  /** Content of one record; `missing` bytes of it were not captured. */
  feed(bytes: Uint8Array, start: number, end: number, missing: number, each: OnMessage): void {
    let at = start;
    while (at < end) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, end - at);
        this.#skip -= passed;
        at += passed;
      } else if (this.#length > 0) {
        at = this.#go_on(bytes, at, end, each);
      } else {
        at = this.#begin(bytes, at, end, missing > 0, each);
      }
    }
    if (missing > 0) this.#miss(missing, each);
  }

  #begin(bytes: Uint8Array, at: number, end: number, cut: boolean, each: OnMessage): number {
    const size = end - at < MESSAGE_HEADER_BYTES ? 0 : message_size(bytes, at);
    if (size > MESSAGE_BYTES_MAX) return end;
    if (size > 0 && at + size <= end) {
      each(u8(bytes, at), bytes, at + MESSAGE_HEADER_BYTES, at + size);
      return at + size;
    }
    if (size > KEPT_BYTES_MAX || (size > 0 && cut)) {
      each(u8(bytes, at), bytes, at + MESSAGE_HEADER_BYTES, end);
      this.#skip = size - (end - at);
      return end;
    }
    this.#keep(bytes, at, end);
    return end;
  }

  #go_on(bytes: Uint8Array, at: number, end: number, each: OnMessage): number {
    const header = Math.min(end - at, Math.max(0, MESSAGE_HEADER_BYTES - this.#length));
    this.#keep(bytes, at, at + header);
    if (this.#length < MESSAGE_HEADER_BYTES) return end;
    const size = message_size(this.#kept!, 0);
    if (size > KEPT_BYTES_MAX) {
      this.forget();
      if (size <= MESSAGE_BYTES_MAX) this.#skip = size - MESSAGE_HEADER_BYTES;
      return size <= MESSAGE_BYTES_MAX ? at + header : end;
    }
    const stop = Math.min(end, at + header + size - this.#length);
    this.#keep(bytes, at + header, stop);
    if (this.#length === size) this.#hand_over(each);
    return stop;
  }

  /** The rest of the record was not captured. */
  #miss(missing: number, each: OnMessage): void {
    if (this.#length >= MESSAGE_HEADER_BYTES) {
      this.#skip = message_size(this.#kept!, 0) - this.#length;
      this.#hand_over(each);
    }
    this.#length = 0;
    this.#skip = Math.max(0, this.#skip - missing);
  }

  #hand_over(each: OnMessage): void {
    const kept = this.#kept!;
    const length = this.#length;
    this.#kept = undefined;
    this.#length = 0;
    each(u8(kept, 0), kept, MESSAGE_HEADER_BYTES, length);
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    if (end <= start) return;
    const wanted = this.#length + end - start;
    if (this.#kept === undefined || this.#kept.length < wanted) {
      const larger = new Uint8Array(Math.max(wanted * 2, 1024));
      if (this.#kept !== undefined) larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(bytes.subarray(start, end), this.#length);
    this.#length = wanted;
  }
}

const message_size = (bytes: Uint8Array, at: number): number => MESSAGE_HEADER_BYTES + u24be(bytes, at + 1);
