// Operations of the wire protocol (MongoDB manual, "MongoDB Wire Protocol") and what each becomes.
// A message: length (itself included), request id, id of the request it answers, operation; 4 bytes each, little endian.
import { index_of, u8, u32le } from '../bytes.ts';
import { holds_document } from './bson.ts';

export const HEADER_BYTES = 16;
/** The server's limit: MaxMessageSizeBytes. */
const MESSAGE_BYTES_MAX = 48_000_000;
/** Names of collections are at most 255 bytes long. */
const NAME_BYTES_MAX = 256;

export const OP = {
  reply: 1,
  update: 2001,
  insert: 2002,
  query: 2004,
  get_more: 2005,
  delete: 2006,
  kill_cursors: 2007,
  compressed: 2012,
  msg: 2013,
} as const;

export interface Operation {
  readonly name: string;
  readonly smallest: number;
  /** 'either': the server's when it answers a request. */
  readonly from: 'client' | 'server' | 'either';
  /** Never answered. OP_MSG says so by a flag. */
  readonly one_way: boolean;
  /** What an operation of the old kinds does, as a command would be called. */
  readonly command?: string;
}

/** OP_COMMAND and OP_COMMANDREPLY (2010, 2011: within old clusters), DB_MSG (1000) and 2003 are ignored on purpose. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [OP.reply, { name: 'OP_REPLY', smallest: 36, from: 'server', one_way: false }],
  [OP.update, { name: 'OP_UPDATE', smallest: 36, from: 'client', one_way: true, command: 'update' }],
  [OP.insert, { name: 'OP_INSERT', smallest: 26, from: 'client', one_way: true, command: 'insert' }],
  [OP.query, { name: 'OP_QUERY', smallest: 34, from: 'client', one_way: false, command: 'query' }],
  [OP.get_more, { name: 'OP_GET_MORE', smallest: 33, from: 'client', one_way: false, command: 'getMore' }],
  [OP.delete, { name: 'OP_DELETE', smallest: 30, from: 'client', one_way: true, command: 'delete' }],
  [OP.kill_cursors, { name: 'OP_KILL_CURSORS', smallest: 24, from: 'client', one_way: true, command: 'killCursors' }],
  [OP.compressed, { name: 'OP_COMPRESSED', smallest: 25, from: 'either', one_way: false }],
  [OP.msg, { name: 'OP_MSG', smallest: 26, from: 'either', one_way: false }],
]);

/** Flags of OP_MSG. Of the lower 16 bits a receiver must know all that are set; these two exist. */
export const FLAG = { checksum: 1, more_to_come: 2 } as const;
const FLAGS_UNKNOWN = 0xfffc;
const CHECKSUM_BYTES = 4;

/** Whether the 16 bytes at `at` may be a header. */
export function header_holds(bytes: Uint8Array, at: number): boolean {
  const length = u32le(bytes, at);
  const operation = OPERATIONS.get(u32le(bytes, at + 12));
  if (operation === undefined || length < operation.smallest || length > MESSAGE_BYTES_MAX) return false;
  const answers = u32le(bytes, at + 8) !== 0;
  return operation.from !== 'client' || !answers;
}

export interface Section {
  kind: 0 | 1;
  /** Name of a sequence of documents; '' for the body. */
  name_start: number;
  name_end: number;
  /** First document. */
  start: number;
  end: number;
}

/**
 * Sections of an OP_MSG whose flags stand at `at` and whose last byte is before `total`; only bytes before `stop` are
 * known. Undefined: no OP_MSG.
 */
export function sections(bytes: Uint8Array, at: number, stop: number, total: number): Section[] | undefined {
  const flags = u32le(bytes, at);
  if ((flags & FLAGS_UNKNOWN) !== 0) return undefined;
  const content_end = (flags & FLAG.checksum) === 0 ? total : total - CHECKSUM_BYTES;
  const found: Section[] = [];
  let from = at + 4;
  while (from < content_end && from + 5 <= stop) {
    const kind = u8(bytes, from);
    const size = u32le(bytes, from + 1);
    const end = from + 1 + size;
    if (kind > 1 || size < 5 || end > content_end) return undefined;
    if (kind === 0) {
      if (!holds_document(bytes, from + 1, Math.min(end, stop), size)) return undefined;
      found.push({ kind: 0, name_start: 0, name_end: 0, start: from + 1, end });
    } else {
      const name_end = index_of(bytes, 0, from + 5, Math.min(end, stop, from + 5 + NAME_BYTES_MAX));
      if (name_end < 0 && Math.min(end, stop) - from > NAME_BYTES_MAX) return undefined;
      if (name_end >= 0) found.push({ kind: 1, name_start: from + 5, name_end, start: name_end + 1, end });
    }
    from = end;
  }
  return found;
}

/** End of the full name of a collection ("database.collection") that begins at `at`; -1 when there is none. */
export function name_end(bytes: Uint8Array, at: number, stop: number): number {
  const end = index_of(bytes, 0, at, Math.min(stop, at + NAME_BYTES_MAX));
  if (end < at + 3) return -1;
  for (let i = at; i < end; i++) if (u8(bytes, i) < 32) return -1;
  const dot = index_of(bytes, 46, at, end);
  return dot > at && dot < end - 1 ? end : -1;
}
