// What a response frame says: how it ended, and the names of prepared statements.
import { u16be, u32be, utf8 } from '../bytes.ts';
import { type Message, STATUS } from '../protocol.ts';
import { FLAG, OPCODE, PREPARED, RESULTS } from './messages.ts';
import { type Body, id_at } from './request.ts';
import type { Statements } from './statements.ts';

/** Section 9: 0x2xxx blames the statement; of the others, these blame the client. */
const CLIENT_CODES = new Set([0x000a, 0x0100, 0x1400]);
const TEXT_BYTES_MAX = 1024;

export function read_response(
  message: Message,
  opcode: number,
  flags: number,
  body: Body,
  statements: Statements,
): void {
  const { bytes, stop } = body;
  const at = content(body, flags);
  const stream = message.request_id!;
  message.response_status = STATUS.ok;
  if (opcode === OPCODE.error) {
    const code = at + 4 <= stop ? u32be(bytes, at) : 0;
    message.response_code = code;
    message.response_status = code >= 0x2000 || CLIENT_CODES.has(code) ? STATUS.client_error : STATUS.server_error;
    if (at + 6 <= stop) {
      message.response_exception = utf8(bytes, at + 6, Math.min(stop, at + 6 + u16be(bytes, at + 4)), TEXT_BYTES_MAX);
    }
  }
  const kind = opcode === OPCODE.result && at + 4 <= stop ? u32be(bytes, at) : 0;
  const result = RESULTS.get(kind);
  if (result !== undefined) message.response_result = result;
  statements.answered(stream, kind === PREPARED ? id_at(bytes, at + 4, stop) || undefined : undefined);
}

/** The kind of an EVENT: TOPOLOGY_CHANGE, STATUS_CHANGE, SCHEMA_CHANGE. */
export function event_kind(body: Body): string {
  const { bytes, at, stop } = body;
  return at + 2 <= stop ? utf8(bytes, at + 2, Math.min(stop, at + 2 + u16be(bytes, at)), 64) : '';
}

/** Where the body begins behind what flags put in front of it: tracing id, warnings, custom payload. */
function content({ bytes, at, stop }: Body, flags: number): number {
  let from = (flags & FLAG.tracing) === 0 ? at : at + 16;
  if ((flags & FLAG.warning) !== 0) {
    let left = u16be(bytes, from);
    for (from += 2; left > 0 && from + 2 <= stop; left--) from += 2 + u16be(bytes, from);
  }
  if ((flags & FLAG.custom_payload) !== 0) {
    let left = u16be(bytes, from);
    for (from += 2; left > 0 && from + 2 <= stop; left--) {
      from += 2 + u16be(bytes, from);
      from += 4 + Math.max(0, u32be(bytes, from) | 0);
    }
  }
  return Math.min(from, stop);
}
