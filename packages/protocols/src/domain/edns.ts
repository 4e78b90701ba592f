// The OPT record (RFC 6891 section 6): not a record of a name, but what the sender can do and adds to its message.
import { u8, u16be, u32be, utf8 } from '../bytes.ts';
import { ipv4_text, ipv6_text } from './address.ts';

const DNSSEC_OK = 0x8000;
const OPTION = { client_subnet: 8, cookie: 10, error: 15 } as const;
const OPTIONS_MAX = 32;
const TEXT_BYTES_MAX = 256;
/** A client's cookie has 8 bytes (RFC 7873 section 4.1); what follows is the server's. */
const CLIENT_COOKIE_BYTES = 8;

export interface Edns {
  version: number;
  udp_bytes: number;
  dnssec_ok: boolean;
  /** Upper bits of the response code, already shifted. */
  rcode_high: number;
  /** Address and prefix of the client (RFC 7871), as "192.0.2.0/24". */
  client_subnet?: string;
  /** Whose cookies there are; their values are secrets. */
  cookie?: 'client' | 'client+server';
  /** Extended errors (RFC 8914): number, name and the server's text. */
  error?: string;
}

/** RFC 8914 section 5.2 and the registry "Extended DNS Error Codes". */
const ERRORS = [
  ...['Other', 'Unsupported DNSKEY Algorithm', 'Unsupported DS Digest Type', 'Stale Answer', 'Forged Answer'],
  ...['DNSSEC Indeterminate', 'DNSSEC Bogus', 'Signature Expired', 'Signature Not Yet Valid', 'DNSKEY Missing'],
  ...['RRSIGs Missing', 'No Zone Key Bit Set', 'NSEC Missing', 'Cached Error', 'Not Ready', 'Blocked', 'Censored'],
  ...['Filtered', 'Prohibited', 'Stale NXDomain Answer', 'Not Authoritative', 'Not Supported'],
  ...['No Reachable Authority', 'Network Error', 'Invalid Data', 'Signature Expired before Valid', 'Too Early'],
  ...['Unsupported NSEC3 Iterations Value', 'Unable to conform to policy', 'Synthesized'],
];

/** `klass` and `ttl` are those of the record; its data are the options in [at, end). */
export function read_edns(bytes: Uint8Array, klass: number, ttl: number, at: number, end: number): Edns {
  const edns: Edns = {
    version: (ttl >>> 16) & 255,
    udp_bytes: klass,
    dnssec_ok: (ttl & DNSSEC_OK) !== 0,
    rcode_high: (ttl >>> 24) << 4,
  };
  for (let option = at, n = 0; option + 4 <= end && n < OPTIONS_MAX; n++) {
    const data = option + 4;
    const data_end = data + u16be(bytes, option + 2);
    if (data_end > end) break;
    put_option(edns, bytes, u16be(bytes, option), data, data_end);
    option = data_end;
  }
  return edns;
}

function put_option(edns: Edns, bytes: Uint8Array, code: number, data: number, end: number): void {
  if (code === OPTION.client_subnet) {
    const subnet = subnet_text(bytes, data, end);
    if (subnet !== undefined) edns.client_subnet = subnet;
  } else if (code === OPTION.cookie && end - data >= CLIENT_COOKIE_BYTES) {
    edns.cookie = end - data > CLIENT_COOKIE_BYTES ? 'client+server' : 'client';
  } else if (code === OPTION.error && end - data >= 2) {
    const info = u16be(bytes, data);
    const text = utf8(bytes, data + 2, end, TEXT_BYTES_MAX);
    const one = [info, ERRORS[info] ?? '', text].filter((part) => part !== '').join(' ');
    edns.error = edns.error === undefined ? one : `${edns.error}; ${one}`.slice(0, TEXT_BYTES_MAX);
  }
}

const address = new Uint8Array(16);

/** Family, length of the prefix asked about, length that the answer is for, as many bytes of the address as it takes. */
function subnet_text(bytes: Uint8Array, data: number, end: number): string | undefined {
  const family = u16be(bytes, data);
  const prefix = u8(bytes, data + 2);
  const length = end - data - 4;
  const longest = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (length < 0 || length > longest || prefix > longest * 8) return undefined;
  address.fill(0);
  for (let i = 0; i < length; i++) address[i] = u8(bytes, data + 4 + i);
  // Nothing of the address is sent by who does not want to be known.
  if (prefix === 0 && u32be(address, 0) === 0) return family === 1 ? '0.0.0.0/0' : '::/0';
  return `${family === 1 ? ipv4_text(address, 0) : ipv6_text(address, 0)}/${prefix}`;
}

const FIXED_NAMES = ['edns_version', 'edns_udp_size', 'edns_do'];

/** As attributes, names and values. */
export function edns_attributes(edns: Edns): [string[], string[]] {
  const values = [String(edns.version), String(edns.udp_bytes), edns.dnssec_ok ? '1' : '0'];
  if (edns.client_subnet === undefined && edns.cookie === undefined && edns.error === undefined)
    return [FIXED_NAMES, values];
  const names = [...FIXED_NAMES];
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    names.push(name);
    values.push(value);
  };
  add('edns_client_subnet', edns.client_subnet);
  add('edns_cookie', edns.cookie);
  add('edns_error', edns.error);
  return [names, values];
}
