// ClientHello and ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1), and the ClientHello in the format of SSL 2.0
// (RFC 5246 appendix E.2). Every length is of the peer: what lies outside of the message counts as not there.
import { intern, u16be, u8 } from '../bytes.ts';
import { EXTENSION } from './messages.ts';

const RANDOM_BYTES = 32;
const SESSION_ID_BYTES_MAX = 32;
const NAME_BYTES_MAX = 255;
const PROTOCOLS_MAX = 16;
/** Version, random, length of the session id. */
const FIXED_BYTES = 2 + RANDOM_BYTES + 1;
/** The shortest hello: no session id, one suite, one compression method in a list (client) or alone (server). */
export const HELLO_BYTES_MIN = FIXED_BYTES + 3;
const HOST_NAME = 0;

/** SHA-256 of "HelloRetryRequest", the random of a ServerHello that is one (RFC 8446 section 4.1.3). */
const RETRY_RANDOM = [
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
  0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

function is_retry(bytes: Uint8Array, random: number): boolean {
  for (let i = 0; i < RANDOM_BYTES; i++) if (bytes[random + i] !== RETRY_RANDOM[i]) return false;
  return true;
}

export interface ClientHello {
  server_name?: string;
  /** Application protocols offered, separated by commas. */
  alpn?: string;
  early_data: boolean;
}

export interface ServerHello {
  version: number;
  cipher_suite: number;
  /** Only in TLS 1.3. */
  group?: number;
  /** What it chose, where that is not encrypted. */
  alpn?: string;
  /** The session goes on with a key that both know (TLS 1.3). */
  pre_shared_key: boolean;
  retry: boolean;
}

/** Calls back for each extension of the block whose length stands at `at`. */
function each_extension(
  bytes: Uint8Array,
  at: number,
  end: number,
  each: (type: number, start: number, stop: number) => void,
): void {
  if (end - at < 2) return;
  const stop = Math.min(end, at + 2 + u16be(bytes, at));
  for (let next = at + 2; next + 4 <= stop; ) {
    const start = next + 4;
    next = start + u16be(bytes, next + 2);
    each(u16be(bytes, start - 4), start, Math.min(next, stop));
  }
}

/** Undefined when it is none. */
export function client_hello(bytes: Uint8Array, start: number, end: number): ClientHello | undefined {
  if (end - start < HELLO_BYTES_MIN || u8(bytes, start) !== 3) return undefined;
  const session_id_bytes = u8(bytes, start + FIXED_BYTES - 1);
  if (session_id_bytes > SESSION_ID_BYTES_MAX) return undefined;
  const suites = start + FIXED_BYTES + session_id_bytes;
  const compressions = suites + 2 + u16be(bytes, suites);
  const hello: ClientHello = { early_data: false };
  each_extension(bytes, compressions + 1 + u8(bytes, compressions), end, (type, at, stop) => {
    if (type === EXTENSION.server_name) {
      const name = server_name(bytes, at, stop);
      if (name !== undefined) hello.server_name = name;
    } else if (type === EXTENSION.alpn) hello.alpn = protocol_names(bytes, at, stop);
    else if (type === EXTENSION.early_data) hello.early_data = true;
  });
  return hello;
}

/** Undefined when it is none. */
export function server_hello(bytes: Uint8Array, start: number, end: number): ServerHello | undefined {
  if (end - start < HELLO_BYTES_MIN) return undefined;
  const session_id_bytes = u8(bytes, start + FIXED_BYTES - 1);
  const suite = start + FIXED_BYTES + session_id_bytes;
  if (session_id_bytes > SESSION_ID_BYTES_MAX || suite + 3 > end) return undefined;
  const hello: ServerHello = {
    version: u16be(bytes, start),
    cipher_suite: u16be(bytes, suite),
    pre_shared_key: false,
    retry: is_retry(bytes, start + 2),
  };
  each_extension(bytes, suite + 3, end, (type, at, stop) => {
    if (type === EXTENSION.supported_versions && stop - at >= 2) hello.version = u16be(bytes, at);
    else if (type === EXTENSION.key_share && stop - at >= 2) hello.group = u16be(bytes, at);
    else if (type === EXTENSION.alpn) hello.alpn = protocol_names(bytes, at, stop);
    else if (type === EXTENSION.pre_shared_key) hello.pre_shared_key = true;
  });
  return hello;
}

/** RFC 6066 section 3: a list with one name of each type, of which there is one. */
function server_name(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start + 2; at + 3 <= end; ) {
    const stop = at + 3 + u16be(bytes, at + 1);
    if (u8(bytes, at) === HOST_NAME) return intern(bytes, at + 3, Math.min(stop, end), NAME_BYTES_MAX);
    at = stop;
  }
  return undefined;
}

/** RFC 7301 section 3.1. */
function protocol_names(bytes: Uint8Array, start: number, end: number): string {
  const names: string[] = [];
  for (let at = start + 2; at < end && names.length < PROTOCOLS_MAX; ) {
    const stop = at + 1 + u8(bytes, at);
    names.push(intern(bytes, at + 1, Math.min(stop, end)));
    at = stop;
  }
  return names.join(',');
}

const OLD_HEADER_BYTES = 11;
const OLD_CLIENT_HELLO = 1;
const OLD_SUITE_BYTES = 3;

/** Length of a ClientHello in the format of SSL 2.0 that begins at `at`, its length field included. */
export function old_hello_length(bytes: Uint8Array, at: number, end: number): number | 'more' | undefined {
  if ((u8(bytes, at) & 0x80) === 0) return undefined;
  if (end - at >= 3 && bytes[at + 2] !== OLD_CLIENT_HELLO) return undefined;
  if (end - at < OLD_HEADER_BYTES) return 'more';
  const version = u16be(bytes, at + 3);
  const suites = u16be(bytes, at + 5);
  const session_id = u16be(bytes, at + 7);
  const challenge = u16be(bytes, at + 9);
  const length = u16be(bytes, at) & 0x7fff;
  const known = version === 0x0002 || (version >= 0x0300 && version <= 0x0304);
  const fits = length === OLD_HEADER_BYTES - 2 + suites + session_id + challenge;
  const lists = suites > 0 && suites % OLD_SUITE_BYTES === 0 && (session_id === 0 || session_id === 16);
  return known && fits && lists && challenge >= 16 && challenge <= 32 ? length + 2 : undefined;
}
