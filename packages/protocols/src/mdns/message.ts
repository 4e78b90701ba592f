// One message: questions and records with the names they belong to.
import { u16be } from '../bytes.ts';
import { type Header, HEADER_BYTES, read_header } from '../domain/header.ts';
import { read_name, skip_name } from '../domain/name.ts';
import { address_of, record_at, result_of } from '../domain/records.ts';
import { is_known_type } from '../domain/types.ts';
import type { NamedAddress } from '../protocol.ts';

/** More are passed over: a datagram of 9,000 bytes may have several hundred. */
const NAMES_MAX = 64;
const RESULTS_MAX = 64;
/** The bit that asks for a unicast answer, or says that a record replaces others (sections 5.4 and 10.2). */
const TOP_BIT = 0x8000;
/** IN, and ANY in questions. */
const CLASSES = new Set([1, 255]);

export interface Contents {
  header: Header;
  /** Of the first question; of an answer without one, of the first record. */
  name: string;
  type: number;
  unicast_wanted: boolean;
  /** All names asked for, joined by ';'. */
  questions: string;
  result: string;
  names: NamedAddress[];
  /** Every record of the answer section has a TTL of 0. */
  goodbye: boolean;
  /** Behind the last record; -1 when one is cut or broken. */
  end: number;
}

/** The message in [start, end); undefined when it cannot be one of multicast DNS. */
export function read_contents(bytes: Uint8Array, start: number, end: number): Contents | undefined {
  const header = read_header(bytes, start, end);
  if (header === undefined) return undefined;
  const out: Contents = {
    header,
    name: '',
    type: 0,
    unicast_wanted: false,
    questions: '',
    result: '',
    names: [],
    goodbye: header.answers > 0,
    end: start + HEADER_BYTES,
  };
  if (!read_questions(out, bytes, start, end)) return undefined;
  read_answers(out, bytes, start, end);
  return out;
}

function read_questions(out: Contents, bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < out.header.questions; i++) {
    const fixed = skip_name(bytes, out.end, end);
    if (fixed < 0 || fixed + 4 > end) return i > 0;
    const type = u16be(bytes, fixed);
    const klass = u16be(bytes, fixed + 2);
    if (!is_known_type(type) || !CLASSES.has(klass & ~TOP_BIT)) return false;
    if (i < NAMES_MAX) {
      const name = read_name(bytes, out.end, start, end);
      if (name === undefined) return false;
      if (i === 0) {
        out.name = name;
        out.type = type;
        out.unicast_wanted = (klass & TOP_BIT) !== 0;
        out.questions = name;
      } else if (!out.questions.includes(name)) out.questions += `;${name}`;
    }
    out.end = fixed + 4;
  }
  return true;
}

function read_answers(out: Contents, bytes: Uint8Array, start: number, end: number): void {
  const { answers, authorities, additionals, response } = out.header;
  const results: string[] = [];
  for (let i = 0; i < answers + authorities + additionals; i++) {
    const record = record_at(bytes, out.end, end);
    if (record === undefined) {
      out.end = -1;
      break;
    }
    const at = out.end;
    out.end = record.data_end;
    // What a query knows already, or wants to claim, it does not tell.
    if (!response) continue;
    const is_answer = i < answers;
    if (is_answer && record.ttl_s !== 0) out.goodbye = false;
    const address = out.names.length < NAMES_MAX ? address_of(bytes, record) : undefined;
    if (out.name === '' || address !== undefined) {
      const name = read_name(bytes, at, start, end);
      if (name === undefined) continue;
      if (out.name === '') {
        out.name = name;
        out.type = record.type;
      }
      if (address !== undefined && record.ttl_s > 0) out.names.push({ name, address, ttl_s: record.ttl_s });
    }
    if (!is_answer || results.length >= RESULTS_MAX) continue;
    const result = result_of(bytes, record, start, address);
    if (!results.includes(result)) results.push(result);
  }
  out.result = results.join(';');
}
