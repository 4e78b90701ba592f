import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';
import { unpack_snappy } from '../packing/snappy.ts';

// Recorded with the official driver; its documents and compression, and the server's, are made by public libraries.
const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const commands = (name: string) => capture(name).find((pieces) => pieces.length > 10)!;
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex')),
});

/** Requests by id with their responses. */
function pairs(messages: readonly Message[]): string[] {
  const out: string[] = [];
  for (const request of messages) {
    if (request.type === MESSAGE_TYPE.response) continue;
    const response = messages.find((m) => m.type === MESSAGE_TYPE.response && m.request_id === request.request_id);
    const code = response?.response_code ? ` ${response.response_code}` : '';
    const rows = response?.sql_affected_rows === undefined ? '' : ` ${response.sql_affected_rows} rows`;
    out.push(`${request.request_domain} ${request.endpoint}: ${response?.response_status}${code}${rows}`);
  }
  return out;
}

const EXPECTED = [
  'admin ismaster: 0',
  'shop insert users: 0 2 rows',
  'shop insert users: 4 11000',
  'shop find users: 0',
  'shop find users: 0',
  'shop getMore users: 0',
  'shop update users: 0 1 rows',
  'shop delete users: 0 3 rows',
  'shop aggregate users: 3 50',
  'shop nosuch: 4 59',
  'admin saslStart: 0',
  'admin createUser me: 0',
  'shop insert users: 0 1 rows',
  'shop insert users: undefined',
  'shop aggregate users: 3 50',
  'shop count users: 0',
];

describe('mongodb, recorded from the driver', () => {
  it.each(['plain', 'zlib', 'snappy'])('%s: what was asked, and how it ended', (name) => {
    const { messages, conversation } = play([protocol], commands(name));
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const told = pairs(messages);
    // The database of the long insert stands behind what is looked at, unless compression made it short.
    if (name === 'plain') told[12] = told[12]!.replace('undefined', 'shop');
    expect(told).toEqual(EXPECTED);
    const one_way = messages.filter((m) => m.one_way);
    expect(one_way.map((m) => m.endpoint)).toEqual(['insert users']);
    expect(messages.find((m) => m.endpoint === 'find users')).toMatchObject({
      request_type: 'OP_MSG',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
  });

  it('trace context in a comment that is a document, or nothing but a traceparent', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const int32 = (n: number) => [n & 255, n >> 8, 0, 0];
    const text = (name: string, value: string) => [
      ...[2, ...Buffer.from(`${name}\0`), ...int32(value.length + 1)],
      ...Buffer.from(`${value}\0`),
    ];
    const document = (elements: number[]) => [...int32(elements.length + 5), ...elements, 0];
    const nested = [3, ...Buffer.from('comment\0'), ...document(text('traceparent', parent))];
    for (const comment of [nested, text('comment', parent), text('comment', `app=x,traceparent='${parent}'`)]) {
      const body = document([...text('find', 'users'), ...comment, ...text('$db', 'shop')]);
      const bytes = [...int32(16 + 5 + body.length), ...int32(1), ...int32(0), ...int32(2013), ...int32(0), 0, ...body];
      const { messages } = play([protocol], [{ direction: 0, bytes: Uint8Array.from(bytes) }]);
      expect(messages[0]).toMatchObject({
        endpoint: 'find users',
        trace_id: '0af7651916cd43dd8448eb211c80319c',
        span_id: 'b7ad6b7169203331',
      });
    }
  });

  it('shows structure, not values; secrets of logins never', () => {
    const hidden = JSON.stringify(play([protocol], commands('plain')).messages);
    expect(hidden).not.toContain('secret value');
    const { messages } = play([protocol], commands('plain'), { redact: false });
    const insert = messages.find((m) => m.endpoint === 'insert users')?.request_resource;
    expect(insert).toContain('"documents":[{"name":"secret value","age":3,"_id":ObjectId(');
    expect(JSON.stringify(messages)).not.toMatch(/hidden-word|aGlkZGVuLXdvcmQ|Binary/);
    const login = messages.find((m) => m.endpoint === 'saslStart')!;
    expect(login.request_resource).toBe('{"saslStart":1,"mechanism":"PLAIN","payload":?,"$db":"admin"}');
  });

  it('reads a message of which only the beginning was captured', () => {
    const cut = commands('plain').map(({ direction, bytes }) => ({
      direction,
      bytes: bytes.subarray(0, 200),
      true_length: bytes.length,
    }));
    const { messages, conversation } = play([protocol], cut);
    expect(conversation.counters.boundary_lost).toBe(0);
    expect(messages).toHaveLength(play([protocol], commands('plain')).messages.length);
    const find = messages.findIndex((m) => m.endpoint === 'find users');
    expect(messages[find + 1]).toMatchObject({ response_status: STATUS.ok, length: expect.any(Number) });
  });

  it('finds its place in the middle of a connection', () => {
    const { messages } = play([protocol], commands('plain').slice(6), {}, { from_start: false });
    expect(messages[0]?.endpoint).toBe('find users');
  });
});

describe('mongodb, by the specification', () => {
  // { ok: 1.0 } after flags 2 (another answer follows), then another that answers the first answer.
  const ok = '00 11000000 016f6b00 000000000000f03f 00';
  const hello = '25000000 07000000 00000000 dd070000 00000100 00 10000000 1068656c6c6f00 01000000 00';

  it('tells further answers of one request as interim', () => {
    const ask = hex(TO_SERVER, hello);
    const first = hex(TO_CLIENT, `26000000 09000000 07000000 dd070000 02000000 ${ok}`);
    const second = hex(TO_CLIENT, `26000000 0a000000 09000000 dd070000 00000000 ${ok}`);
    const { messages } = play([protocol], [ask, first, second]);
    expect(messages.map(brief).map((line) => line.split(' | ')[0])).toEqual([
      'request',
      'response',
      'interim response',
    ]);
  });

  it('claims only what is surely a message', () => {
    const bytes = hex(TO_CLIENT, `26000000 09000000 07000000 dd070000 02000000 ${ok}`).bytes;
    expect(infer(bytes, 0, bytes.length)).toEqual({ score: 3, says: 'response' });
    for (let at = 12; at < 26; at++) {
      // Of the flags, the upper half may be anything.
      if (at === 18 || at === 19) continue;
      const wrong = bytes.slice();
      wrong[at] = wrong[at]! ^ 0x40;
      expect(infer(wrong, 0, wrong.length).score, `byte ${at}`).toBe(0);
    }
  });

  it('unpacks the elements of Snappy', () => {
    // "Wikipedia" + a copy that overlaps itself, then one of four bytes' offset.
    const packed = new Uint8Array([13, 0x08, 97, 98, 99, 0x15, 3, 0x03, 1, 0, 0, 0]);
    expect(Buffer.from(unpack_snappy(packed, 0, packed.length, 100)!).toString()).toBe('abcabcabcabcc'.slice(0, 13));
    expect(unpack_snappy(new Uint8Array([5, 0x15, 3]), 0, 3, 100)).toBeUndefined();
  });
});
