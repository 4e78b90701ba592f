// LZ4's block format (lz4_Block_format.md): a token (literals, upper half; copy less 4, lower half), longer counts in further
// bytes, the literals, how far back the copy begins (2, little endian). What is cut gives its beginning.
import { u8, u16le } from '../bytes.ts';

/** At most `bytes_max` bytes of what is packed in [start, stop); undefined when it is damaged. */
export function unpack_lz4(bytes: Uint8Array, start: number, stop: number, bytes_max: number): Uint8Array | undefined {
  const out = new Uint8Array(bytes_max);
  let at = start;
  let filled = 0;
  const count = (half: number): number => {
    let total = half;
    if (half < 15) return total;
    for (let more = 255; more === 255 && at < stop; ) {
      more = u8(bytes, at++);
      total += more;
    }
    return total;
  };
  while (at < stop && filled < out.length) {
    const token = u8(bytes, at++);
    const literals = Math.min(count(token >> 4), stop - at, out.length - filled);
    out.set(bytes.subarray(at, at + literals), filled);
    filled += literals;
    at += literals;
    if (at + 2 > stop || filled >= out.length) break;
    const offset = u16le(bytes, at);
    at += 2;
    const copied = Math.min(count(token & 15) + 4, out.length - filled);
    if (offset === 0 || offset > filled) return undefined;
    // Byte by byte: a copy may reach into what it writes itself.
    for (let i = 0; i < copied; i++, filled++) out[filled] = out[filled - offset]!;
  }
  return out.subarray(0, filled);
}
