// Which echo an ICMP message is about (RFC 792, RFC 4443): it asks, it answers, or it reports that what asked did not get through.
// Then it carries the beginning of that packet, whose addresses say whose conversation it belongs to.
import { TRANSPORT } from './event.ts';

export interface Echo {
  kind: 'request' | 'reply' | 'error';
  identifier: number;
  /** Errors: where the addresses of the packet reported on begin, its sender's first. */
  addresses_at: number;
}

/** Type, code, checksum, and four bytes that are identifier and sequence in an echo. */
const HEADER_BYTES = 8;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const V4 = { request: 8, reply: 0, errors: new Set([3, 4, 11, 12]) };
const V6 = { request: 128, reply: 129, errors: new Set([1, 2, 3, 4]) };

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;

/** Fills `into` from the message at `bytes[at]`; false when it is about no echo. */
export function read_echo(bytes: Uint8Array, at: number, end: number, transport: number, into: Echo): boolean {
  if (at + HEADER_BYTES > end) return false;
  const { request, reply, errors } = transport === TRANSPORT.icmp ? V4 : V6;
  const type = bytes[at]!;
  if (type === request || type === reply) {
    into.kind = type === request ? 'request' : 'reply';
    into.identifier = u16(bytes, at + 4);
    return true;
  }
  if (!errors.has(type)) return false;
  const packet = at + HEADER_BYTES;
  const message = transport === TRANSPORT.icmp ? after_ipv4(bytes, packet, end) : after_ipv6(bytes, packet, end);
  if (message < 0 || message + HEADER_BYTES > end || bytes[message] !== request) return false;
  into.kind = 'error';
  into.identifier = u16(bytes, message + 4);
  into.addresses_at = packet + (transport === TRANSPORT.icmp ? 12 : 8);
  return true;
}

/** Where the ICMP message of an IPv4 packet begins; -1 when there is none. */
export function after_ipv4(bytes: Uint8Array, at: number, end: number): number {
  if (at + IPV4_HEADER_BYTES > end || bytes[at]! >> 4 !== 4 || bytes[at + 9] !== TRANSPORT.icmp) return -1;
  const header = (bytes[at]! & 15) * 4;
  return header < IPV4_HEADER_BYTES || at + header > end ? -1 : at + header;
}

/** Extension headers before it are not looked into. */
function after_ipv6(bytes: Uint8Array, at: number, end: number): number {
  if (at + IPV6_HEADER_BYTES > end || bytes[at]! >> 4 !== 6 || bytes[at + 6] !== TRANSPORT.icmp6) return -1;
  return at + IPV6_HEADER_BYTES;
}
