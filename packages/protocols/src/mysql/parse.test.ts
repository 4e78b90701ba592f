import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;

function bytes(...parts: (number | string)[]): number[] {
  return parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part, 'latin1')]));
}

function packet(sequence: number, ...parts: (number | string)[]): number[] {
  const payload = bytes(...parts);
  return [payload.length & 255, (payload.length >> 8) & 255, payload.length >> 16, sequence, ...payload];
}

const ask = (...packets: number[][]): PlayedPiece => ({ direction: TO_SERVER, bytes: Uint8Array.from(packets.flat()) });
const say = (...packets: number[][]): PlayedPiece => ({ direction: TO_CLIENT, bytes: Uint8Array.from(packets.flat()) });
const query = (text: string) => ask(packet(0, 3, text));
const OK = packet(1, 0, 0, 0, 2, 0, 0, 0);
const DEFINITION = ['\x03def', 0, 0, 0, '\x01a', 0, 0x0c, 0x3f, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0] as const;
const END = [0xfe, 0, 0, 2, 0] as const;
const lines = (pieces: readonly PlayedPiece[], redact = true): string[] =>
  play([protocol], pieces, { redact }).messages.map(brief);

function pairs(messages: readonly Message[]): [Message, Message][] {
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(responses).toHaveLength(requests.length);
  return requests.map((request, i) => [request, responses[i]!]);
}

describe('mysql, recorded from a real server', () => {
  const { messages, conversation } = play([protocol], capture('commands'));
  const found = pairs(messages);
  const response_to = (text: string): Message => found.find(([request]) => request.request_resource === text)![1];

  it('every command has its answer', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(brief(found[0]![0])).toBe('request | COM_CONNECT | Login username: app db: shop');
    expect(response_to('INSERT INTO items (name, price) VALUES (?, ?), (?, ?), (?, ?)').sql_affected_rows).toBe(3);
    expect(response_to('LOAD DATA LOCAL INFILE ? INTO TABLE items (name)').sql_affected_rows).toBe(2);
    expect(response_to('SELECT * FROM items')).toMatchObject({ response_status: STATUS.ok, length: 266 });
  });

  it('several statements are one row with the outcome of the last', () => {
    expect(
      response_to('UPDATE items SET price = price + ? WHERE name = ?; SELECT ?; SELECT nothing FROM nowhere'),
    ).toMatchObject({
      response_status: STATUS.server_error,
      response_code: 1146,
      response_exception: "Table 'shop.nowhere' doesn't exist",
    });
  });

  it('an execution shows its values, its statement, and the id that the preparation got', () => {
    const open = pairs(play([protocol], capture('commands'), { redact: false }).messages);
    const executed = open
      .filter(([request]) => request.request_type === 'COM_STMT_EXECUTE')
      .map(([request]) => request);
    expect(executed.map((m) => m.request_resource)).toEqual([
      'Double(1), VarString(secret name)',
      'Double(2), NULL',
      'VarString(plum), Double(-0.25), Datetime(2026-02-03 04:05:06.000000)',
      '',
    ]);
    expect(executed[0]).toMatchObject({
      endpoint: 'SELECT items',
      attribute_names: ['db.statement'],
      attribute_values: ['SELECT * FROM items WHERE id > ? AND name <> ?'],
    });
    const [, prepared] = open.find(([request]) => request.request_type === 'COM_STMT_PREPARE')!;
    expect(prepared.request_id).toBe(executed[0]!.request_id);
  });

  it('stores no value and no login secret', () => {
    expect(JSON.stringify(messages)).not.toMatch(/secret|plum|from a file/);
    expect(found.map(([request]) => request.request_resource)).toContain('Double(?), VarString(?)');
    const [, refused] = pairs(play([protocol], capture('refused')).messages)[0]!;
    expect(refused).toMatchObject({ response_code: 1045, response_status: STATUS.server_error });
  });

  it('reads the trace from a comment', () => {
    const deleted = messages.find((m) => m.endpoint === 'DELETE items');
    expect(deleted).toMatchObject({ trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' });
  });

  it('commands without an answer are rows of their own', () => {
    const one_way = messages.filter((m) => m.type === MESSAGE_TYPE.session);
    expect(one_way.length).toBeGreaterThan(0);
    expect(one_way.every((m) => m.one_way && m.request_type === 'COM_STMT_CLOSE')).toBe(true);
  });

  it.each(['commands', 'refused', 'compressed'])('%s gives the same however it is cut', (name) => {
    const whole = lines(capture(name));
    for (const size of [1, 5, 333]) {
      const small = capture(name).flatMap(({ direction, bytes: all }) => {
        const step = all.length > 4000 ? 997 : size;
        const pieces: PlayedPiece[] = [];
        for (let at = 0; at < all.length; at += step) pieces.push({ direction, bytes: all.slice(at, at + step) });
        return pieces;
      });
      const { messages } = play([protocol], small, {}, { hint: 'mysql' });
      expect(messages.map(brief)).toEqual(whole);
    }
  });

  it('reads compressed packets', () => {
    const told = pairs(play([protocol], capture('compressed')).messages).map(([request, response]) => [
      request.request_type,
      response.response_status,
    ]);
    expect(told).toEqual([
      ['COM_CONNECT', STATUS.ok],
      ['COM_QUERY', STATUS.ok],
      ['COM_QUERY', STATUS.ok],
      ['COM_STMT_PREPARE', STATUS.ok],
      ['COM_STMT_EXECUTE', STATUS.ok],
      ['COM_QUERY', STATUS.server_error],
    ]);
  });
});

it('mysql: frames are read from the first on, whatever the login left behind', () => {
  const [greeting, login, accepted, ask_1, answer_1] = capture('compressed') as PlayedPiece[];
  const rest = [0x0c, 0x3f, 0, 0x0b, ...bytes('\x03def'.repeat(20))];
  const odd = say([...accepted!.bytes.subarray(0, 5), 0, 0, ...rest]);
  const told = lines([greeting!, login!, odd, ask_1!, answer_1!, ask_1!, answer_1!]).slice(2);
  const call = ['request | COM_QUERY | SELECT ?', 'response | status 0'];
  expect(told).toEqual([...call, ...call]);
});

it('mysql: a frame whose length was damaged does not hide those behind it', () => {
  const [greeting, login, accepted, ask_1, answer_1] = capture('compressed') as PlayedPiece[];
  const damaged = { ...say([0xa3, 0x9c, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1]), true_length: 83 };
  const foreign = say(bytes('no frame at all'));
  const told = lines([greeting!, login!, accepted!, ask_1!, foreign, damaged, ask_1!, answer_1!, ask_1!, answer_1!]);
  const call = ['request | COM_QUERY | SELECT ?', 'response | status 0'];
  expect(told.slice(-4)).toEqual([...call, ...call]);
});

describe('mysql, by the specification', () => {
  it('result sets end with or without old markers', () => {
    const old = say(packet(1, 1), packet(2, ...DEFINITION), packet(3, ...END), packet(4, '\x011'), packet(5, ...END));
    const now = say(packet(1, 1), packet(2, ...DEFINITION), packet(3, '\x011'), packet(4, 0xfe, 0, 0, 2, 0, 0, 0));
    const none = say(packet(1, 1), packet(2, ...DEFINITION), packet(3, 0xfe, 0, 0, 2, 0, 0, 0));
    const told = lines([old, now, none].flatMap((answer) => [query('SELECT a FROM t'), answer]));
    expect(told).toEqual(Array(3).fill(['request | COM_QUERY | SELECT a FROM t', 'response | status 0']).flat());
  });

  it('an error after some rows is the outcome', () => {
    const error = packet(3, 0xff, 0x25, 0x05, '#70100Query execution was interrupted');
    expect(lines([query('SELECT 1'), say(packet(1, 1), packet(2, ...DEFINITION), error)])[1]).toBe(
      'response | status 3 | Query execution was interrupted',
    );
  });

  it('codes 2000 to 2999 are client errors', () => {
    expect(lines([query('SELECT 1'), say(packet(1, 0xff, 0xd7, 0x07, '#HY000Malformed'))])[1]).toBe(
      'response | status 4 | Malformed',
    );
  });

  it('a packet that is not captured to its end does not lose the next', () => {
    const big = packet(2, ...DEFINITION, 'x'.repeat(500));
    const head = say(packet(1, 1), big);
    const cut = { ...head, bytes: head.bytes.slice(0, 60), true_length: head.bytes.length };
    const { messages, conversation } = play(
      [protocol],
      [query('SELECT 1'), cut, say(packet(3, 0xfe, 0, 0, 2, 0, 0, 0)), query('SELECT 2'), say(OK)],
    );
    expect(messages.map((m) => m.response_status)).toEqual([undefined, STATUS.ok, undefined, STATUS.ok]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('what came before a command is no answer to it', () => {
    const begun = say(packet(1, 1), packet(2, ...DEFINITION), [0x2d, 0x6d, 0x65]);
    const foreign = say([1, 0, 0, 1, 1, 0x29, 0, 0, 9, ...bytes('def'.repeat(20))]);
    const pieces = [
      query('SELECT a FROM t'),
      begun,
      query('SELECT b FROM t'),
      foreign,
      query('DELETE FROM t'),
      say(OK),
    ];
    const { messages } = play([protocol], pieces);
    const asked = messages.findIndex((m) => m.request_resource === 'SELECT b FROM t');
    const moments = messages.slice(asked).map((m) => m.begin_ns);
    // Of what was under way before it, one answer ended; none began there.
    expect(moments.filter((begin_ns) => begin_ns! < messages[asked]!.begin_ns!)).toEqual([2000]);
    expect(messages.slice(-2).map(brief)).toEqual([
      'request | COM_QUERY | DELETE FROM t',
      'response | status 0 | 0 rows',
    ]);
  });

  it('an answer whose end was not captured is ok as far as seen, and the next is right', () => {
    const head = say(packet(1, 1), packet(2, ...DEFINITION), packet(3, 'row'), packet(4, 'row'));
    const cut = { ...head, bytes: head.bytes.slice(0, 40), true_length: head.bytes.length + 5000 };
    const told = lines([
      query('SELECT a FROM t'),
      cut,
      say(packet(9, 'tail'), packet(10, ...END)),
      query('DELETE FROM t'),
      say(OK),
    ]);
    expect(told).toEqual([
      'request | COM_QUERY | SELECT a FROM t',
      'response | status 0',
      'request | COM_QUERY | DELETE FROM t',
      'response | status 0 | 0 rows',
    ]);
  });

  it('skips query attributes, and knows values of statements prepared before', () => {
    const attributes = ask(packet(0, 3, 1, 1, 0, 1, 0xfd, 0, '\x01k', '\x05value', 'SELECT 1 FROM t'));
    expect(lines([query('SELECT 1'), say(OK), attributes])[2]).toBe('request | COM_QUERY | SELECT ? FROM t');
    const execute = ask(packet(0, 0x17, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0));
    expect(lines([execute], false)).toEqual(['request | COM_STMT_EXECUTE | LongLong(5)']);
    expect(lines([execute], true)).toEqual(['request | COM_STMT_EXECUTE | LongLong(?)']);
  });

  it('a login that asks for TLS ends the reading', () => {
    const ssl = packet(1, 0, 0x0a, 0, 0, 0, 0, 0, 1, 33, ...Array<number>(23).fill(0));
    expect(play([protocol], [ask(ssl)]).conversation.state).toBe('encrypted');
  });

  it('payloads of 16 MB go on in the next packet', () => {
    const full = 0xff_ff_ff;
    const head = Uint8Array.from([0xff, 0xff, 0xff, 0, ...bytes(3, 'SELECT 1')]);
    const first = { direction: TO_SERVER, bytes: head, true_length: 4 + full } as const;
    const told = lines([first, ask(packet(1, 'SELECT 2')), say(OK), query('SELECT 3'), say(OK)]);
    expect(told.filter((line) => line.startsWith('request'))).toHaveLength(2);
    expect(told).toHaveLength(4);
  });
});
