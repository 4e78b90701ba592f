// gRPC-Web (grpc/doc/PROTOCOL-WEB.md): the trailers are the last frame of the response's body.
import type { BodyReader } from '../http/body-reader.ts';
import type { Asked, BodyWatch } from '../http/watch.ts';
import type { Message } from '../protocol.ts';
import { put_grpc_status, read_grpc_status, read_trailer_lines } from './status.ts';

/** Most significant bit of a frame's flags: what follows are trailers. */
const TRAILERS = 0x80;
const FRAME_HEADER_BYTES = 5;
const TRAILERS_BYTES_MAX = 8192;

/** Frames of flags, length and payload; keeps the trailers only. */
class Trailers implements BodyReader {
  private readonly header = new Uint8Array(FRAME_HEADER_BYTES);
  private header_bytes = 0;
  /** Payload bytes still to come. */
  private left = 0;
  private kept: number[] = [];
  private dead = false;

  write(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.dead) {
      if (this.left === 0) {
        this.header[this.header_bytes++] = bytes[at++]!;
        if (this.header_bytes < FRAME_HEADER_BYTES) continue;
        this.header_bytes = 0;
        this.left = new DataView(this.header.buffer).getUint32(1);
        continue;
      }
      const take = Math.min(this.left, end - at);
      if (this.header[0]! & TRAILERS) {
        for (let i = at; i < at + take && this.kept.length < TRAILERS_BYTES_MAX; i++) this.kept.push(bytes[i]!);
      }
      at += take;
      this.left -= take;
    }
  }

  broken(): void {
    this.dead = true;
  }

  finish(message: Message): void {
    const bytes = Uint8Array.from(this.kept);
    const { status, text } = read_trailer_lines(bytes, 0, bytes.length);
    const code = read_grpc_status(status ?? '');
    if (code !== undefined) put_grpc_status(message, message.response_code, code, text);
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
const sextets = new Int8Array(256).fill(-1);
for (let i = 0; i < BASE64.length; i++) sextets[BASE64.charCodeAt(i)] = i;

/** The same in Base64 (application/grpc-web-text), each piece of the sender's padded by itself. */
class TextTrailers implements BodyReader {
  private readonly inner = new Trailers();
  private bits = 0;
  private characters = 0;

  write(bytes: Uint8Array, start: number, end: number): void {
    const out = new Uint8Array(end - start + 3);
    let to = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      const sextet = sextets[byte]!;
      if (sextet < 0) {
        if (byte !== PADDING) continue;
        // Two characters are one byte, three are two.
        if (this.characters >= 2) out[to++] = (this.bits >>> (this.characters === 3 ? 10 : 4)) & 255;
        if (this.characters === 3) out[to++] = (this.bits >>> 2) & 255;
        this.characters = 0;
        this.bits = 0;
        continue;
      }
      this.bits = (this.bits << 6) | sextet;
      if (++this.characters < 4) continue;
      out[to++] = (this.bits >>> 16) & 255;
      out[to++] = (this.bits >>> 8) & 255;
      out[to++] = this.bits & 255;
      this.characters = 0;
      this.bits = 0;
    }
    this.inner.write(out, 0, to);
  }

  broken(): void {
    this.inner.broken();
  }

  finish(message: Message): void {
    this.inner.finish(message);
  }
}

export function watch_grpc_web({ content_type }: Asked): BodyWatch | undefined {
  if (!content_type.startsWith('application/grpc-web')) return undefined;
  return {
    asks: undefined,
    answers: (type) => (type.startsWith('application/grpc-web-text') ? new TextTrailers() : new Trailers()),
  };
}
