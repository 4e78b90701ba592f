// Beginning of a connection: options of the prelogin, and who logs in.
import { u16be, u8 } from '../bytes.ts';
import { type Message, MESSAGE_TYPE, new_message } from '../protocol.ts';
import type { TdsCursor } from './cursor.ts';
import { utf16 } from './cursor.ts';
import { version_name } from './tokens.ts';

/** Options of a prelogin ([MS-TDS] 2.2.6.5): token, offset and length (2 each, big endian), ended by 0xff. */
const OPTION_BYTES = 5;
const OPTIONS_END = 0xff;
const OPTIONS_MAX = 16;
const ENCRYPTION = 1;
export const ENCRYPT = { off: 0, on: 1, not_supported: 2, required: 3 } as const;
const ENCRYPTIONS = ['off', 'on', 'not supported', 'required'];

/** Places of texts in a LOGIN7 ([MS-TDS] 2.2.6.4): offset and characters, 2 bytes each. The password's is left out. */
const FIELDS = { host: 36, user: 40, application: 48, server: 52, library: 60, database: 68 } as const;
const LOGIN_BYTES_MIN = 94;
const VERSION_AT = 4;
const NAME_CHARACTERS_MAX = 128;

/** Whether a prelogin's options stand in [start, stop): a table that ends, and every option inside. */
export function options_hold(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let i = 0; i < OPTIONS_MAX; i++) {
    const at = start + i * OPTION_BYTES;
    if (at >= stop) return false;
    if (u8(bytes, at) === OPTIONS_END) return i > 0;
    const offset = u16be(bytes, at + 1);
    if (at + OPTION_BYTES > stop || u8(bytes, at) > 0x20 || start + offset + u16be(bytes, at + 3) > stop) return false;
  }
  return false;
}

/** What is said of encryption; -1: nothing. */
export function encryption(bytes: Uint8Array, start: number, stop: number): number {
  for (let at = start; at + OPTION_BYTES <= stop && u8(bytes, at) !== OPTIONS_END; at += OPTION_BYTES) {
    const place = start + u16be(bytes, at + 1);
    if (u8(bytes, at) === ENCRYPTION && place < stop) return u8(bytes, place) & 0x03;
  }
  return -1;
}

export function encryption_name(value: number): string {
  return ENCRYPTIONS[value] ?? 'unknown';
}

/** Names of a login; nothing of its secrets. */
export function login_message(cursor: TdsCursor): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_type = 'Login7';
  const { bytes, at, stop } = cursor;
  if (stop - at < LOGIN_BYTES_MIN) return message;
  message.version = version_name(login_version(cursor));
  const text = (place: number): string => {
    const offset = u8(bytes, at + place) | (u8(bytes, at + place + 1) << 8);
    const characters = u8(bytes, at + place + 2) | (u8(bytes, at + place + 3) << 8);
    return utf16(bytes, at + offset, Math.min(stop, at + offset + 2 * characters), NAME_CHARACTERS_MAX);
  };
  const database = text(FIELDS.database);
  if (database !== '') message.request_domain = database;
  const names: string[] = [];
  const values: string[] = [];
  for (const name of ['user', 'application', 'host', 'library', 'server'] as const) {
    const value = text(FIELDS[name]);
    if (value === '') continue;
    names.push(name);
    values.push(value);
  }
  message.attribute_names = names;
  message.attribute_values = values;
  return message;
}

/** The version asked for, as 4 bytes. */
export function login_version(cursor: TdsCursor): number {
  const at = cursor.at + VERSION_AT;
  const { bytes } = cursor;
  return (u8(bytes, at) | (u8(bytes, at + 1) << 8) | (u8(bytes, at + 2) << 16) | (u8(bytes, at + 3) << 24)) >>> 0;
}
