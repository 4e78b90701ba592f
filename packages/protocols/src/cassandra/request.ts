// What a request frame asks: statements, and what stands before them.
import { u8, u16be, u32be } from '../bytes.ts';
import { type Message, type ParseOptions, new_message } from '../protocol.ts';
import { read_statement } from '../sql/statement.ts';
import { TracePairs } from '../trace-pairs.ts';
import { FLAG, OPCODE } from './messages.ts';
import type { Prepared, Statements } from './statements.ts';

/** Of a batch, statements that are told. */
const BATCH_TOLD_MAX = 16;

/** A body as far as it is known, unpacked. */
export interface Body {
  bytes: Uint8Array;
  at: number;
  stop: number;
}

export function read_request(
  message: Message,
  opcode: number,
  flags: number,
  body: Body,
  statements: Statements,
  options: ParseOptions,
): void {
  const { bytes, stop } = body;
  const at = (flags & FLAG.custom_payload) === 0 ? body.at : payload_end(body, message, options);
  if (opcode === OPCODE.query || opcode === OPCODE.prepare) {
    if (at + 4 < stop)
      read_statement(bytes, at + 4, Math.min(stop, at + 4 + u32be(bytes, at)), 'postgresql', options, message);
    if (opcode === OPCODE.prepare) {
      statements.prepare(message.request_id!, { resource: message.request_resource, endpoint: message.endpoint });
    }
  } else if (opcode === OPCODE.execute) {
    tell(message, statements.get(id_at(bytes, at, stop)));
  } else if (opcode === OPCODE.batch) {
    read_batch(message, { bytes, at, stop }, statements, options);
  }
}

function tell(message: Message, prepared: Prepared | undefined): void {
  if (prepared?.resource !== undefined) message.request_resource = prepared.resource;
  if (prepared?.endpoint !== undefined) message.endpoint = prepared.endpoint;
}

/** [short bytes] as text to be compared. */
export function id_at(bytes: Uint8Array, at: number, stop: number): string {
  const end = at + 2 + u16be(bytes, at);
  return end <= stop ? Buffer.from(bytes.subarray(at + 2, end)).toString('hex') : '';
}

/** Kind of batch, number of statements, each: 0 and a text or 1 and a name, then its values. */
function read_batch(message: Message, body: Body, statements: Statements, options: ParseOptions): void {
  const { bytes, stop } = body;
  const count = u16be(bytes, body.at + 1);
  const told: string[] = [];
  let at = body.at + 3;
  for (let i = 0; i < Math.min(count, BATCH_TOLD_MAX) && at + 7 < stop; i++) {
    const one = new_message(message.type);
    if (u8(bytes, at) === 0) {
      const end = at + 5 + u32be(bytes, at + 1);
      read_statement(bytes, at + 5, Math.min(end, stop), 'postgresql', options, one);
      at = end;
    } else {
      tell(one, statements.get(id_at(bytes, at + 1, stop)));
      at += 3 + u16be(bytes, at + 1);
    }
    if (one.request_resource !== undefined) told.push(one.request_resource);
    if (one.endpoint !== undefined) message.endpoint ??= one.endpoint;
    if (one.trace_id !== undefined) message.trace_id ??= one.trace_id;
    if (one.span_id !== undefined) message.span_id ??= one.span_id;
    let values = at + 2 <= stop ? u16be(bytes, at) : 0;
    for (at += 2; values > 0 && at + 4 <= stop; values--) at += 4 + Math.max(0, u32be(bytes, at) | 0);
  }
  message.attribute_names = ['batch_size'];
  message.attribute_values = [String(count)];
  if (told.length > 0) message.request_resource = told.join('; ').slice(0, options.string_bytes_max >> 1);
}

/** [bytes map]: names and values of the application; trace context may be among them. Returns where it ends. */
function payload_end(body: Body, message: Message, options: ParseOptions): number {
  const { bytes, stop } = body;
  const traces = new TracePairs(options);
  let at = body.at + 2;
  for (let left = u16be(bytes, body.at); left > 0 && at + 2 <= stop; left--) {
    const name_end = at + 2 + u16be(bytes, at);
    const size = u32be(bytes, name_end) | 0;
    const end = name_end + 4 + Math.max(0, size);
    if (end > stop) return stop;
    traces.note_bytes(bytes, at + 2, name_end, name_end + 4, end);
    at = end;
  }
  traces.put(message);
  return Math.min(at, stop);
}
