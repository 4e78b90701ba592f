import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { CLIENT_PACKETS, SERVER_PACKETS } from './messages.ts';
import { protocol } from './parse.ts';
import { type_of } from './types.ts';

const connections = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const RECORDINGS = ['lz4', 'zstd', 'plain', 'driver', 'remote', 'traced', 'newest'];

function pairs(messages: readonly Message[]): [Message, Message][] {
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(responses).toHaveLength(requests.length);
  return requests.map((request, i) => [request, responses[i]!]);
}

const told = (name: string, n = 0, redact = true) =>
  pairs(play([protocol], connections(name)[n]!, { redact }).messages).map(
    ([request, response]) => `${brief(request)} -> ${brief(response)}`,
  );

const bytes_of = (...parts: (string | number | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'number'
          ? Buffer.from([part])
          : typeof part === 'string'
            ? Buffer.from(part, 'latin1')
            : Buffer.from(part),
      ),
    ),
  );

describe('clickhouse, recorded from real servers and clients', () => {
  it.each(['lz4', 'zstd', 'plain'])('%s: every query has its answer, packed or not', (name) => {
    const queries = told(name).filter((line) => line.startsWith('request | Query'));
    expect(queries).toContain('request | Query | SELECT * FROM shop.items; -> response | status 0 | 2 rows');
    expect(queries).toContain(
      'request | Query | SELECT number, toString(number) FROM numbers(?) LIMIT ? SETTINGS max_block_size = ?; -> response | status 0 | 2500 rows',
    );
    expect(queries).toContain(
      'request | Query | SELECT missing FROM shop.items; -> response | status 4 | UNKNOWN_IDENTIFIER',
    );
    expect(queries.at(-1)).toBe('request | Query | SELECT ?; -> response | status 0 | 1 rows');
    expect(queries).toHaveLength(13);
    const { counters } = play([protocol], connections(name)[0]!).conversation;
    // The state of an aggregate function cannot be walked: only what is not packed is lost there.
    expect(counters).toEqual({ boundary_lost: name === 'plain' ? 1 : 0, not_mine: 0, overflow: 0 });
  });

  it('inserted rows are counted, those read are told, and pings are rows', () => {
    const lines = told('driver');
    expect(lines).toContain('request | Query | INSERT INTO sums VALUES -> response | status 0 | 500 rows');
    expect(lines).toContain('request | Query | SELECT id FROM sums WHERE id IN ext -> response | status 0 | 2 rows');
    expect(lines).toContain('request | Ping -> response | status 0');
    const [, response] = pairs(play([protocol], connections('driver')[2]!).messages).at(-1)!;
    expect(response).toMatchObject({
      attribute_names: ['read_rows', 'read_bytes'],
      attribute_values: ['1000000', '8000000'],
    });
  });

  it('a hello is a row without its password; a wrong one fails', () => {
    const [hello, answer] = pairs(play([protocol], connections('lz4')[0]!).messages)[0]!;
    expect(hello).toMatchObject({
      request_type: 'Hello',
      version: '54412',
      attribute_values: ['ClickHouse client', 'app'],
    });
    expect(answer).toMatchObject({ response_status: STATUS.ok, response_result: '54412' });
    expect(told('lz4', 1)).toEqual(['request | Hello -> response | status 4 | WRONG_PASSWORD']);
  });

  it('trace context from a comment, and from what the client tells of itself', () => {
    const traced = { trace_id: '0af7651916cd43dd8448eb211c80319c' };
    expect(play([protocol], connections('lz4')[0]!).messages).toContainEqual(expect.objectContaining(traced));
    const asked = play([protocol], connections('traced')[0]!).messages.filter((m) => m.request_type === 'Query');
    expect(asked).toHaveLength(2);
    // This driver writes one number of 16 bytes where the documentation has two of 8: the halves change places.
    const swapped = { trace_id: '8448eb211c80319c0af7651916cd43dd', span_id: 'b7ad6b7169203331' };
    for (const message of asked) expect(message).toMatchObject(swapped);
    expect(told('traced').at(-1)).toBe(
      'request | Query | SELECT n FROM shop.numbers WHERE n = ? -> response | status 0 | 1 rows',
    );
  });

  it('the newest revision: state of tables, packed blocks, parameters, exceptions', () => {
    const all = connections('newest').flatMap((_, n) => told('newest', n));
    expect(all).toContain('request | TablesStatusRequest -> response | status 0');
    expect(all).toContain('request | Query | DESC TABLE shop.types -> response | status 0 | 8 rows');
    expect(all).toContain(
      'request | Query | SELECT `__table1`.`s` AS `s` FROM `shop`.`broken` AS `__table1` -> response | status 4 | UNKNOWN_TABLE',
    );
    const inserts = all.filter((line) => line.includes('INSERT INTO shop.types'));
    expect(inserts).toHaveLength(2);
    for (const line of inserts) expect(line).toContain('-> response | status 0');
    for (const pieces of connections('newest')) {
      expect(play([protocol], pieces).conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    }
  });

  it('texts of errors are told only when nothing is hidden', () => {
    const open = connections('newest').flatMap((_, n) => told('newest', n, false));
    expect(open.join('\n')).toContain("does not exist near 'secret'");
    for (const name of RECORDINGS) {
      for (const pieces of connections(name)) {
        expect(JSON.stringify(play([protocol], pieces).messages)).not.toMatch(/secret|apple|hidden/);
        const { messages } = play([protocol], pieces, { redact: false });
        expect(JSON.stringify(messages)).not.toMatch(/hidden-word/);
      }
    }
  });

  it.each(RECORDINGS)('%s gives the same however it is cut', (name) => {
    for (const pieces of connections(name)) {
      // Without what cannot be walked, whose loss depends on where events end.
      if (pieces.some(({ bytes }) => name === 'plain' && Buffer.from(bytes).includes('sumState'))) continue;
      const whole = play([protocol], pieces).messages.map(brief);
      for (const size of [1, 7, 500]) {
        const cut = pieces.flatMap(({ direction, bytes }) => {
          const step = bytes.length > 4000 ? 997 : size;
          const parts: PlayedPiece[] = [];
          for (let at = 0; at < bytes.length; at += step) parts.push({ direction, bytes: bytes.slice(at, at + step) });
          return parts;
        });
        expect(play([protocol], cut, {}, { hint: 'clickhouse' }).messages.map(brief)).toEqual(whole);
      }
    }
  });

  it('from the middle of a connection, the layout of the first query tells the revision', () => {
    for (const name of ['lz4', 'driver', 'newest']) {
      const pieces = connections(name)[0]!;
      const from = pieces.findIndex(({ direction, bytes }, i) => i > 2 && direction === TO_SERVER && bytes[0] === 1);
      const { messages } = play([protocol], pieces.slice(from), {}, { from_start: false });
      const whole = play([protocol], pieces).messages.map(brief);
      expect(messages.map(brief)).toEqual(whole.slice(-messages.length));
      expect(messages.length).toBeGreaterThan(3);
    }
  });

  it('and where an old server answers a newer client, the answers tell it', () => {
    // Progress stands last: were it longer, as of newer servers, it would wait for the end of the answer.
    const pieces = connections('driver')[2]!.slice();
    const at = pieces.findIndex(({ direction, bytes }) => direction === TO_CLIENT && bytes[0] === 6);
    const { bytes } = pieces[at]!;
    const progress = bytes.slice(-4);
    expect(progress[0]).toBe(3);
    pieces[at] = { direction: TO_CLIENT, bytes: bytes.slice(0, -4) };
    const end = pieces.findIndex((piece, i) => i > at && piece.bytes[0] === 5);
    pieces.splice(end, 0, { direction: TO_CLIENT, bytes: progress });
    const later = play([protocol], pieces.slice(2), {}, { from_start: false });
    const content = (messages: Message[]) =>
      messages.map((message) => [brief(message), message.length, message.attribute_values]);
    expect(content(later.messages)).toEqual(content(play([protocol], pieces).messages).slice(2));
    expect(later.conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });

  it('a block that was captured in part loses no query', () => {
    const pieces = connections('plain')[0]!.map((piece): PlayedPiece => {
      if (piece.bytes.length < 2000) return piece;
      return { direction: piece.direction, bytes: piece.bytes.slice(0, 300), true_length: piece.bytes.length };
    });
    const queries = pairs(play([protocol], pieces).messages).map(([a, b]) => `${brief(a)} -> ${brief(b)}`);
    const long = queries.filter((line) => line.includes('numbers(?) LIMIT'));
    expect(long[0]).toContain('status 0');
    expect(queries.find((line) => line.includes('SELECT missing'))).toContain('status 4');
    expect(queries.at(-1)).toBe('request | Query | SELECT ?; -> response | status 0 | 1 rows');
  });
});

describe('clickhouse, by the specification', () => {
  const newest = () => connections('newest')[0]!;
  const [hello, welcome] = [newest()[0]!, newest()[1]!];
  const addendum = bytes_of(0, 10, 'notchunked', 10, 'notchunked', 8);
  const query_bytes = () => {
    const { bytes } = newest().find(({ bytes: b }) => Buffer.from(b).includes('DESC TABLE'))!;
    const found = play([protocol], newest()).messages.find((m) => m.request_resource === 'DESC TABLE shop.types')!;
    return bytes.slice(0, found.length!);
  };
  const ask = (...parts: (string | number | Uint8Array)[]): PlayedPiece => ({
    direction: TO_SERVER,
    bytes: bytes_of(...parts),
  });
  const say = (...parts: (string | number | Uint8Array)[]): PlayedPiece => ({
    direction: TO_CLIENT,
    bytes: bytes_of(...parts),
  });
  const opening = [hello, welcome, ask(addendum)];
  /** The query without packing: its flag stands before the statement's length. */
  const plain_query = () => {
    const bytes = query_bytes();
    bytes[Buffer.from(bytes).indexOf('\x15DESC', 0, 'latin1') - 1] = 0;
    return bytes;
  };
  const lines = (pieces: readonly PlayedPiece[]) => play([protocol], pieces).messages.map(brief).slice(2);

  it('names every packet of both directions', () => {
    expect(CLIENT_PACKETS).toHaveLength(15);
    expect(SERVER_PACKETS).toHaveLength(20);
  });

  // "Byte-level examples" of the documentation, with the third field of revision 54480 and a name in front.
  const info = bytes_of(1, 0, 2, 255, 255, 255, 255, 3, 0, 0);
  const column = (type: string, data: Uint8Array, rows: number) =>
    bytes_of(1, 0, info, 1, rows, 1, 'c', type.length, type, 0, data);
  const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
  const PRINTED: [string, number, string][] = [
    ['UInt32', 3, '01000000 00010000 00000100'],
    ['Bool', 3, '010001'],
    ["DateTime64(3, 'UTC')", 1, '83511A0D8D010000'],
    ['UUID', 1, 'D4419BE200840E55 00004455664416A7'],
    ["Enum8('active' = 1, 'inactive' = 2)", 3, '010201'],
    ['Decimal(38, 4)', 1, '87D61200000000000000000000000000'],
    ['Nullable(Nothing)', 3, '010101 303030'],
    ['String', 3, '026162 00 0163'],
    ['FixedString(3)', 2, '616263 646500'],
    ['Nullable(String)', 3, '000100 0568656c6c6f 00 05776f726c64'],
    ['Array(String)', 2, '0200000000000000 0200000000000000 0161 026262'],
    ['Tuple(UInt32, String)', 2, '0A000000 14000000 0161 026262'],
    ['Map(String, UInt32)', 1, '0200000000000000 0161 0162 01000000 02000000'],
    ['Nested(a UInt8, b String)', 2, '0200000000000000 0300000000000000 0A141E 0178 0179 017A'],
    [
      'LowCardinality(String)',
      5,
      '0100000000000000 0006000000000000 0400000000000000 00 0161 0162 0163 0500000000000000 0102010302',
    ],
    ['JSON', 1, '0100000000000000 077B2261223A317D'],
    ['Variant(String, UInt64)', 3, '0000000000000000 0100FF 026869 2A00000000000000'],
    ['Point', 1, '000000000000F03F 0000000000000040'],
    ['SimpleAggregateFunction(sum, UInt64)', 1, '0100000000000000'],
    ['IntervalDay', 1, '0500000000000000'],
  ];
  it.each(PRINTED)('walks %s as printed', (type, rows, data) => {
    const answer = [say(column(type, hex(data), rows)), say(5)];
    const whole = lines([...opening, ask(plain_query()), ...answer]);
    expect(whole).toEqual(['request | Query | DESC TABLE shop.types', `response | status 0 | ${rows} rows`]);
    // Together, and byte by byte.
    const joined = bytes_of(answer[0]!.bytes, answer[1]!.bytes);
    expect(lines([...opening, ask(plain_query()), say(joined)])).toEqual(whole);
    expect(lines([...opening, ask(plain_query()), ...Array.from(joined, (byte) => say(byte))])).toEqual(whole);
  });

  it('walks columns that are sparse, or written as a dictionary', () => {
    // Two gaps of one and two rows, then none: values 7 and 9 among 5 rows; the last number has bit 62 set.
    const sparse = bytes_of(1, 0, info, 1, 5, 1, 'c', 5, 'UInt8', 1, 1, 1, 2, hex('80808080808080 80 40'), 7, 9);
    const replicated = bytes_of(1, 0, info, 1, 3, 1, 'c', 6, 'String', 1, 4, 3, 1, 0, 1, 0, 2, 1, 'a', 1, 'b');
    for (const [block, rows] of [
      [sparse, 5],
      [replicated, 3],
    ] as const) {
      expect(lines([...opening, ask(plain_query()), say(block, 5)])[1]).toBe(`response | status 0 | ${rows} rows`);
    }
  });

  it('from revision 54492 on texts stand behind their offsets', () => {
    const revise = (piece: PlayedPiece, at: number): PlayedPiece => {
      const bytes = piece.bytes.slice();
      bytes.set([0xdc, 0xa9, 0x03], at);
      return { direction: piece.direction, bytes };
    };
    const own = [revise(hello, 8), revise(welcome, 14), ask(addendum)];
    // "ab", "c" and "" as in the test of the server's writer.
    const offsets = hex('0200000000000000 0300000000000000 0300000000000000 616263');
    expect(lines([...own, ask(plain_query()), say(column('String', offsets, 3), 5)])[1]).toBe(
      'response | status 0 | 3 rows',
    );
  });

  it('chunked framing, pieces cut anywhere', () => {
    const framed = (packet: Uint8Array, ...sizes: number[]): Uint8Array => {
      const out: (number | Uint8Array)[] = [];
      let at = 0;
      for (const size of [...sizes, packet.length]) {
        const part = packet.slice(at, at + size);
        at += size;
        if (part.length > 0) out.push(part.length & 255, part.length >> 8, 0, 0, part);
      }
      return bytes_of(...out, 0, 0, 0, 0);
    };
    const agreed = bytes_of(0, 7, 'chunked', 7, 'chunked', 8);
    const end = bytes_of(2, 0, info, 0, 0);
    const state = bytes_of('AggregateFunction(sum, UInt64)');
    const opaque = bytes_of(1, 0, info, 1, 1, 1, 'c', state.length, state, 0, 1, 2, 3);
    const talk = [
      ask(framed(plain_query(), 1, 5, 300), framed(end)),
      say(framed(opaque, 3)),
      say(framed(bytes_of(3, 1, 1, 1, 0, 0, 0, 9)), framed(bytes_of(5))),
      ask(framed(bytes_of(4))),
      say(framed(bytes_of(4))),
    ];
    const start = [hello, welcome, ask(agreed)];
    const want = [
      'request | Query | DESC TABLE shop.types',
      'response | status 0',
      'request | Ping',
      'response | status 0',
    ];
    expect(lines([...start, ...talk])).toEqual(want);
    const bytewise = talk.flatMap(({ direction, bytes }) =>
      Array.from(bytes, (b) => ({ direction, bytes: bytes_of(b) })),
    );
    expect(lines([...start, ...bytewise])).toEqual(want);
  });

  it('a cancel is a row of its own, key login stays within its hello', () => {
    expect(lines([...opening, ask(plain_query()), ask(3), say(5)])).toEqual([
      'request | Query | DESC TABLE shop.types',
      'session | Cancel',
      'response | status 0',
    ]);
    const key = bytes_of(0, 4, 'chDB', 26, 7, 0xd8, 0xa9, 3, 0, 28, ' SSH KEY AUTHENTICATION root', 0);
    const steps = [ask(key), ask(11), say(18, 4, 'wxyz'), ask(12, 9, 'signature'), welcome];
    expect(play([protocol], steps).messages.map(brief)).toEqual(['request | Hello', 'response | status 0']);
  });

  it('what was not answered is unknown, and the next answer is right', () => {
    const [first, second] = [ask(plain_query()), ask(plain_query())];
    const told_late = lines([...opening, first, second, say(column('UInt8', bytes_of(1), 1), 5)]);
    expect(told_late.slice(2)).toEqual(['response | status 5', 'response | status 0 | 1 rows']);
  });

  it('parameters are told, their values only when nothing is hidden', () => {
    const packet = plain_query();
    const named = bytes_of(packet.slice(0, -1), 1, 'x', 2, 8, "'secret'", 0);
    const values = (redact: boolean) => play([protocol], [...opening, ask(named)], { redact }).messages.at(-1)!;
    expect(values(true)).toMatchObject({
      attribute_names: ['query_id', 'param_x'],
      attribute_values: [expect.anything(), '?'],
    });
    expect(values(false).attribute_values![1]).toBe("'secret'");
  });

  it('takes types apart at any depth', () => {
    expect(type_of("Tuple(`a b` Enum8('x, (y' = 1), c Array(Tuple(Float64, DateTime('UTC'))))")).toMatchObject({
      kind: 'tuple',
      inner: [{ size: 1 }, { kind: 'array', inner: [{ kind: 'tuple', inner: [{ size: 8 }, { size: 4 }] }] }],
    });
    expect(type_of('AggregateFunction(sum, UInt64)').kind).toBe('opaque');
    expect(type_of('Nothing like it').kind).toBe('opaque');
    expect(type_of('('.repeat(100)).kind).toBe('opaque');
  });
});
