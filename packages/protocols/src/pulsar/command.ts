// A frame (pulsar.apache.org, "Pulsar binary protocol specification"): size of what follows (4), size of the command (4),
// BaseCommand, and with SEND and MESSAGE perhaps the broker's entry metadata behind 0x0e02 and their size (4), perhaps a
// checksum (4) behind 0x0e01, size of the metadata (4), MessageMetadata, messages.
import { intern, u8, u16be, u32be, utf8 } from '../bytes.ts';
import { COMMANDS, type Command, CONNECT, CONNECTED } from './messages.ts';
import { Fields } from './protobuf.ts';

export const HEAD_BYTES = 8;
/** PING and PONG. */
const COMMAND_BYTES_MIN = 4;
/** maxMessageSize is 5 MiB unless set otherwise; what is longer by far is a damaged length. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
const TYPE_TAG = 0x08;
const TYPE_MIN = 2;

/** What a command says, as far as rows need it. */
export interface Parts {
  type: number;
  /** Undefined: a type that is not listed. */
  command: Command | undefined;
  /** Whether the command was read to its end. */
  whole: boolean;
  /** Lower 32 bits. */
  request_id?: number;
  /** All 64 bits are set: an answer to no request. */
  no_request?: boolean;
  topic?: string;
  namespace?: string;
  subscription?: string;
  producer?: number;
  consumer?: number;
  /** Lower 16 bits. */
  sequence?: number;
  message_id?: string;
  error?: number;
  error_text?: string;
  not_ready?: boolean;
  /** Of CONNECT and CONNECTED. */
  protocol_version?: number;
  /** Of CONNECT: the broker that a proxy shall speak to. */
  proxy_to?: string;
}

/** Length of the frame at `at`; as `Framing.size`. */
export function frame_size(bytes: Uint8Array, at: number, end: number): number {
  const have = end - at;
  if (have < 1) return 0;
  if (u8(bytes, at) > FRAME_BYTES_MAX >>> 24) return -1;
  if (have > 8 && u8(bytes, at + 8) !== TYPE_TAG) return -1;
  if (have < HEAD_BYTES + 4) return 0;
  const size = u32be(bytes, at);
  const command = u32be(bytes, at + 4);
  if (size > FRAME_BYTES_MAX || command + 4 > size || command < COMMAND_BYTES_MIN) return -1;
  const type = u8(bytes, at + 9);
  // The message behind the type has the type as its number.
  const tag = (type << 3) | 2;
  if (type < TYPE_MIN || type > 127) return -1;
  const first = tag < 128 ? tag : (tag & 0x7f) | 0x80;
  if (u8(bytes, at + 10) !== first || (tag >= 128 && u8(bytes, at + 11) !== tag >> 7)) return -1;
  return 4 + size;
}

/** First byte behind the command of the frame at `at`. */
export const command_end = (bytes: Uint8Array, at: number): number => at + HEAD_BYTES + u32be(bytes, at + 4);

/** The command of the frame at `at`; undefined when it is none. */
export function read_command(bytes: Uint8Array, at: number, end: number, bytes_max: number): Parts | undefined {
  const stop = command_end(bytes, at);
  const base = new Fields(bytes, at + HEAD_BYTES, Math.min(stop, end));
  base.next();
  const type = base.low;
  const parts: Parts = { type, command: COMMANDS[type], whole: false };
  base.next();
  if (base.number !== type || (stop <= end && base.stop > stop)) return undefined;
  const { start, stop: message_end } = base;
  while (base.next());
  if (stop <= end && !base.whole) return undefined;
  const fields = new Fields(bytes, start, Math.min(message_end, end));
  while (fields.next()) {
    if (fields.stop > end) break;
    if (parts.command !== undefined) put(parts, parts.command, fields, bytes, bytes_max);
    put_connect(parts, fields, bytes, bytes_max);
  }
  parts.whole = message_end <= end && fields.whole;
  return parts.whole || stop > end ? parts : undefined;
}

function put(parts: Parts, command: Command, fields: Fields, bytes: Uint8Array, bytes_max: number): void {
  const { number, low, start, stop } = fields;
  if (number === command.request) {
    parts.request_id = low;
    parts.no_request = fields.value >= 2 ** 64 - 2048;
  } else if (number === command.producer) parts.producer = fields.value;
  else if (number === command.consumer) parts.consumer = fields.value;
  else if (number === command.sequence) parts.sequence = low & 0xffff;
  else if (number === command.topic) parts.topic ??= last_part(intern(bytes, start, stop, bytes_max));
  else if (number === command.subscription) parts.subscription = intern(bytes, start, stop, bytes_max);
  else if (number === command.namespace) parts.namespace = intern(bytes, start, stop, bytes_max);
  else if (number === command.message_id) parts.message_id = message_id(bytes, start, stop);
  else if (number === command.error) parts.error = low;
  else if (number === command.error_text) parts.error_text = utf8(bytes, start, stop, bytes_max);
  else if (number === command.ready) parts.not_ready = low === 0;
  else if (number === command.topic_within) {
    const within = new Fields(bytes, start, stop);
    if (within.next() && within.number === 1 && within.stop <= stop) {
      parts.topic ??= last_part(intern(bytes, within.start, within.stop, bytes_max));
    }
  }
}

function put_connect(parts: Parts, fields: Fields, bytes: Uint8Array, bytes_max: number): void {
  const { number } = fields;
  const { type } = parts;
  if ((type === CONNECT && number === 4) || (type === CONNECTED && number === 2)) parts.protocol_version = fields.low;
  else if (type === CONNECT && number === 6) parts.proxy_to = utf8(bytes, fields.start, fields.stop, bytes_max);
}

/** "persistent://tenant/namespace/topic": the topic. */
function last_part(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}

/** MessageIdData as "ledger:entry:partition:index in the batch". */
function message_id(bytes: Uint8Array, start: number, end: number): string {
  const fields = new Fields(bytes, start, end);
  let [ledger, entry, partition, index] = [0, 0, -1, -1];
  while (fields.next()) {
    if (fields.number === 1) ledger = fields.value;
    else if (fields.number === 2) entry = fields.value;
    else if (fields.number === 3) partition = fields.low | 0;
    else if (fields.number === 4) index = fields.low | 0;
  }
  return `${ledger}:${entry}:${partition}:${index}`;
}

const ENTRY_METADATA = 0x0e02;
const CHECKSUM = 0x0e01;

/** [start, end) of the MessageMetadata behind the command; undefined when there are none or they are cut. */
export function metadata_at(bytes: Uint8Array, at: number, end: number): [start: number, end: number] | undefined {
  let from = command_end(bytes, at);
  if (from + 6 <= end && u16be(bytes, from) === ENTRY_METADATA) from += 6 + u32be(bytes, from + 2);
  if (from + 6 <= end && u16be(bytes, from) === CHECKSUM) from += 6;
  if (from + 4 > end) return undefined;
  const stop = from + 4 + u32be(bytes, from);
  return stop <= end ? [from + 4, stop] : undefined;
}
