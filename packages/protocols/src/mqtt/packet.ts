// The fixed header: kind and flags, then the length of what follows in one to four bytes (section 2.1.4).
import { u16be, u8 } from '../bytes.ts';
import { FLAGS, LENGTHS, PACKET } from './messages.ts';

const LENGTH_BYTES_MAX = 4;
/** Kinds that are never longer say little and are seldom chance. */
const LITTLE = 100_000;
const TELLING_BYTES = 10;

/** Bytes of the fixed header at `at`, 0 when more are needed, -1 when there can be none. */
export function head_bytes(bytes: Uint8Array, at: number, end: number): number {
  for (let i = 1; i <= LENGTH_BYTES_MAX; i++) {
    if (at + i >= end) return 0;
    if (u8(bytes, at + i) < 128) return i + 1;
  }
  return -1;
}

function remaining(bytes: Uint8Array, at: number, head: number): number {
  let value = 0;
  for (let i = 1; i < head; i++) value += (u8(bytes, at + i) & 127) * 128 ** (i - 1);
  return value;
}

function flags_fit(first: number): boolean {
  const rule = FLAGS[first >> 4]!;
  // A QoS of 3 does not exist, and what QoS 0 sends is no duplicate (section 3.3.1).
  if (rule === -2) return (first & 6) !== 6 && ((first & 8) === 0 || (first & 6) !== 0);
  return rule === (first & 15);
}

/** Length of the packet at `at`; as `Framing.size`. */
export function packet_size(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at) return 0;
  const first = u8(bytes, at);
  if (!flags_fit(first)) return -1;
  const head = head_bytes(bytes, at, end);
  if (head <= 0) return head;
  const length = remaining(bytes, at, head);
  const [least, most] = LENGTHS[first >> 4]!;
  if (length < least || length > most) return -1;
  return head + length;
}

/**
 * Whether whole packets, one behind the other, fill [at, end) exactly, the first of them one that is seldom chance: a short
 * kind, or a publication with a printable topic.
 */
export function are_packets(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  while (next < end) {
    const size = packet_size(bytes, next, end);
    if (size <= 0) return false;
    next += size;
  }
  if (next !== end || end <= at) return false;
  const kind = u8(bytes, at) >> 4;
  if (kind === PACKET.connect) return connect_version(bytes, at, end) > 0;
  return kind === PACKET.publish
    ? has_topic(bytes, at, end)
    : LENGTHS[kind]![1] < LITTLE || has_topic_list(bytes, at, end);
}

/** Whether the packet at `at`, known to be one, says enough of itself: Connect, Connack 3.1.1, or a topic of some length. */
export function is_telling(bytes: Uint8Array, at: number, end: number): boolean {
  const kind = u8(bytes, at) >> 4;
  if (kind === PACKET.connack) return end - at === 4 && u8(bytes, at + 2) < 2 && u8(bytes, at + 3) < 6;
  const named = kind === PACKET.publish || kind === PACKET.subscribe || kind === PACKET.unsubscribe;
  return kind === PACKET.connect || (named && end - at >= TELLING_BYTES);
}

function is_printable(bytes: Uint8Array, start: number, length: number, end: number): boolean {
  if (length === 0 || start + length > end) return false;
  for (let i = start; i < start + length; i++) if (u8(bytes, i) < 32 || u8(bytes, i) === 127) return false;
  return true;
}

function has_topic(bytes: Uint8Array, at: number, end: number): boolean {
  const topic = at + head_bytes(bytes, at, end);
  return is_printable(bytes, topic + 2, u16be(bytes, topic), end);
}

/** A packet identifier, in version 5 properties of no length, then the first filter. */
function has_topic_list(bytes: Uint8Array, at: number, end: number): boolean {
  const filter = at + head_bytes(bytes, at, end) + 2;
  const [older, newer] = [u16be(bytes, filter), u16be(bytes, filter + 1)];
  return is_printable(bytes, filter + 2, older, end) || is_printable(bytes, filter + 3, newer, end);
}

/** "MQTT" of version 4 and 5, "MQIsdp" of version 3 (3.1.1 section 3.1.2.1): the version, or 0. */
export function connect_version(bytes: Uint8Array, at: number, end: number): number {
  if (u8(bytes, at) >> 4 !== PACKET.connect) return 0;
  const head = head_bytes(bytes, at, end);
  if (head <= 0) return 0;
  const name_at = at + head;
  const [length, name] = u8(bytes, name_at + 1) === 4 ? [4, 'MQTT'] : [6, 'MQIsdp'];
  if (name_at + 3 + length > end || u8(bytes, name_at) !== 0) return 0;
  for (let i = 0; i < length; i++) if (u8(bytes, name_at + 2 + i) !== name.charCodeAt(i)) return 0;
  // The highest bit marks a bridge.
  const version = u8(bytes, name_at + 2 + length) & 127;
  return version >= 3 && version <= 5 ? version : 0;
}
