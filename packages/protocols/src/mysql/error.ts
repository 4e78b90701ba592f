import { u8, u16le, utf8 } from '../bytes.ts';
import { type Message, STATUS } from '../protocol.ts';

const MARKER = 35; // '#', before the five characters of the SQL state
/** Errors whose quoted words are names of things, never values. */
const NAMING = new Set([
  1008, 1042, 1044, 1045, 1046, 1048, 1049, 1050, 1051, 1054, 1060, 1061, 1072, 1091, 1109, 1142, 1143, 1146, 1147,
  1193, 1227, 1235, 1264, 1305, 1364, 1370, 1406, 1451, 1452, 1698,
]);

/** Error packet behind its 0xff: code, '#' and state (absent before login), message. */
export function read_error(bytes: Uint8Array, start: number, stop: number, redact: boolean, into: Message): void {
  const code = u16le(bytes, start);
  const at = start + (u8(bytes, start + 2) === MARKER ? 8 : 2);
  const message = utf8(bytes, Math.min(at, stop), stop, 512);
  into.response_code = code;
  into.response_status = code >= 2000 && code <= 2999 ? STATUS.client_error : STATUS.server_error;
  into.response_exception = redact && !NAMING.has(code) ? hide_quoted(message) : message;
}

/** "Duplicate entry 'x' for key 'y'" quotes a value, which may hold quotes itself: all from the first to the last is hidden. */
function hide_quoted(message: string): string {
  const from = message.indexOf("'");
  if (from < 0) return message;
  const to = message.lastIndexOf("'");
  return `${message.slice(0, from)}?${to > from ? message.slice(to + 1) : ''}`;
}
