// What a certificate says (RFC 5280 section 4.1): whose it is, who says so, for which names, from when to when.
import { ber_at, type Element, elements, TAG } from '../asn1/ber.ts';
import { name_text } from '../asn1/name.ts';
import { time_s, time_text } from '../asn1/time.ts';
import { latin1, u24be, u8 } from '../bytes.ts';

export interface Certificate {
  subject: string;
  issuer: string;
  /** Moments as text; the end also in seconds since 1970. */
  not_before?: string;
  not_after?: string;
  not_after_s?: number;
  /** Names of the subject's alternatives, separated by commas, each with its kind. */
  alternatives?: string;
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** 2.5.29.17. */
const SUBJECT_ALT_NAME = '\x55\x1d\x11';
const EXTENSIONS_MAX = 64;
const NAMES_MAX = 32;
const NAMES_BYTES_MAX = 1024;
/** Context tags of a GeneralName. */
const KINDS: ReadonlyMap<number, string> = new Map([
  [0x81, 'email'],
  [0x82, 'DNS'],
  [0x86, 'URI'],
  [0x87, 'IP'],
]);

/** The first certificate of a Certificate message up to TLS 1.2; undefined when there is none that can be read. */
export function first_certificate(bytes: Uint8Array, start: number, end: number): Certificate | undefined {
  if (end - start < 7) return undefined;
  const at = start + 6;
  const stop = at + u24be(bytes, start + 3);
  return stop > end ? certificate_at(bytes, at, end) : known_certificate(bytes, at, stop);
}

// A server shows the same certificate to everybody: comparing its bytes takes a tenth of the time of reading them. One
// table for the process, one certificate a slot.
const KNOWN_SLOTS = 256;
const KNOWN_BYTES_MAX = 4096;
/** Bytes at the end of a certificate that choose its slot: they are of the signature. */
const HASHED_BYTES = 16;
interface Known {
  readonly bytes: Uint8Array;
  readonly certificate: Certificate | undefined;
}
const known: (Known | undefined)[] = new Array<Known | undefined>(KNOWN_SLOTS).fill(undefined);

function known_certificate(bytes: Uint8Array, start: number, end: number): Certificate | undefined {
  if (end - start > KNOWN_BYTES_MAX) return certificate_at(bytes, start, end);
  let hash = end - start;
  for (let at = Math.max(start, end - HASHED_BYTES); at < end; at++) hash = (Math.imul(hash, 31) + u8(bytes, at)) | 0;
  const slot = (hash ^ (hash >>> 15)) & (KNOWN_SLOTS - 1);
  const before = known[slot];
  if (before !== undefined && is_same(before.bytes, bytes, start, end)) return before.certificate;
  const certificate = certificate_at(bytes, start, end);
  known[slot] = { bytes: bytes.slice(start, end), certificate };
  return certificate;
}

function is_same(known_bytes: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known_bytes.length !== end - start) return false;
  for (let i = 0; i < known_bytes.length; i++) if (known_bytes[i] !== bytes[start + i]) return false;
  return true;
}

/** A certificate of which perhaps only the beginning is there. */
export function certificate_at(bytes: Uint8Array, start: number, end: number): Certificate | undefined {
  const outer = sequence_at(bytes, start, end);
  const signed = outer === undefined ? undefined : sequence_at(bytes, outer.start, outer.end);
  if (signed === undefined) return undefined;
  const parts = elements(bytes, signed.start, signed.end, 16);
  // Serial number, signature, issuer, validity, subject, key.
  const first = parts[0]?.tag === VERSION ? 1 : 0;
  const [, , issuer, validity, subject] = parts.slice(first);
  if (issuer?.tag !== TAG.sequence || validity?.tag !== TAG.sequence || subject?.tag !== TAG.sequence) return undefined;
  const certificate: Certificate = { subject: name_text(bytes, subject), issuer: name_text(bytes, issuer) };
  const [from, to] = elements(bytes, validity.start, validity.end, 2).map((time) => time_s(bytes, time));
  if (from !== undefined) certificate.not_before = time_text(from);
  if (to !== undefined) {
    certificate.not_after = time_text(to);
    certificate.not_after_s = to;
  }
  const alternatives = alternatives_of(bytes, parts, signed.end);
  if (alternatives !== undefined) certificate.alternatives = alternatives;
  return certificate;
}

/** The SEQUENCE at `start`, cut at `end`. */
function sequence_at(bytes: Uint8Array, start: number, end: number): Element | undefined {
  const element = ber_at(bytes, start, end);
  if (element === undefined || element === 'more' || element.tag !== TAG.sequence) return undefined;
  return { ...element, end: Math.min(element.end, end) };
}

function alternatives_of(bytes: Uint8Array, parts: readonly Element[], end: number): string | undefined {
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  // Extensions are long: when they are cut off they are no whole element.
  const tagged = last.tag === EXTENSIONS ? last : ber_at(bytes, last.end, end);
  if (tagged === undefined || tagged === 'more' || tagged.tag !== EXTENSIONS) return undefined;
  const list = sequence_at(bytes, tagged.start, Math.min(tagged.end, end));
  if (list === undefined) return undefined;
  for (const extension of elements(bytes, list.start, list.end, EXTENSIONS_MAX)) {
    const fields = elements(bytes, extension.start, extension.end, 3);
    const [oid] = fields;
    const value = fields.at(-1);
    if (oid === undefined || value?.tag !== TAG.octets) continue;
    if (latin1(bytes, oid.start, oid.end) !== SUBJECT_ALT_NAME) continue;
    const names = sequence_at(bytes, value.start, value.end);
    return names === undefined ? undefined : names_text(bytes, names);
  }
  return undefined;
}

function names_text(bytes: Uint8Array, list: Element): string {
  let text = '';
  for (const { tag, start, end } of elements(bytes, list.start, list.end, NAMES_MAX)) {
    const kind = KINDS.get(tag);
    if (kind === undefined) continue;
    const name = `${kind}:${kind === 'IP' ? address_text(bytes, start, end) : latin1(bytes, start, end)}`;
    if (text.length + name.length + 1 > NAMES_BYTES_MAX) break;
    text = text === '' ? name : `${text},${name}`;
  }
  return text;
}

function address_text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start === 4) return Array.from(bytes.subarray(start, end)).join('.');
  const groups: string[] = [];
  for (let at = start; at + 1 < end && groups.length < 8; at += 2) {
    groups.push(((u8(bytes, at) << 8) | u8(bytes, at + 1)).toString(16));
  }
  return groups.join(':');
}
