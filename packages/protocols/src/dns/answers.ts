import { HEADER_BYTES } from '../domain/header.ts';
import { read_name, skip_name } from '../domain/name.ts';
import { read_records } from '../domain/records.ts';
import type { NamedAddress } from '../protocol.ts';
import { read_header } from './header.ts';

/** The addresses that a DNS message gives for the name it was asked for. */
export function answers(bytes: Uint8Array, start: number, end: number): NamedAddress[] {
  const header = read_header(bytes, start, end);
  if (header === undefined || !header.response || header.questions !== 1) return [];
  const qname = read_name(bytes, start + HEADER_BYTES, start, end);
  const question_end = skip_name(bytes, start + HEADER_BYTES, end);
  if (qname === undefined || question_end < 0) return [];
  return read_records(bytes, start, question_end + 4, end, header, qname).names;
}
