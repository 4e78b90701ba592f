import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { Calls } from '../testing/calls.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { slide } from '../testing/slide.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;

function message(type: string, content = ''): string {
  const length = content.length + 4;
  return type + String.fromCharCode(0, 0, length >> 8, length & 255) + content;
}

const piece = (direction: 0 | 1, ...messages: string[]): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(messages.join(''), 'latin1')),
});
const ask = (...messages: string[]) => piece(TO_SERVER, ...messages);
const say = (...messages: string[]) => piece(TO_CLIENT, ...messages);

const Q = (text: string) => message('Q', `${text}\0`);
const P = (name: string, text: string) => message('P', `${name}\0${text}\0\0\0`);
const B = (name: string, portal = '') => message('B', `${portal}\0${name}\0\0\0\0\0\0\0`);
const D = message('D', 'P\0');
const E = message('E', '\0\0\0\0\0');
const S = message('S');
const H = message('H');
const parsed = message('1');
const bound = message('2');
const none = message('n');
const done = (tag: string) => message('C', `${tag}\0`);
const row = message('D', '\0\x01\0\0\0\x01x');
const ready = message('Z', 'I');
const failed = (state: string) => message('E', `SERROR\0VERROR\0C${state}\0Msecret message\0\0`);
const startup = (code: number, more = '') => {
  const length = 8 + more.length;
  const word = (n: number) => String.fromCharCode((n >>> 24) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255);
  return word(length) + word(code) + more;
};

const lines = (pieces: readonly PlayedPiece[]): string[] => play([protocol], pieces).messages.map(brief);

function pairs(messages: readonly Message[]): [Message, Message][] {
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(responses).toHaveLength(requests.length);
  return requests.map((request, i) => [request, responses[i]!]);
}

describe('postgresql, recorded from a real server', () => {
  const { messages, conversation } = play([protocol], capture('commands'));
  const found = pairs(messages);
  const told = found.map(([request, response]) => `${brief(request)} -> ${brief(response)}`);

  it('every Query and every Execute has its answer', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(found).toHaveLength(20);
    expect(told).toContain('request | Q | SELECT * FROM items -> response | status 0 | 3 rows');
    expect(told).toContain('request | Q |  -> response | status 0');
    expect(told).toContain(
      'request | Q | UPDATE items SET price = ? WHERE name = ?; SELECT ?; SELECT * FROM nowhere -> response | status 4 | undefined_table | 2 rows',
    );
    expect(found.at(-1)![1].length).toBeGreaterThan(90_000);
  });

  it('a named statement is P once and E afterwards, with its text', () => {
    const find = found
      .filter(([request]) => request.endpoint === 'SELECT items' && request.length! < 100)
      .map(([m]) => m);
    const [first, second, third] = find.filter((m) => m.request_type !== 'Q');
    expect(first).toMatchObject({ request_type: 'P', request_resource: 'SELECT name FROM items WHERE id = $1' });
    for (const again of [second, third]) {
      expect(again).toMatchObject({ request_type: 'E', attribute_values: ['SELECT name FROM items WHERE id = $1'] });
    }
  });

  it('errors have code and symbolic name, and quote nothing', () => {
    const unique = found.find(([, response]) => response.response_result === '23505')![1];
    expect(unique).toMatchObject({ response_status: STATUS.client_error, response_exception: 'unique_violation' });
    expect(JSON.stringify(messages)).not.toMatch(/secret|apple|hidden/);
  });

  it('reads the trace from a comment', () => {
    expect(messages.find((m) => m.endpoint === 'DELETE items')).toMatchObject({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
  });

  it('COPY in and out, cursors, refusal, TLS', () => {
    const copies = pairs(play([protocol], capture('psql')).messages).map(([, m]) => m.sql_affected_rows);
    expect(copies.slice(0, 2)).toEqual([2, 5]);
    expect(play([protocol], capture('refused')).messages.map(brief)).toEqual([
      'response | status 4 | invalid_password',
    ]);
    expect(play([protocol], capture('tls')).conversation.state).toBe('encrypted');
  });

  it.each(['commands', 'psql'])('%s gives the same however it is cut', (name) => {
    const whole = lines(capture(name));
    for (const size of [1, 7, 500]) {
      const small = capture(name).flatMap(({ direction, bytes }) => {
        const step = bytes.length > 4000 ? 997 : size;
        const pieces: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += step) pieces.push({ direction, bytes: bytes.slice(at, at + step) });
        return pieces;
      });
      expect(play([protocol], small, {}, { hint: 'postgresql' }).messages.map(brief)).toEqual(whole);
    }
  });
});

describe('postgresql, by the specification', () => {
  it('a batch of several executions is as many rows', () => {
    const batch = ask(P('', 'BEGIN'), B(''), E, P('a', 'SELECT 1 FROM t'), B('a'), D, E, B('a'), E, S);
    const answer = say(
      parsed,
      bound,
      done('BEGIN'),
      parsed,
      bound,
      none,
      row,
      done('SELECT 1'),
      bound,
      done('SELECT 0'),
      ready,
    );
    expect(lines([batch, answer])).toEqual([
      'request | P | BEGIN',
      'request | P | SELECT ? FROM t',
      'request | E',
      'response | status 0',
      'response | status 0 | 1 rows',
      'response | status 0 | 0 rows',
    ]);
  });

  it('what the server skips after an error is unknown, and the next batch is right', () => {
    const batch = ask(P('', 'SELECT 1'), B(''), E, P('', 'SELECT 2'), B(''), E, S, P('', 'SELECT 3'), B(''), E, S);
    const answer = say(parsed, failed('57014'), ready, parsed, bound, done('SELECT 1'), ready);
    expect(lines([batch, answer]).slice(3)).toEqual([
      'response | status 3 | query_canceled',
      'response | status 5',
      'response | status 0 | 1 rows',
    ]);
  });

  it('a Parse that is not executed is a row, an Execute later another', () => {
    const prepare = [ask(P('s', 'SELECT a FROM t'), message('D', 'Ss\0'), H), say(parsed, message('t', '\0\0'), none)];
    const run = [ask(B('s'), E, S), say(bound, done('SELECT 0'), ready)];
    expect(lines([...prepare, ...run])).toEqual([
      'request | P | SELECT a FROM t',
      'response | status 0',
      'request | E',
      'response | status 0 | 0 rows',
    ]);
    expect(lines([ask(P('s', 'SELEC'), S), say(failed('42601'), ready)])[1]).toBe('response | status 4 | syntax_error');
  });

  it('a suspended portal counts the rows of this turn; notices and settings answer nothing', () => {
    const notice = message('N', 'SNOTICE\0\0') + message('S', 'a\0b\0') + message('A', '\0\0\0\x01x\0y\0');
    expect(lines([ask(B('x'), E, H), say(notice, bound, row, row, notice, message('s'))])[1]).toBe(
      'response | status 0 | 2 rows',
    );
  });

  it('unknown is what was lost, and the next answer is right', () => {
    const cut = { ...say(message('T', '\0\0'), row, row), true_length: 9000 };
    const told = lines([ask(Q('SELECT 1')), cut, ask(Q('SELECT 2')), say(done('SELECT 1'), ready)]);
    expect(told).toEqual([
      'request | Q | SELECT ?',
      'response | status 0',
      'request | Q | SELECT ?',
      'response | status 0 | 1 rows',
    ]);
  });

  it('a row that is not captured to its end does not lose the next message', () => {
    const long = message('D', `\0\x01\0\0\x01\0${'x'.repeat(256)}`);
    const cut = { ...say(long), true_length: long.length };
    const answer = { ...cut, bytes: cut.bytes.slice(0, 20) };
    expect(lines([ask(Q('SELECT 1')), answer, say(done('SELECT 1'), ready)])[1]).toBe('response | status 0 | 1 rows');
  });

  it('SSLRequest answered with N goes on, CancelRequest is a one-way row', () => {
    const hello = [ask(startup(80_877_103)), say('N'), ask(startup(196_608, 'user\0app\0\0'))];
    const welcome = say(message('R', '\0\0\0\0'), message('K', '\0\0\0\x01\0\0\0\x02'), ready);
    expect(lines([...hello, welcome, ask(Q('SELECT 1')), say(done('SELECT 1'), ready)])).toEqual([
      'request | Q | SELECT ?',
      'response | status 0 | 1 rows',
    ]);
    expect(play([protocol], [ask(startup(80_877_104)), say('G')]).conversation.state).toBe('encrypted');
    expect(lines([ask(startup(80_877_102, '\0\0\0\x01\0\0\0\x02'))])).toEqual(['session | CancelRequest']);
  });

  it('a function call and a query in one packet each have theirs', () => {
    const call = message('F', '\0\0\0\x01\0\0\0\0\0\0');
    const answers = say(message('V', '\xff\xff\xff\xff'), ready, done('SELECT 2'), ready);
    expect(
      lines([ask(Q('SELECT 1')), say(done('SELECT 1'), ready), ask(call, Q('SELECT 2')), answers]).slice(2),
    ).toEqual(['request | F', 'request | Q | SELECT ?', 'response | status 0', 'response | status 0 | 2 rows']);
  });

  it('answers of requests that were not seen are told alone', () => {
    expect(lines([say(message('T', '\0\0'), row, done('SELECT 1'), ready), ask(Q('SELECT 1'))])).toEqual([
      'response | status 0 | 1 rows',
      'request | Q | SELECT ?',
    ]);
  });
});

describe('postgresql clients that ask on while answers come', () => {
  it.each([1, 2, 3, 4])('each answer is its query’s (%i)', (seed) => {
    const exchanges = Array.from({ length: 40 }, (_, i) => {
      const rows = Array.from({ length: i }, () => row);
      const extended = [
        ask(P('', `SELECT ${i}`), B(''), D, E, S),
        say(parsed, bound, none, ...rows, done(`SELECT ${i}`), ready),
      ];
      const simple = [ask(Q(`SELECT ${i}`)), say(...rows, done(`SELECT ${i}`), ready)];
      return (i % 2 === 0 ? extended : simple) as [PlayedPiece, PlayedPiece];
    });
    const pairs = slide(protocol, [], exchanges, seed);
    expect(pairs.map(([, response]) => response?.sql_affected_rows)).toEqual(exchanges.map((_, i) => i));
  });
});

describe('postgresql after an error whose end was not seen', () => {
  // The length takes ReadyForQuery in.
  const swallowing = String.fromCharCode(0x45, 0, 0, 0, 4 + 4 + 6 + 1) + 'SER\0' + ready + '\0';
  it.each([
    ['extended', [P('', 'SELECT 1'), B(''), D, E, S]],
    ['simple', [Q('SELECT 1')]],
  ])('the next answers are those of the next queries (%s)', (_, asked) => {
    const next = [2, 3].flatMap((i) => [ask(Q(`SELECT ${i}`)), say(row, done(`SELECT ${i}`), ready)]);
    const { messages } = play([protocol], [ask(...asked), say(swallowing), ...next]);
    const calls = new Calls();
    for (const message of messages) calls.message(message, protocol.card);
    expect(calls.all.map(({ response }) => response?.sql_affected_rows).slice(-2)).toEqual([2, 3]);
  });
});
