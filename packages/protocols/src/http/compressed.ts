// Bodies with a content coding (RFC 9110 section 8.4): kept up to a limit, decoded when they have ended.
import { brotliDecompressSync, constants, inflateSync, gunzipSync } from 'node:zlib';
import type { BodyReader } from './body-reader.ts';
import type { Message } from '../protocol.ts';

const COMPRESSED_BYTES_MAX = 262_144;
const DECODED_BYTES_MAX = 4_194_304;

type Decode = (bytes: Uint8Array) => Uint8Array;
// What was cut still gives its beginning.
const zlib = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: DECODED_BYTES_MAX };
const brotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: DECODED_BYTES_MAX };
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: (bytes) => gunzipSync(bytes, zlib),
  'x-gzip': (bytes) => gunzipSync(bytes, zlib),
  deflate: (bytes) => inflateSync(bytes, zlib),
  br: (bytes) => brotliDecompressSync(bytes, brotli),
};

class Compressed implements BodyReader {
  private readonly inner: BodyReader;
  private readonly decode: Decode;
  private pieces: Uint8Array[] = [];
  private bytes = 0;
  private dead = false;

  constructor(inner: BodyReader, decode: Decode) {
    this.inner = inner;
    this.decode = decode;
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.dead) return;
    const kept = Uint8Array.from(bytes.subarray(start, Math.min(end, start + COMPRESSED_BYTES_MAX - this.bytes)));
    this.pieces.push(kept);
    this.bytes += kept.length;
    if (kept.length < end - start) this.dead = true;
  }

  broken(): void {
    this.dead = true;
  }

  finish(message: Message): void {
    try {
      const decoded = this.decode(Buffer.concat(this.pieces));
      this.inner.write(decoded, 0, decoded.length);
    } catch {
      // Damaged, or too much of it: nothing is learnt.
    }
    this.pieces = [];
    this.inner.finish(message);
  }
}

/** `reader` behind the content coding; undefined when the coding is not known. */
export function behind_coding(reader: BodyReader, coding: string): BodyReader | undefined {
  if (coding === '' || coding === 'identity') return reader;
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  return decode === undefined ? undefined : new Compressed(reader, decode);
}
