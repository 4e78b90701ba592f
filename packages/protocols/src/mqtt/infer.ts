import { u8 } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS } from '../protocol.ts';
import { PACKET } from './messages.ts';
import { are_packets, connect_version, packet_size } from './packet.ts';

const CONNECT_LOOK_BYTES = 14;
const CONNECT = PACKET.connect << 4;

/**
 * Bytes of a connection that nobody claims yet. Only Connect is a signature; the other kinds are short and say little, so
 * a connection seen from its middle needs both directions or the port.
 */
export function infer(bytes: Uint8Array, start: number, end: number, _direction: Direction): Guess {
  if (end <= start) return NO_GUESS;
  const first = u8(bytes, start);
  if (first === CONNECT) {
    if (connect_version(bytes, start, end) > 0 && packet_size(bytes, start, end) > 0) {
      return { score: 3, says: 'request' };
    }
    const possible = packet_size(bytes, start, end) >= 0 && end - start < CONNECT_LOOK_BYTES;
    return possible ? { score: 0, says: 'request', more: true } : NO_GUESS;
  }
  if (!are_packets(bytes, start, end)) {
    // Servers read a packet's head by itself, even byte by byte.
    const size = packet_size(bytes, start, end);
    const begun = size === 0 || size > end - start;
    return begun && end - start < CONNECT_LOOK_BYTES ? { score: 0, says: 'either', more: true } : NO_GUESS;
  }
  const kind = first >> 4;
  const says = kind === PACKET.connack || kind === PACKET.suback || kind === PACKET.unsuback ? 'response' : 'either';
  return { score: 1, says };
}
