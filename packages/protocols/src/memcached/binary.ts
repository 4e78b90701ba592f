// The binary protocol (memcached, doc/protocol-binary.txt): 24 bytes of header, then extras, key and value.
import { u8, u16be, u32be, utf8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, STATUS, type Status, new_message } from '../protocol.ts';
import { DATA_BYTES_MAX } from './messages.ts';

export const HEADER_BYTES = 24;
export const REQUEST = 0x80;
export const RESPONSE = 0x81;
const KEY_BYTES_MAX = 250;
const TEXT_BYTES_MAX = 1024;

/** Names by opcode, with the length of their requests' extras; quiet ones are answered only with what is worth telling. */
const OPCODES: ReadonlyMap<number, readonly [name: string, ...extras: number[]]> = new Map<
  number,
  readonly [string, ...number[]]
>([
  [0x00, ['get', 0]],
  [0x01, ['set', 8]],
  [0x02, ['add', 8]],
  [0x03, ['replace', 8]],
  [0x04, ['delete', 0]],
  [0x05, ['increment', 20]],
  [0x06, ['decrement', 20]],
  [0x07, ['quit', 0]],
  [0x08, ['flush', 0, 4]],
  [0x09, ['getq', 0]],
  [0x0a, ['noop', 0]],
  [0x0b, ['version', 0]],
  [0x0c, ['getk', 0]],
  [0x0d, ['getkq', 0]],
  [0x0e, ['append', 0]],
  [0x0f, ['prepend', 0]],
  [0x10, ['stat', 0]],
  [0x11, ['setq', 8]],
  [0x12, ['addq', 8]],
  [0x13, ['replaceq', 8]],
  [0x14, ['deleteq', 0]],
  [0x15, ['incrementq', 20]],
  [0x16, ['decrementq', 20]],
  [0x17, ['quitq', 0]],
  [0x18, ['flushq', 0, 4]],
  [0x19, ['appendq', 0]],
  [0x1a, ['prependq', 0]],
  [0x1b, ['verbosity', 4]],
  [0x1c, ['touch', 4]],
  [0x1d, ['gat', 4]],
  [0x1e, ['gatq', 4]],
  [0x20, ['sasl_list_mechs', 0]],
  [0x21, ['sasl_auth', 0]],
  [0x22, ['sasl_step', 0]],
  [0x23, ['gatk', 4]],
  [0x24, ['gatkq', 4]],
]);
export const STAT = 0x10;
export const QUITQ = 0x17;
const OPCODE_MAX = 0x24;

const STATUSES: ReadonlyMap<number, readonly [text: string, status: Status]> = new Map<
  number,
  readonly [string, Status]
>([
  [0x00, ['', STATUS.ok]],
  [0x01, ['NOT_FOUND', STATUS.ok]],
  [0x02, ['EXISTS', STATUS.ok]],
  [0x03, ['value too large', STATUS.client_error]],
  [0x04, ['invalid arguments', STATUS.client_error]],
  [0x05, ['NOT_STORED', STATUS.ok]],
  [0x06, ['non-numeric value', STATUS.client_error]],
  [0x07, ['vbucket of another server', STATUS.server_error]],
  [0x08, ['authentication error', STATUS.client_error]],
  [0x09, ['authentication continues', STATUS.ok]],
  [0x20, ['authentication error', STATUS.client_error]],
  [0x21, ['authentication continues', STATUS.ok]],
  [0x81, ['unknown command', STATUS.client_error]],
  [0x82, ['out of memory', STATUS.server_error]],
  [0x83, ['not supported', STATUS.client_error]],
  [0x84, ['internal error', STATUS.server_error]],
  [0x85, ['busy', STATUS.server_error]],
  [0x86, ['temporary failure', STATUS.server_error]],
]);

export function is_quiet(opcode: number): boolean {
  return OPCODES.get(opcode)?.[0].endsWith('q') === true;
}

/** Whether the 24 bytes at `at` are a header with the given first byte. */
export function header_holds(bytes: Uint8Array, at: number, magic: number): boolean {
  const opcode = u8(bytes, at + 1);
  const [key, extras, body] = [u16be(bytes, at + 2), u8(bytes, at + 4), u32be(bytes, at + 8)];
  if (u8(bytes, at) !== magic || opcode > OPCODE_MAX || u8(bytes, at + 5) !== 0 || key > KEY_BYTES_MAX) return false;
  if (body < key + extras || body > DATA_BYTES_MAX) return false;
  if (magic === RESPONSE) return STATUSES.get(u16be(bytes, at + 6)) !== undefined && (extras === 0 || extras === 4);
  const expected = OPCODES.get(opcode);
  return expected?.includes(extras, 1) === true;
}

/** The key, as far as it was captured. */
function key_of(bytes: Uint8Array, at: number, stop: number): string {
  const start = at + HEADER_BYTES + u8(bytes, at + 4);
  return utf8(bytes, start, Math.min(stop, start + u16be(bytes, at + 2)));
}

export function request_of(bytes: Uint8Array, at: number, stop: number): Message {
  const opcode = u8(bytes, at + 1);
  const [name] = OPCODES.get(opcode)!;
  const key = key_of(bytes, at, stop);
  const message = new_message(opcode === QUITQ ? MESSAGE_TYPE.session : MESSAGE_TYPE.request);
  message.request_type = name;
  message.request_resource = key === '' ? name : `${name} ${key}`;
  message.request_id = u32be(bytes, at + 12);
  message.length = HEADER_BYTES + u32be(bytes, at + 8);
  if (opcode === QUITQ) message.one_way = true;
  return message;
}

/** What a response of `length` bytes says. The values of keys are never looked at. */
export function response_of(bytes: Uint8Array, at: number, stop: number, length: number): Message {
  const code = u16be(bytes, at + 6);
  const [text, status] = STATUSES.get(code)!;
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = u32be(bytes, at + 12);
  message.response_code = code;
  message.response_status = status;
  message.length = length;
  if (status === STATUS.ok) {
    if (text !== '') message.response_result = text;
    return message;
  }
  const start = at + HEADER_BYTES + u8(bytes, at + 4) + u16be(bytes, at + 2);
  const body_end = at + HEADER_BYTES + u32be(bytes, at + 8);
  const said = utf8(bytes, start, Math.min(stop, body_end), TEXT_BYTES_MAX);
  message.response_exception = said === '' ? text : said;
  return message;
}
