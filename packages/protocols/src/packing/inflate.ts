// The beginning of what zlib or gzip packed (RFC 1950, RFC 1952), whole or cut.
import { constants, unzipSync } from 'node:zlib';

/** DEFLATE makes at most so many bytes of one (RFC 1951: 258 bytes of two bits). */
const EXPANSION_MAX = 1032;

/** At most `bytes_max` bytes of what is packed in [start, stop); undefined when it is damaged. */
export function inflate(bytes: Uint8Array, start: number, stop: number, bytes_max: number): Uint8Array | undefined {
  // Of so few bytes the result is never too long.
  const surely_fits = Math.floor(bytes_max / EXPANSION_MAX);
  return (
    attempt(bytes, start, stop, bytes_max) ?? attempt(bytes, start, Math.min(stop, start + surely_fits), bytes_max)
  );
}

function attempt(bytes: Uint8Array, start: number, stop: number, bytes_max: number): Uint8Array | undefined {
  try {
    return unzipSync(bytes.subarray(start, stop), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: bytes_max });
  } catch {
    return undefined;
  }
}
