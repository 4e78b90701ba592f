import { latin1, u8, u32be } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { chain, code, HEADER_BYTES, may_be, STARTUP, STARTUP_BYTES_MAX, zero_at } from './messages.ts';

const LOOK_BYTES = 64;
const VERB =
  /^[\s(]*(?:\/\*|--|;|select|insert|update|delete|set|show|begin|commit|rollback|start|create|alter|drop|truncate|with|call|explain|lock|copy|prepare|execute|grant|revoke|savepoint|release|analyze|vacuum|declare|fetch|close|move|listen|notify|unlisten|discard|deallocate|do|values|table|merge|refresh|reset|end|abort|cluster|comment|reindex)\b/i;
/** After the start of an error come fields; S or V is the severity. */
const SEVERITY = /^[SV](?:ERROR|FATAL|PANIC|[^\0]{2,20})\0/;

export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  if (end - start < 8) return short(bytes, start, end);
  const first = u8(bytes, start);
  if (first === 0) return startup(bytes, start);
  const length = u32be(bytes, start + 1);
  if (direction === TO_SERVER && may_be(TO_SERVER, first, length)) {
    const score = request_score(bytes, start, end, first, length);
    const come = start + 1 + length <= end || end - start >= LOOK_BYTES;
    if (score < 2 && !come) return { score, says: 'request', more: true };
    if (score > 0) return { score, says: 'request' };
  }
  if (!may_be(TO_CLIENT, first, length)) return NO_GUESS;
  const score = response_score(bytes, start, end, first);
  return score > 0 ? { score, says: 'response' } : NO_GUESS;
}

function short(bytes: Uint8Array, start: number, end: number): Guess {
  const first = u8(bytes, start);
  const may = end > start && (first === 0 || may_be_type(first));
  return may ? { score: end - start >= HEADER_BYTES ? 1 : 0, says: 'either', more: true } : NO_GUESS;
}

function may_be_type(type: number): boolean {
  return may_be(TO_SERVER, type, 12) || may_be(TO_CLIENT, type, 5) || may_be(TO_CLIENT, type, 4);
}

/** Untyped first packets: length, then a version or a request code. */
function startup(bytes: Uint8Array, start: number): Guess {
  const length = u32be(bytes, start);
  const version = u32be(bytes, start + 4);
  const fixed = { [STARTUP.ssl]: 8, [STARTUP.gss]: 8, [STARTUP.cancel]: 16 }[version];
  const known = fixed === undefined ? version === STARTUP.version_3 && length > 8 : length === fixed;
  return known && length <= STARTUP_BYTES_MAX ? { score: 3, says: 'request' } : NO_GUESS;
}

function request_score(bytes: Uint8Array, start: number, end: number, type: number, length: number): 0 | 1 | 2 | 3 {
  let text = start + HEADER_BYTES;
  if (type === code('P')) text = zero_at(bytes, text, Math.min(end, text + LOOK_BYTES)) + 1;
  if (type === code('Q') || type === code('P')) {
    const verb = VERB.test(latin1(bytes, text, Math.min(end, text + LOOK_BYTES)));
    const ended = start + 1 + length > end || bytes[start + length] === 0 || type === code('P');
    if (verb && ended) return 3;
  }
  const { count, whole } = chain(TO_SERVER, bytes, start, end);
  if (!whole) return 0;
  if (type === code('Q')) return bytes[end - 1] === 0 ? 1 : 0;
  if (count >= 2) return type === code('B') ? 3 : 2;
  return type === code('X') || type === code('S') || type === code('B') ? 1 : 0;
}

function response_score(bytes: Uint8Array, start: number, end: number, type: number): 0 | 1 | 2 | 3 {
  if (
    type === code('E') &&
    SEVERITY.test(latin1(bytes, start + HEADER_BYTES, Math.min(end, start + HEADER_BYTES + 32)))
  )
    return 3;
  const { count, whole } = chain(TO_CLIENT, bytes, start, end);
  if (!whole) return 0;
  // ReadyForQuery ends nearly every answer: 'Z', 5, and one of three states.
  const ready =
    end - start >= 6 && bytes[end - 6] === code('Z') && /[ITE]/.test(String.fromCharCode(u8(bytes, end - 1)));
  if (count >= 2) return ready ? 3 : 2;
  return type === code('R') || ready ? 1 : 0;
}
