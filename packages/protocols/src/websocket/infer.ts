// A connection that begins is handed over by HTTP. This here is for one joined in its middle, and for finding the way
// after damage: whole frames that fill the bytes exactly, and text in them that reads as text.
import { type Direction, type Guess, NO_GUESS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { new_frame, OPCODE, read_frame, unmasked } from './frame.ts';

const FRAMES_MAX = 16;
const TEXT_BYTES_TELLING = 8;
const TEXT_BYTES_LOOKED_AT = 256;
const BRACE = 123;
const BRACKET = 91;
const frame = new_frame();

function printable(text: Uint8Array): boolean {
  return text.every((byte) => (byte >= 32 && byte !== 127) || byte === 9 || byte === 10 || byte === 13);
}

interface Seen {
  /** Text frames that read as text, and those of them that look like JSON. */
  texts: number;
  objects: number;
}

/** Whole frames from `start` to exactly `end`; undefined when the bytes are not that. */
function look(bytes: Uint8Array, start: number, end: number, direction: Direction): Seen | undefined {
  const seen: Seen = { texts: 0, objects: 0 };
  let at = start;
  for (let n = 0; at < end; n++) {
    if (n === FRAMES_MAX || read_frame(bytes, at, end, direction, frame) !== 1) return undefined;
    const next = at + frame.header_bytes + frame.length;
    if (next > end) return undefined;
    if (frame.opcode === OPCODE.text && !frame.coded && frame.length >= TEXT_BYTES_TELLING) {
      const text = unmasked(bytes, at, frame, Math.min(frame.length, TEXT_BYTES_LOOKED_AT));
      if (!printable(text)) return undefined;
      seen.texts++;
      if (text[0] === BRACE || text[0] === BRACKET) seen.objects++;
    }
    at = next;
  }
  return seen;
}

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  const byte = bytes[start]! & 0x8f;
  if (byte < 0x80 || byte > 0x8a) return NO_GUESS;
  const direction = bytes[start + 1]! >= 0x80 ? TO_SERVER : TO_CLIENT;
  const seen = look(bytes, start, end, direction);
  if (seen === undefined || seen.texts === 0) return NO_GUESS;
  if (direction === TO_SERVER) return { score: 3, says: 'request' };
  return { score: seen.objects > 0 ? 3 : 1, says: 'response' };
}
