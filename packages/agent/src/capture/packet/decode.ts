// From a frame to a TCP segment, a UDP datagram or an ICMP message about an echo: link layers, IPv4 and IPv6 with their
// extension headers. What is none of these is refused by name, so that it can be counted.
import { type Echo, read_echo } from '../echo.ts';
import { is_icmp } from '../event.ts';
import type { Fragment } from './fragments.ts';

/** A segment or datagram. Filled again and again. Of an echo, the port of the end that asks is the identifier, the other 0. */
export interface Segment {
  transport: number;
  family: 4 | 6;
  /** 16 bytes each at these places of `bytes`; IPv4 uses 4. */
  bytes: Uint8Array;
  source_at: number;
  target_at: number;
  source_port: number;
  target_port: number;
  /** What the message itself says of who asks; undefined where ports and flags tell. */
  from_client: boolean | undefined;
  /** TCP only. */
  seq: number;
  ack: number;
  flags: number;
  /** Captured payload is `bytes[start] .. bytes[end - 1]`; `length` is its true length. */
  start: number;
  end: number;
  length: number;
}

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

/** Why a frame gives no segment; 'fragment': it is a part of one, which `fragment` tells. */
export type Refusal =
  | 'link_unknown'
  | 'not_ip'
  | 'fragment'
  | 'not_tcp_udp'
  | 'icmp_aside'
  | 'cut_header'
  | 'bad_header';

export const new_segment = (): Segment => ({
  transport: 0,
  family: 4,
  bytes: new Uint8Array(0),
  source_at: 0,
  target_at: 0,
  source_port: 0,
  target_port: 0,
  from_client: undefined,
  seq: 0,
  ack: 0,
  flags: 0,
  start: 0,
  end: 0,
  length: 0,
});

/** The fragment that `decode_frame` met last. */
export const fragment: Fragment = {
  family: 4,
  identification: 0,
  protocol: 0,
  offset: 0,
  more: false,
  bytes: new Uint8Array(0),
  addresses_at: 0,
  start: 0,
  end: 0,
  length: 0,
};

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;
const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 0x10000 + u16(b, at + 2);

/** LINKTYPE_*, https://www.tcpdump.org/linktypes.html. */
const LINK = {
  null: 0,
  ethernet: 1,
  raw_bsd: 12,
  raw_bsd2: 14,
  raw: 101,
  loop: 108,
  sll: 113,
  ipv4: 228,
  ipv6: 229,
  sll2: 276,
};
const RAW_LINKS = new Set([LINK.raw, LINK.raw_bsd, LINK.raw_bsd2, LINK.ipv4, LINK.ipv6]);
/** 802.1Q, 802.1ad and their older kin. */
const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const VLANS_MAX = 4;
const SLL2_BYTES = 20;

/** Where the IP header begins, or -1 when the link carries something else, -2 when the link type is unknown. */
const ip_begin = (link_type: number, b: Uint8Array, start: number, end: number): number => {
  if (RAW_LINKS.has(link_type)) return start;
  // The address family of BSD loopback says no more than the version nibble that follows.
  if (link_type === LINK.null || link_type === LINK.loop) return start + 4;
  let at: number;
  if (link_type === LINK.ethernet) at = start + 12;
  else if (link_type === LINK.sll) at = start + 14;
  else if (link_type === LINK.sll2) {
    // The type stands at the beginning of its header, further ones behind it.
    if (end - start < SLL2_BYTES) return -1;
    if (is_ip(u16(b, start))) return start + SLL2_BYTES;
    if (!VLAN_TYPES.has(u16(b, start))) return -1;
    at = start + SLL2_BYTES + 2;
  } else return -2;
  for (let i = 0; i <= VLANS_MAX && at + 2 <= end; i++) {
    const type = u16(b, at);
    if (is_ip(type)) return at + 2;
    if (!VLAN_TYPES.has(type)) return -1;
    at += 4;
  }
  return -1;
};
const is_ip = (ether_type: number): boolean => ether_type === 0x0800 || ether_type === 0x86dd;

/**
 * Reads one frame. `length` is its true length. Returns undefined when `into` was filled. A frame that a capture or a
 * segmentation offload cut or joined keeps its payload: lengths come from the IP header unless that says 0.
 */
export const decode_frame = (
  link_type: number,
  b: Uint8Array,
  start: number,
  end: number,
  length: number,
  into: Segment,
): Refusal | undefined => {
  const at = ip_begin(link_type, b, start, end);
  if (at === -2) return 'link_unknown';
  if (at < 0) return 'not_ip';
  if (at + 20 > end) return 'cut_header';
  into.bytes = b;
  const version = b[at]! >> 4;
  const frame_rest = length - (at - start);
  if (version === 4) return decode_ipv4(b, at, end, frame_rest, into);
  if (version === 6) return decode_ipv6(b, at, end, frame_rest, into);
  return 'not_ip';
};

const decode_ipv4 = (b: Uint8Array, at: number, end: number, rest: number, into: Segment): Refusal | undefined => {
  const header = (b[at]! & 15) * 4;
  // Total length 0: segmentation offload left it to the card (seen in captures of the sending host).
  const total = u16(b, at + 2) || rest;
  if (header < 20 || total < header) return 'bad_header';
  // More-fragments flag or an offset, RFC 791 section 3.1.
  const place = u16(b, at + 6);
  if ((place & 0x3fff) !== 0) {
    fragment.family = 4;
    fragment.protocol = b[at + 9]!;
    fragment.identification = fragment.protocol * 0x10000 + u16(b, at + 4);
    fragment.offset = (place & 0x1fff) * 8;
    fragment.more = (place & 0x2000) !== 0;
    fragment.addresses_at = at + 12;
    return note_fragment(b, at + header, Math.min(end, at + total), total - header);
  }
  into.family = 4;
  into.source_at = at + 12;
  into.target_at = at + 16;
  return decode_transport(b[at + 9]!, b, at + header, Math.min(end, at + total), total - header, into);
};

/** Hop-by-hop, routing, destination options, mobility, host identity, shim6: RFC 8200 section 4. */
const IPV6_EXTENSIONS = new Set([0, 43, 60, 135, 139, 140]);
const decode_ipv6 = (b: Uint8Array, at: number, end: number, rest: number, into: Segment): Refusal | undefined => {
  if (at + 40 > end) return 'cut_header';
  into.family = 6;
  into.source_at = at + 8;
  into.target_at = at + 24;
  const payload = u16(b, at + 4) || rest - 40;
  const payload_end = at + 40 + payload;
  let next = b[at + 6]!;
  let p = at + 40;
  for (let i = 0; i < 16; i++) {
    if (p + 8 > end) return 'cut_header';
    if (next === 44) {
      // A fragment header with offset 0 and no more to come is a whole packet ("atomic", RFC 6946).
      const place = u16(b, p + 2);
      next = b[p]!;
      p += 8;
      if ((place & 0xfff9) === 0) continue;
      fragment.family = 6;
      fragment.protocol = next;
      fragment.identification = u32(b, p - 4);
      fragment.offset = place & 0xfff8;
      fragment.more = (place & 1) !== 0;
      fragment.addresses_at = at + 8;
      return note_fragment(b, p, Math.min(end, payload_end), payload_end - p);
    } else if (next === 51) {
      next = b[p]!;
      p += (b[p + 1]! + 2) * 4;
    } else if (IPV6_EXTENSIONS.has(next)) {
      next = b[p]!;
      p += (b[p + 1]! + 1) * 8;
    } else break;
  }
  return decode_transport(next, b, p, Math.min(end, payload_end), payload_end - p, into);
};

const note_fragment = (b: Uint8Array, start: number, end: number, length: number): Refusal => {
  fragment.bytes = b;
  fragment.start = Math.min(start, end);
  fragment.end = end;
  fragment.length = length;
  return 'fragment';
};

const decode_transport = (
  transport: number,
  b: Uint8Array,
  at: number,
  end: number,
  rest: number,
  into: Segment,
): Refusal | undefined => {
  if (is_icmp(transport)) return decode_icmp(transport, b, at, end, rest, into);
  if (transport !== 6 && transport !== 17) return 'not_tcp_udp';
  const header_min = transport === 6 ? 20 : 8;
  if (at + header_min > end) return 'cut_header';
  const header = transport === 6 ? (b[at + 12]! >> 4) * 4 : 8;
  if (header < header_min || header > rest) return 'bad_header';
  into.transport = transport;
  into.from_client = undefined;
  into.source_port = u16(b, at);
  into.target_port = u16(b, at + 2);
  into.length = rest - header;
  if (transport === 6) {
    into.seq = u32(b, at + 4);
    into.ack = u32(b, at + 8);
    into.flags = b[at + 13]!;
  } else {
    // UDP's own length is the smaller one when the frame is padded; 0 only in jumbograms.
    const own = u16(b, at + 4);
    if (own >= 8) into.length = Math.min(into.length, own - 8);
    into.seq = 0;
    into.ack = 0;
    into.flags = 0;
  }
  into.start = Math.min(at + header, end);
  into.end = Math.min(end, into.start + into.length);
  return undefined;
};

const echo: Echo = { kind: 'request', identifier: 0, addresses_at: 0 };

/** An error is taken for an answer of whom the packet was for that it reports on. */
const decode_icmp = (
  transport: number,
  b: Uint8Array,
  at: number,
  end: number,
  rest: number,
  into: Segment,
): Refusal | undefined => {
  if (!read_echo(b, at, end, transport, echo)) return 'icmp_aside';
  into.transport = transport;
  into.from_client = echo.kind === 'request';
  into.source_port = echo.kind === 'request' ? echo.identifier : 0;
  into.target_port = echo.kind === 'request' ? 0 : echo.identifier;
  if (echo.kind === 'error') {
    into.source_at = echo.addresses_at + (into.family === 4 ? 4 : 16);
    into.target_at = echo.addresses_at;
  }
  into.length = rest;
  into.seq = 0;
  into.ack = 0;
  into.flags = 0;
  into.start = at;
  into.end = Math.min(end, at + rest);
  return undefined;
};
