// What a reply's row says, and that of an event.
import { i32be, u32be } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, type ParseOptions } from '../protocol.ts';
import { error_name, OK, RUNTIME_INCONSISTENCY, SESSION_EXPIRED, status_of } from './errors.ts';
import { LENGTH_BYTES, REPLY_HEAD_BYTES } from './frame.ts';
import { hex64, JuteReader } from './jute.ts';
import { EVENTS, type Operation, operation_of, STATES, XID } from './messages.ts';
import { add_attribute, endpoint_of } from './request.ts';

/** Of a node's Stat: six numbers of 64 bits and five of 32. */
const STAT_BYTES = 68;

const reader = new JuteReader();

function put_error(message: Message, code: number): void {
  message.response_code = code;
  message.response_status = status_of(code);
  if (code !== OK) message.response_exception = error_name(code);
}

/** The frame at `at`, of which [at, end) is readable, answers `operation`, where that is known. */
export function reply_message(
  operation: Operation | undefined,
  bytes: Uint8Array,
  at: number,
  end: number,
  options: ParseOptions,
): Message {
  const message: Message = { type: MESSAGE_TYPE.response, request_id: u32be(bytes, at + LENGTH_BYTES) };
  if (operation !== undefined) message.request_type = operation.name;
  let code = i32be(bytes, at + 16);
  const record = reader.begin(bytes, at + REPLY_HEAD_BYTES, end);
  if (code === OK && operation?.fields === 'M') code = first_error(record);
  put_error(message, code);
  if (code === OK && operation?.makes === true) {
    const path = record.text(options.string_bytes_max);
    if (path !== undefined) message.response_result = path;
  }
  message.attribute_names = ['zxid'];
  message.attribute_values = [hex64(bytes, at + 8)];
  return message;
}

/** The error that made a transaction fail, among the results of its members; OK when there is none. */
function first_error(record: JuteReader): number {
  for (;;) {
    const type = record.int();
    const done = record.boolean();
    record.skip(4);
    if (done || record.failed) return OK;
    if (type === -1) {
      const code = record.int();
      if (code !== OK && code !== RUNTIME_INCONSISTENCY && !record.failed) return code;
    } else if (!result(record, type)) {
      return OK;
    }
  }
}

/** Passes over the result of one member. */
function result(record: JuteReader, type: number): boolean {
  const { fields, name, makes } = operation_of(type) ?? { fields: '', name: '', makes: undefined };
  if (makes === true) {
    record.buffer();
    // Only the first of its kind tells no more than the path.
    if (name !== 'create') record.skip(STAT_BYTES);
  } else if (name === 'setData') record.skip(STAT_BYTES);
  else if (name === 'getData') {
    record.buffer();
    record.skip(STAT_BYTES);
  } else if (name === 'getChildren') {
    for (let left = record.int(); left > 0 && !record.failed; left--) record.buffer();
  } else return fields !== '' && !record.failed;
  return !record.failed;
}

/** The answer to the record that opens a session: protocol version, timeout, session id, password. */
export function connected_message(name: string, bytes: Uint8Array, at: number): Message {
  const message: Message = { type: MESSAGE_TYPE.response, request_type: name, request_id: XID.connect };
  const session = at + LENGTH_BYTES + 8;
  const expired = u32be(bytes, session) === 0 && u32be(bytes, session + 4) === 0;
  put_error(message, expired ? SESSION_EXPIRED : OK);
  if (!expired) add_attribute(message, 'session_id', hex64(bytes, session));
  return message;
}

export function event_message(bytes: Uint8Array, at: number, end: number, options: ParseOptions): Message {
  const message: Message = { type: MESSAGE_TYPE.session, request_type: 'notification' };
  const record = reader.begin(bytes, at + REPLY_HEAD_BYTES, end);
  const [type, state] = [record.int(), record.int()];
  if (record.failed) return message;
  add_attribute(message, 'event', EVENTS[type] ?? String(type));
  add_attribute(message, 'state', STATES[state] ?? String(state));
  const path = record.text(options.string_bytes_max);
  if (path === undefined) return message;
  message.request_resource = path;
  message.endpoint = endpoint_of(path);
  return message;
}
