// A remoting command: length of what follows (4 bytes), kind of the header's encoding (1), length of the header (3),
// header, body (org.apache.rocketmq.remoting.protocol.RemotingCommand). The header is JSON, or binary as RocketMQ has it
// (RocketMQSerializable): code (2), language (1), version (2), opaque (4), flags (4), remark behind its length (4), and
// fields behind the length of all of them (4): key behind its length (2), value behind its length (4).
import { i32be, intern, u8, u16be, u24be, u32be, utf8 } from '../bytes.ts';
import { JsonMembers } from './json.ts';

export const HEAD_BYTES = 8;
const JSON_HEADER = 0;
const BINARY_HEADER = 1;
/** {"code":0,"flag":0,"opaque":0} and the binary header without remark and fields. */
const JSON_BYTES_MIN = 20;
const BINARY_BYTES_MIN = 21;
const BINARY_FIELDS_AT = 13;
/** Netty's limit in RocketMQ is 16 MiB unless set otherwise; what is longer by far is a damaged length. */
const COMMAND_BYTES_MAX = 64 * 1024 * 1024;
const FIELDS_MAX = 256;
const RESPONSE = 1;
const ONE_WAY = 2;

/** Of the fields of commands those that rows need; AccessKey, Signature and the like are not among them. */
export interface Fields {
  topic?: string;
  queue_id?: string;
  group?: string;
  properties?: string;
  /** 'true': the body holds several messages. */
  batch?: string;
  /** How good a name the group was given under; lower is better. */
  group_rank: number;
}

export interface Header extends Fields {
  code: number;
  flags: number;
  version: number;
  /** Unsigned. */
  opaque: number;
  remark?: string;
}

export const is_response = (header: Header): boolean => (header.flags & RESPONSE) !== 0;
export const is_one_way = (header: Header): boolean => (header.flags & ONE_WAY) !== 0;
export const body_at = (bytes: Uint8Array, at: number): number => at + HEAD_BYTES + u24be(bytes, at + 5);

/** Length of the command at `at`; as `Framing.size`. */
export function command_size(bytes: Uint8Array, at: number, end: number): number {
  const have = end - at;
  // Lengths below 16 MiB, which is what servers take, begin with 0.
  if (have < 1) return 0;
  if (u8(bytes, at) > COMMAND_BYTES_MAX >>> 24) return -1;
  if (have > 4 && u8(bytes, at + 4) > BINARY_HEADER) return -1;
  if (have < HEAD_BYTES + 1) return 0;
  const length = u32be(bytes, at);
  const header = u24be(bytes, at + 5);
  const binary = u8(bytes, at + 4) === BINARY_HEADER;
  if (length > COMMAND_BYTES_MAX || header + 4 > length) return -1;
  if (header < (binary ? BINARY_BYTES_MIN : JSON_BYTES_MIN)) return -1;
  if (!binary && u8(bytes, at + HEAD_BYTES) !== 123) return -1;
  return 4 + length;
}

/** The header of the command at `at`; 'part' when `end` cuts it, undefined when it is none. */
export function read_header(
  bytes: Uint8Array,
  at: number,
  end: number,
  bytes_max: number,
): Header | 'part' | undefined {
  const from = at + HEAD_BYTES;
  const to = body_at(bytes, at);
  if (to > end) return 'part';
  return u8(bytes, at + 4) === JSON_HEADER ? json(bytes, from, to, bytes_max) : binary(bytes, from, to, bytes_max);
}

const new_header = (): Header => ({ code: Number.NaN, flags: 0, version: 0, opaque: 0, group_rank: GROUPS.length });

function json(bytes: Uint8Array, start: number, end: number, bytes_max: number): Header | undefined {
  const header = new_header();
  header.flags = header.opaque = Number.NaN;
  const members = new JsonMembers(bytes, start, end);
  for (let n = 0; n < FIELDS_MAX && members.next(); n++) {
    const key = members.key();
    if (key === 'code') header.code = members.number();
    else if (key === 'flag') header.flags = members.number();
    else if (key === 'opaque') header.opaque = members.number();
    else if (key === 'version') header.version = members.number();
    else if (key === 'remark') header.remark = members.text(bytes_max) ?? '';
    else if (key === 'extFields' && members.kind === 'object') {
      if (!json_fields(header, new JsonMembers(bytes, members.value_start, members.value_end), bytes_max)) return;
    }
  }
  const { code, flags, opaque } = header;
  const sound = members.ended && members.at === end && code >= -0x8000_0000 && flags >= 0 && opaque >= -0x8000_0000;
  if (!sound) return undefined;
  header.opaque = opaque >>> 0;
  return header;
}

function json_fields(fields: Fields, members: JsonMembers, bytes_max: number): boolean {
  for (let n = 0; n < FIELDS_MAX && members.next(); n++) {
    const key = members.key();
    if (is_wanted(key)) put(fields, key, members.text(bytes_max));
  }
  return members.ended;
}

function binary(bytes: Uint8Array, start: number, end: number, bytes_max: number): Header | undefined {
  const header = new_header();
  header.code = (u16be(bytes, start) << 16) >> 16;
  header.version = u16be(bytes, start + 3);
  header.opaque = u32be(bytes, start + 5);
  header.flags = u32be(bytes, start + 9);
  const remark_at = start + BINARY_FIELDS_AT + 4;
  const remark_bytes = i32be(bytes, remark_at - 4);
  const fields_at = remark_at + remark_bytes + 4;
  if (remark_bytes < 0 || fields_at > end) return undefined;
  if (remark_bytes > 0) header.remark = utf8(bytes, remark_at, remark_at + remark_bytes, bytes_max);
  const fields_end = fields_at + i32be(bytes, fields_at - 4);
  if (fields_end !== end) return undefined;
  return binary_fields(header, bytes, fields_at, end, bytes_max) ? header : undefined;
}

function binary_fields(fields: Fields, bytes: Uint8Array, start: number, end: number, bytes_max: number): boolean {
  let at = start;
  for (let n = 0; n < FIELDS_MAX && at < end; n++) {
    const key_end = at + 2 + u16be(bytes, at);
    const value_end = key_end + 4 + i32be(bytes, key_end);
    if (key_end + 4 > end || value_end < key_end + 4 || value_end > end) return false;
    const key = intern(bytes, at + 2, key_end);
    if (is_wanted(key)) put(fields, key, intern(bytes, key_end + 4, value_end, bytes_max));
    at = value_end;
  }
  return at === end;
}

// Names of fields in the headers of commands (org.apache.rocketmq.remoting.protocol.header). SendMessageRequestHeaderV2 calls
// the producer's group a, the topic b, the queue e, the properties i
// and a batch m.
type Place = 'topic' | 'queue_id' | 'properties' | 'batch' | 'group';
const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['topic', 'topic'],
  ['b', 'topic'],
  ['originTopic', 'topic'],
  ['queueId', 'queue_id'],
  ['e', 'queue_id'],
  ['properties', 'properties'],
  ['i', 'properties'],
  ['batch', 'batch'],
  ['m', 'batch'],
  ['consumerGroup', 'group'],
  ['producerGroup', 'group'],
  ['a', 'group'],
  ['group', 'group'],
  ['groupName', 'group'],
]);
/** From best to worst where a command has several. */
const GROUPS: readonly string[] = ['consumerGroup', 'producerGroup', 'a', 'group', 'groupName'];

const is_wanted = (key: string): boolean => PLACES.has(key);

function put(fields: Fields, key: string, value: string | undefined): void {
  const place = PLACES.get(key);
  if (place === undefined || value === undefined || value === '') return;
  if (place !== 'group') {
    fields[place] ??= value;
    return;
  }
  const rank = GROUPS.indexOf(key);
  if (rank >= fields.group_rank) return;
  fields.group = value;
  fields.group_rank = rank;
}
