// Snappy's raw format (google/snappy, format_description.txt): length before compression as a varint, then elements: bytes as
// they are (tag 0) or a copy of what came before (tags 1 to 3). What is cut gives its beginning.
import { u8, u16le, u32le } from '../bytes.ts';

/** At most `bytes_max` bytes of what is packed in [start, stop); undefined when it is damaged. */
export function unpack_snappy(
  bytes: Uint8Array,
  start: number,
  stop: number,
  bytes_max: number,
): Uint8Array | undefined {
  let at = start;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= stop || shift > 28) return undefined;
    const byte = u8(bytes, at++);
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const out = new Uint8Array(Math.min(length, bytes_max));
  let filled = 0;
  while (at < stop && filled < out.length) {
    const tag = u8(bytes, at);
    const kind = tag & 3;
    const extra = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    if (at + 1 + extra > stop) break;
    const { size, offset } = element(bytes, at, tag, extra);
    at += 1 + extra;
    const room = Math.min(size, out.length - filled);
    if (kind === 0) {
      const known = Math.min(room, stop - at);
      out.set(bytes.subarray(at, at + known), filled);
      filled += known;
      at += size;
      continue;
    }
    if (offset === 0 || offset > filled) return undefined;
    // Byte by byte: a copy may reach into what it writes itself.
    for (let i = 0; i < room; i++, filled++) out[filled] = out[filled - offset]!;
  }
  return out.subarray(0, filled);
}

function element(bytes: Uint8Array, at: number, tag: number, extra: number): { size: number; offset: number } {
  const upper = tag >> 2;
  switch (tag & 3) {
    case 0: {
      let size = upper;
      if (extra > 0) size = extra === 4 ? u32le(bytes, at + 1) : u32le(bytes, at + 1) & (2 ** (8 * extra) - 1);
      return { size: size + 1, offset: 0 };
    }
    case 1:
      return { size: (upper & 7) + 4, offset: ((tag >> 5) << 8) | u8(bytes, at + 1) };
    case 2:
      return { size: upper + 1, offset: u16le(bytes, at + 1) };
    default:
      return { size: upper + 1, offset: u32le(bytes, at + 1) };
  }
}
