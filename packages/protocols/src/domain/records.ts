// Resource records (RFC 1035 section 4.1.3): what `response_result` says of answers, and the addresses they teach.
import { u16be, u32be } from '../bytes.ts';
import type { NamedAddress } from '../protocol.ts';
import { ipv4_text, ipv6_text } from './address.ts';
import { type Edns, read_edns } from './edns.ts';
import type { Header } from './header.ts';
import { read_name, skip_name } from './name.ts';
import { TYPE, type_name } from './types.ts';

/** Answers of one message that are looked at; longer lists (zone transfers) are cut. */
const ANSWERS_MAX = 64;
/** Type, class, TTL, length of data. */
const FIXED_BYTES = 10;

export interface RecordPlace {
  type: number;
  /** Class; in an OPT record the size of datagrams that the sender takes. */
  klass: number;
  ttl_s: number;
  data: number;
  data_end: number;
}

/** The record at `at`; undefined when it does not end before `end`. */
export function record_at(bytes: Uint8Array, at: number, end: number): RecordPlace | undefined {
  const fixed = skip_name(bytes, at, end);
  if (fixed < 0 || fixed + FIXED_BYTES > end) return undefined;
  const data = fixed + FIXED_BYTES;
  const data_end = data + u16be(bytes, fixed + 8);
  if (data_end > end) return undefined;
  return { type: u16be(bytes, fixed), klass: u16be(bytes, fixed + 2), ttl_s: u32be(bytes, fixed + 4), data, data_end };
}

export function address_of(bytes: Uint8Array, record: RecordPlace): string | undefined {
  const length = record.data_end - record.data;
  if (record.type === TYPE.A && length === 4) return ipv4_text(bytes, record.data);
  if (record.type === TYPE.AAAA && length === 16) return ipv6_text(bytes, record.data);
  return undefined;
}

export function result_of(
  bytes: Uint8Array,
  record: RecordPlace,
  message: number,
  address: string | undefined,
): string {
  const name = type_name(record.type);
  if (address !== undefined) return `${name}=${address} TTL=${record.ttl_s}`;
  switch (record.type) {
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.SOA: // begins with MNAME, RFC 1035 section 3.3.13
    case TYPE.PTR:
    case TYPE.DNAME: {
      const target = read_name(bytes, record.data, message, record.data_end);
      return target === undefined ? name : `${name}=${target} TTL=${record.ttl_s}`;
    }
    default:
      return name;
  }
}

export interface Records {
  /** Answers joined by ';'; without answers the SOA of the authority section, which says why there are none. */
  result: string;
  names: NamedAddress[];
  /** What the OPT record says, if there is one. */
  edns: Edns | undefined;
  /** Index behind the last record; -1 when a record is cut or broken. */
  end: number;
}

/** Reads the records that begin at `at`, behind the question whose name is `qname`. */
export function read_records(
  bytes: Uint8Array,
  message: number,
  at: number,
  end: number,
  header: Header,
  qname: string,
): Records {
  const out: Records = { result: '', names: [], edns: undefined, end: at };
  const results: string[] = [];
  const authority_from = header.answers;
  const additional_from = authority_from + header.authorities;
  const total = additional_from + header.additionals;
  for (let i = 0; i < total; i++) {
    const record = record_at(bytes, out.end, end);
    if (record === undefined) {
      out.end = -1;
      break;
    }
    out.end = record.data_end;
    if (i >= additional_from) {
      if (record.type === TYPE.OPT)
        out.edns ??= read_edns(bytes, record.klass, record.ttl_s, record.data, record.data_end);
    } else if (i >= authority_from) {
      if (record.type === TYPE.SOA && header.answers === 0) results.push(result_of(bytes, record, message, undefined));
    } else if (i < ANSWERS_MAX) {
      const address = address_of(bytes, record);
      if (address !== undefined) out.names.push({ name: qname, address, ttl_s: record.ttl_s });
      const result = result_of(bytes, record, message, address);
      if (!results.includes(result)) results.push(result);
    }
  }
  out.result = results.join(';');
  return out;
}
