import { u8, u32le } from '../bytes.ts';
import { type Direction, type Guess, NO_GUESS, TO_CLIENT } from '../protocol.ts';
import { ClickhouseCursor } from './cursor.ts';
import { frame_size, FRAME_HEADER_BYTES } from './frames.ts';
import { read_client_hello, read_server_hello, type Session } from './hello.ts';
import { CLIENT, SERVER } from './messages.ts';
import { exception_holds } from './packets.ts';
import { find_query } from './query.ts';

/** A block that is not packed begins so: no name, "overflows" 0, bucket -1. */
const BLOCK_BEGINS = [0, 1, 0, 2, 255, 255, 255, 255] as const;
/** Longer prefixes of a query tell no more. */
const QUERY_BYTES = 65_536;
const cursor = new ClickhouseCursor();

const nowhere = (): Session => ({ client_revision: 0, server_revision: 0, database: '', interserver: false });

/** Bytes of a connection that nobody claims yet. */
export function infer(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  const known = end - start;
  const type = u8(bytes, start);
  if (known < 2) return known > 0 && type <= CLIENT.query ? { score: 0, says: 'either', more: true } : NO_GUESS;
  if (type === CLIENT.hello) return hello(bytes, start, end, direction);
  if (direction !== TO_CLIENT) {
    const request = query(bytes, start, end);
    if (request.score > 0 || request.more === true) return request;
  }
  return answer(bytes, start, end, type);
}

/** Both sides' begin alike: only the client's has three texts behind the revision and nothing else. */
function hello(bytes: Uint8Array, start: number, end: number, direction: Direction): Guess {
  // A name of letters; versions and a revision that is near 54,000.
  const length = u8(bytes, start + 1);
  if (length < 2 || length > 100) return NO_GUESS;
  for (let at = start + 2; at < Math.min(end, start + 2 + length); at++) {
    if (u8(bytes, at) < 32 || u8(bytes, at) > 126) return NO_GUESS;
  }
  if (direction !== TO_CLIENT) {
    cursor.set(bytes, start + 1, end);
    const read = read_client_hello(cursor, nowhere());
    if (read !== undefined && cursor.at === end) return { score: 3, says: 'request' };
    if (!cursor.bad && cursor.short) return { score: length > 3 ? 1 : 0, says: 'either', more: true };
  }
  cursor.set(bytes, start + 1, end);
  if (read_server_hello(cursor, nowhere())) return { score: 3, says: 'response' };
  return cursor.bad ? NO_GUESS : { score: 1, says: 'response', more: true };
}

function query(bytes: Uint8Array, start: number, end: number): Guess {
  const found = query_at(bytes, start, end);
  if (found === 'bare' || found === 'framed') return { score: 3, says: 'request' };
  return found === 'short' ? { score: 1, says: 'request', more: true } : NO_GUESS;
}

/** Whether a query begins here; 'framed': behind the length of a chunk. */
export function query_at(bytes: Uint8Array, start: number, end: number): 'bare' | 'framed' | 'short' | 'none' {
  if (u8(bytes, start) === CLIENT.query) {
    const bare = query_holds(bytes, start + 1, end);
    if (bare !== 'none') return bare === 'yes' ? 'bare' : 'short';
  }
  const size = u32le(bytes, start);
  if (end - start < 8 || size < 8 || size > 1_048_576 || u8(bytes, start + 4) !== CLIENT.query) return 'none';
  const framed = query_holds(bytes, start + 5, Math.min(end, start + 4 + size));
  return framed === 'yes' ? 'framed' : framed;
}

function query_holds(bytes: Uint8Array, at: number, end: number): 'yes' | 'short' | 'none' {
  // The id, mostly of 36 characters: nothing that is not text.
  const length = u8(bytes, at);
  if (length > 128) return 'none';
  for (let i = at + 1; i < Math.min(end, at + 1 + length); i++) {
    if (u8(bytes, i) < 32 || u8(bytes, i) > 126) return 'none';
  }
  cursor.set(bytes, at, Math.min(end, at + QUERY_BYTES));
  const found = find_query(cursor);
  if (found === undefined) return cursor.short && length > 0 ? 'short' : 'none';
  // One that tells nothing of who asks has nothing to be known by.
  if (found.kind === 0) return 'none';
  return cursor.at < cursor.stop ? 'yes' : 'short';
}

function answer(bytes: Uint8Array, start: number, end: number, type: number): Guess {
  if (type === SERVER.exception && exception_holds(bytes, start + 1, end) === 'yes') {
    // "DB::Exception" and its like.
    for (let at = start + 6; at < Math.min(end - 1, start + 12); at++) {
      if (u8(bytes, at) === 58 && u8(bytes, at + 1) === 58) return { score: 3, says: 'response' };
    }
    return NO_GUESS;
  }
  if (type !== SERVER.data && type !== CLIENT.data && type !== SERVER.profile_events) return NO_GUESS;
  const says = type === CLIENT.data ? 'request' : 'response';
  if (BLOCK_BEGINS.every((byte, i) => start + 1 + i < end && u8(bytes, start + 1 + i) === byte)) {
    return { score: 3, says };
  }
  const packed =
    u8(bytes, start + 1) === 0 && end - start >= FRAME_HEADER_BYTES + 2 && frame_size(bytes, start + 2) > 0;
  return packed ? { score: 2, says } : NO_GUESS;
}
