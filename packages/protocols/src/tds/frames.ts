// Packets as frames: those of TDS, of the session multiplex protocol around them, and TLS records between a prelogin and the
// packets that follow an encrypted login.
import { u16be, u32le, u8 } from '../bytes.ts';
import type { Framing } from '../framing/frames.ts';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { infer } from './infer.ts';
import { HEADER_BYTES, header_holds, PACKET_BYTES_MAX, SMP } from './messages.ts';

const RECORD_HEADER_BYTES = 5;
/** RFC 5246 section 6.2.3. */
const RECORD_BYTES_MAX = 16_384 + 2048;

/** Whether a TLS record (types 20 to 23, version 3.x) begins here. */
export function is_record(bytes: Uint8Array, at: number): boolean {
  return u8(bytes, at) >= 20 && u8(bytes, at) <= 23 && u8(bytes, at + 1) === 3 && u8(bytes, at + 2) <= 4;
}

/** Length of the packet at `at`; 0: more bytes are needed; -1: none begins here. */
export function packet_size(bytes: Uint8Array, at: number, end: number, from_server: boolean): number {
  if (at >= end) return 0;
  if (!header_holds(u8(bytes, at), at + 1 < end ? u8(bytes, at + 1) : 0, from_server)) return -1;
  if (end - at < HEADER_BYTES) return 0;
  const size = u16be(bytes, at + 2);
  return size < HEADER_BYTES || size > PACKET_BYTES_MAX || u8(bytes, at + 7) !== 0 ? -1 : size;
}

function frame_size(bytes: Uint8Array, at: number, end: number, from_server: boolean): number {
  if (at >= end) return 0;
  if (u8(bytes, at) === SMP.mark) return smp_size(bytes, at, end);
  if (u8(bytes, at) >= 20 && u8(bytes, at) <= 23) {
    if (end - at < RECORD_HEADER_BYTES) return end - at >= 2 && u8(bytes, at + 1) !== 3 ? -1 : 0;
    const length = u16be(bytes, at + 3);
    return is_record(bytes, at) && length <= RECORD_BYTES_MAX ? RECORD_HEADER_BYTES + length : -1;
  }
  return packet_size(bytes, at, end, from_server);
}

/** [MC-SMP] 2.2.1: only data has something behind the header. */
export function smp_size(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < SMP.header_bytes) return end - at >= 2 && !is_smp_flag(u8(bytes, at + 1)) ? -1 : 0;
  const flags = u8(bytes, at + 1);
  const size = u32le(bytes, at + 4);
  if (!is_smp_flag(flags)) return -1;
  if (flags !== SMP.data) return size === SMP.header_bytes ? size : -1;
  return size >= SMP.header_bytes + HEADER_BYTES && size <= SMP.header_bytes + PACKET_BYTES_MAX ? size : -1;
}

function is_smp_flag(flags: number): boolean {
  return flags === SMP.syn || flags === SMP.ack || flags === SMP.fin || flags === SMP.data;
}

/** `has_sessions`: packets of TDS only come within those of the session multiplex protocol. */
export function framing(from_server: boolean, has_sessions: () => boolean): Framing {
  return {
    size: (bytes, at, end) => frame_size(bytes, at, end, from_server),
    sure(bytes, at, end) {
      if (has_sessions() && u8(bytes, at) !== SMP.mark) return false;
      const guess = infer(bytes, at, end, from_server ? TO_CLIENT : TO_SERVER);
      return guess.score === 3 && guess.says === (from_server ? 'response' : 'request');
    },
    wanted: SMP.header_bytes + PACKET_BYTES_MAX,
  };
}
