// The header of a packet. A length has 2 or, once a newer server has accepted, 4 bytes. Which of them tells by itself, as the
// former is never less than 8, and the latter begins with less unless the packet is longer than half a megabyte.
import { u16be, u32be, u8 } from '../bytes.ts';
import { DATA_HEADER_BYTES, HEADER_BYTES, PACKET, PACKET_BYTES_MAX, PACKETS } from './messages.ts';

const TYPE_AT = 4;
const KNOWN_FLAGS = 0x3e;
/** Packets that come before what versions agree on, or do not depend on it. */
const ALWAYS_SHORT = new Set<number>([PACKET.connect, PACKET.accept, PACKET.refuse, PACKET.redirect, PACKET.resend]);

/**
 * Length of the packet at `at`; 0: more bytes are needed; -1: none begins here. `large_max`: the longest that was agreed on where
 * lengths have 4 bytes; 0: they have not, or it is not known.
 */
export function packet_size(bytes: Uint8Array, at: number, end: number, large_max: number): number {
  if (end - at <= TYPE_AT) return 0;
  const type = u8(bytes, at + TYPE_AT);
  if (!PACKETS.has(type)) return -1;
  if (end - at < HEADER_BYTES) return 0;
  if ((u8(bytes, at + 5) & ~KNOWN_FLAGS) !== 0) return -1;
  const is_short = u16be(bytes, at) >= HEADER_BYTES && (u32be(bytes, at) > large_max || ALWAYS_SHORT.has(type));
  const size = is_short ? u16be(bytes, at) : u32be(bytes, at);
  const size_min = type === PACKET.data ? DATA_HEADER_BYTES : HEADER_BYTES;
  if (size < size_min || size > PACKET_BYTES_MAX) return -1;
  // Nobody ever filled in the checksums, of packets or of headers.
  return u16be(bytes, at + 6) === 0 && (!is_short || u16be(bytes, at + 2) === 0) ? size : -1;
}
