// What of the connection phase is needed: capabilities, user and database. Authentication data is passed over unread.
import { u8, u16le, u32le, utf8 } from '../bytes.ts';
import { Cursor } from './packet.ts';

/** Capability flags (MySQL documentation, "Capabilities Flags"). */
export const CLIENT = {
  connect_with_db: 0x8,
  compress: 0x20,
  protocol_41: 0x200,
  ssl: 0x800,
  secure_connection: 0x8000,
  plugin_auth_lenenc: 0x20_0000,
  optional_metadata: 0x200_0000,
  zstd: 0x400_0000,
  query_attributes: 0x800_0000,
} as const;

const NAME_BYTES_MAX = 256;
/** Capabilities, packet limit, character set, 23 bytes reserved: also the whole of an SSLRequest. */
const LOGIN_FIXED_BYTES = 32;

/** Whether a payload is a server's greeting of protocol 10: "5.7.1-log" and the like up to a zero byte. */
export function is_greeting(bytes: Uint8Array, start: number, stop: number): boolean {
  if (u8(bytes, start) !== 10) return false;
  for (let at = start + 1; at < Math.min(stop, start + 64); at++) {
    const byte = u8(bytes, at);
    if (byte === 0) return at > start + 3;
    if (byte < 33 || byte > 126) return false;
    if (at === start + 1 && (byte < 48 || byte > 57)) return false;
  }
  return false;
}

/** The server's capabilities. Protocol 10: version, thread id, 8 bytes, filler, low half, charset, status, high half. */
export function greeting_capabilities(bytes: Uint8Array, start: number, stop: number): number {
  const cursor = new Cursor(bytes, start + 1, stop);
  cursor.to_zero();
  cursor.skip(13);
  const low = cursor.u16();
  cursor.skip(3);
  const high = cursor.u16();
  return (low | (high << 16)) >>> 0;
}

/** Whether a payload that is no command may be a login (or the SSLRequest before it). */
export function is_login(bytes: Uint8Array, start: number, stop: number, length: number): boolean {
  if (length < LOGIN_FIXED_BYTES || stop - start < LOGIN_FIXED_BYTES) return false;
  if ((u16le(bytes, start) & CLIENT.protocol_41) === 0) return false;
  // 19 bytes of the filler are zero; MariaDB keeps its extended capabilities in the last four.
  for (let at = start + 9; at < start + 28; at++) if (bytes[at] !== 0) return false;
  return true;
}

export interface Login {
  capabilities: number;
  wants_tls: boolean;
  text: string;
}

export function read_login(bytes: Uint8Array, start: number, stop: number, length: number): Login {
  const capabilities = u32le(bytes, start);
  const wants_tls = length === LOGIN_FIXED_BYTES && (capabilities & CLIENT.ssl) !== 0;
  const cursor = new Cursor(bytes, start + LOGIN_FIXED_BYTES, stop);
  const user = zero_ended(cursor);
  if ((capabilities & CLIENT.plugin_auth_lenenc) !== 0) cursor.skip(cursor.lenenc());
  else if ((capabilities & CLIENT.secure_connection) !== 0) cursor.skip(cursor.u8());
  else cursor.to_zero();
  const db = (capabilities & CLIENT.connect_with_db) !== 0 ? zero_ended(cursor) : '';
  return { capabilities, wants_tls, text: login_text(user, db) };
}

/** COM_CHANGE_USER: user, length and data of authentication, database. */
export function read_change_user(bytes: Uint8Array, start: number, stop: number): string {
  const cursor = new Cursor(bytes, start, stop);
  const user = zero_ended(cursor);
  cursor.skip(cursor.u8());
  return login_text(user, zero_ended(cursor));
}

function zero_ended(cursor: Cursor): string {
  const at = cursor.at;
  return utf8(cursor.bytes, at, cursor.to_zero(), NAME_BYTES_MAX);
}

function login_text(user: string, db: string): string {
  return db === '' ? `Login username: ${user}` : `Login username: ${user} db: ${db}`;
}

/** Compression is agreed when both sides name it; zlib goes before zstd. */
export function compression(client: number, server: number | undefined): 'no' | 'zlib' | 'zstd' {
  const agreed = client & (server ?? 0);
  if ((agreed & CLIENT.compress) !== 0) return 'zlib';
  return (agreed & CLIENT.zstd) !== 0 ? 'zstd' : 'no';
}
