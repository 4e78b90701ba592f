// Query attributes, which may stand before a statement's text.
import type { Cursor } from './packet.ts';
import { read_value } from './values.ts';

const ATTRIBUTES_MAX = 64;

/**
 * Where the statement begins in a COM_QUERY's payload. A client with CLIENT_QUERY_ATTRIBUTES puts before it: count, number of
 * sets (1), and with a count: null bitmap, flag, types with names, values. `agreed` undefined = capabilities not seen.
 */
export function statement_start(cursor: Cursor, agreed: boolean | undefined): number {
  const { at, bytes } = cursor;
  // No statement begins with a byte below 9, and the second number is always 1.
  const looks = (bytes[at] ?? 255) < 9 && bytes[at + 1] === 1;
  if (agreed === false || !looks) return at;
  const count = cursor.lenenc();
  cursor.lenenc();
  if (count === 0) return cursor.at;
  if (count > ATTRIBUTES_MAX) return at;
  const nulls = cursor.skip((count + 7) >> 3);
  if (cursor.u8() !== 1) return at;
  const types: number[] = [];
  for (let i = 0; i < count; i++) {
    types.push(cursor.u16());
    cursor.skip(cursor.lenenc());
  }
  for (let i = 0; i < count; i++) {
    if (((bytes[nulls + (i >> 3)]! >> (i & 7)) & 1) === 0) read_value(cursor, types[i]!, true, 0);
  }
  return cursor.cut ? at : cursor.at;
}
