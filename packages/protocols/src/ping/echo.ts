// One ICMP message, taken apart.
import { u16be, u8 } from '../bytes.ts';
import { ECHO, ERRORS_V4, ERRORS_V6, type ErrorType, HEADER_BYTES } from './messages.ts';

export interface Echo {
  kind: 'request' | 'reply' | 'error';
  identifier: number;
  sequence: number;
  /** Errors only. */
  type: number;
  code: number;
  error: ErrorType | undefined;
}

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

const echo: Echo = { kind: 'request', identifier: 0, sequence: 0, type: 0, code: 0, error: undefined };

/** Undefined when the message is about no echo. The same object each time. */
export function echo_at(bytes: Uint8Array, start: number, end: number): Echo | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const type = u8(bytes, start);
  const code = u8(bytes, start + 1);
  echo.type = type;
  echo.code = code;
  echo.error = undefined;
  if (type === ECHO.request[0] || type === ECHO.request[1]) echo.kind = 'request';
  else if (type === ECHO.reply[0] || type === ECHO.reply[1]) echo.kind = 'reply';
  else return error_at(bytes, start + HEADER_BYTES, end, type);
  // RFC 792: codes of an echo are 0.
  return code === 0 ? numbers(bytes, start) : undefined;
}

/** An error carries the packet that caused it: its version is that of the error. */
function error_at(bytes: Uint8Array, packet: number, end: number, type: number): Echo | undefined {
  const version = packet < end ? u8(bytes, packet) >> 4 : 0;
  const header = version === 6 ? IPV6_HEADER_BYTES : (u8(bytes, packet) & 15) * 4;
  const message = packet + header;
  if (header < IPV4_HEADER_BYTES || message + HEADER_BYTES > end) return undefined;
  const error = version === 4 ? ERRORS_V4.get(type) : version === 6 ? ERRORS_V6.get(type) : undefined;
  if (error === undefined || u8(bytes, message) !== ECHO.request[version === 4 ? 0 : 1]) return undefined;
  echo.kind = 'error';
  echo.error = error;
  return numbers(bytes, message);
}

function numbers(bytes: Uint8Array, message: number): Echo {
  echo.identifier = u16be(bytes, message + 4);
  echo.sequence = u16be(bytes, message + 6);
  return echo;
}
