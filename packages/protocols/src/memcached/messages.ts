// Commands of the text protocol (memcached, doc/protocol.txt) and what each becomes.
import { CR, index_of, LF, u8 } from '../bytes.ts';
import type { Stream } from '../stream.ts';

export type Kind =
  /** key, flags, expiry, length, data: one row. */
  | 'storage'
  /** Keys; answered by VALUE blocks and END: one row. */
  | 'retrieval'
  /** One line, answered by one line unless its last word is "noreply": one row. */
  | 'line'
  /** Answered by lines up to END, or by one line: one row. */
  | 'lines'
  /** Two letters, a key, flags: one row. */
  | 'meta'
  /** As 'meta', then a length and data. */
  | 'meta_storage'
  /** Never answered: one-way. */
  | 'silent'
  /** What follows its answer is a log: ignored on purpose. */
  | 'watch';

export const COMMANDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...['set', 'add', 'replace', 'append', 'prepend', 'cas'].map((name) => [name, 'storage'] as const),
  ...['get', 'gets', 'gat', 'gats'].map((name) => [name, 'retrieval'] as const),
  ...['delete', 'incr', 'decr', 'touch', 'flush_all', 'verbosity', 'cache_memlimit', 'version', 'slabs', 'lru'].map(
    (name) => [name, 'line'] as const,
  ),
  ...['stats', 'lru_crawler', 'extstore', 'refresh_certs'].map((name) => [name, 'lines'] as const),
  ...['mg', 'md', 'ma', 'mn', 'me'].map((name) => [name, 'meta'] as const),
  ['ms', 'meta_storage'],
  ['quit', 'silent'],
  ['shutdown', 'silent'],
  ['watch', 'watch'],
]);

/** First words of answers. A number answers incr and decr. */
export const ANSWERS: ReadonlySet<string> = new Set([
  ...[
    'STORED',
    'NOT_STORED',
    'EXISTS',
    'NOT_FOUND',
    'DELETED',
    'TOUCHED',
    'OK',
    'RESET',
    'VERSION',
    'BUSY',
    'BADCLASS',
  ],
  ...['NOSPARE', 'NOTFULL', 'UNSAFE', 'SAME', 'ERROR', 'CLIENT_ERROR', 'SERVER_ERROR', 'VALUE', 'END', 'STAT', 'ITEM'],
  // Meta commands; "ME" also begins the answer to "me", whose "key=value" pairs stand on the same line.
  ...['HD', 'VA', 'EN', 'NF', 'NS', 'EX', 'MN', 'ME'],
]);

/** Keys are at most 250 bytes (KEY_MAX_LENGTH); encoded ones, and many in a row, are longer. */
export const LINE_BYTES_MAX = 65_536;
/** An item can be made this large at most (-I 1g). */
export const DATA_BYTES_MAX = 1_073_741_824;
/** Data up to this is waited for, so that its end can be checked; longer data is passed over. */
const WHOLE_BYTES_MAX = 4096;

/** The text line that begins at the stream's position: index of its LF, or why there is none. */
export function line_end(stream: Stream): number | 'more' | 'lost' | 'damaged' {
  const at = index_of(stream.bytes, LF, stream.pos, Math.min(stream.end, stream.pos + LINE_BYTES_MAX));
  if (at >= 0) return at;
  if (stream.end - stream.pos >= LINE_BYTES_MAX) return 'damaged';
  return stream.hole > 0 ? 'lost' : 'more';
}

/** End of a line's text, before CR LF or a bare LF; -1 when it holds control characters. */
export function text_end(bytes: Uint8Array, start: number, lf: number): number {
  const stop = lf > start && u8(bytes, lf - 1) === CR ? lf - 1 : lf;
  for (let at = start; at < stop; at++) if (u8(bytes, at) < 32 || u8(bytes, at) === 127) return -1;
  return stop;
}

/** Whether `length` bytes of data and a line end may stand at `at`. 'more': it is worth waiting for the end. */
export function data_holds(stream: Stream, at: number, length: number): 'yes' | 'no' | 'more' {
  const { bytes, end, hole } = stream;
  if (at + length + 2 <= end) return u8(bytes, at + length) === CR && u8(bytes, at + length + 1) === LF ? 'yes' : 'no';
  return length <= WHOLE_BYTES_MAX && hole === 0 ? 'more' : 'yes';
}
