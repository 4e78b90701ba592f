import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { error_status, error_text } from './errors.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
const RECORDINGS: [string, number][] = [
  ['node', 0],
  ['node', 1],
  ['node', 2],
  ['newest', 0],
  ['newest', 1],
  ['newest', 2],
  ['redirected', 0],
  ['redirected', 1],
  ['python', 0],
];

/** Each request with its response. */
function pairs(messages: readonly Message[]): [Message, Message][] {
  const waiting: Message[] = [];
  const found: [Message, Message][] = [];
  for (const message of messages) {
    if (message.type === MESSAGE_TYPE.request) waiting.push(message);
    else if (message.type === MESSAGE_TYPE.response && message.interim !== true)
      found.push([waiting.shift()!, message]);
  }
  expect(waiting).toEqual([]);
  return found;
}

const told = (name: string, n = 0) =>
  pairs(play([protocol], capture(name, n)).messages).map(([a, b]) => `${brief(a)} -> ${brief(b)}`);

const bytes_of = (...parts: (string | number | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'number' ? Buffer.from([part]) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
      ),
    ),
  );
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));

/** A packet with a length of 2 bytes, or 4. */
function packet(type: number, content: Uint8Array, large = false): Uint8Array {
  const size = content.length + 8;
  const head = Buffer.alloc(8);
  if (large) head.writeUInt32BE(size);
  else head.writeUInt16BE(size);
  head[4] = type;
  return bytes_of(head, content);
}
const data = (content: Uint8Array, flags = 0, large = false) =>
  packet(6, bytes_of(flags >> 8, flags & 255, content), large);
const ask = (bytes: Uint8Array): PlayedPiece => ({ direction: TO_SERVER, bytes });
const say = (bytes: Uint8Array): PlayedPiece => ({ direction: TO_CLIENT, bytes });
const outcome = (pieces: PlayedPiece[]) => play([protocol], pieces).messages;

describe('recordings', () => {
  it.each(RECORDINGS)('%s %i: all is understood, and nothing secret is told', (name, n) => {
    for (const redact of [true, false]) {
      const { messages, conversation } = play([protocol], capture(name, n), { redact });
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      const text = JSON.stringify(messages);
      expect(text).not.toMatch(/hidden-word|AUTH_/);
      if (redact) expect(text).not.toContain('secret');
      pairs(messages);
    }
  });

  it('a login, statements, fetches and what ends them', () => {
    expect(told('node', 2)).toEqual([
      'request | Connect -> response | status 0',
      'request | Protocol negotiation -> response | status 0',
      'request | Data type negotiation -> response | status 0',
      'request | OSESSKEY -> response | status 0',
      'request | OAUTH -> response | status 0',
      'request | OALL8 | SELECT DBTIMEZONE FROM DUAL -> response | status 0 | 1 rows',
      'request | OALL8 | SELECT id, name FROM items -> response | status 0 | 3 rows',
      'request | OALL8 | SELECT id, name FROM items WHERE name = ? -> response | status 0 | 0 rows',
      'request | OALL8 | SELECT id, name FROM items WHERE id = :1 -> response | status 0 | 1 rows',
      'request | OEXFEN -> response | status 0 | 1 rows',
      'request | OALL8 | SELECT id, name FROM long_items -> response | status 0 | 7 rows',
      'request | OALL8 | SELECT id, name FROM many_items -> response | status 0 | 3 rows',
      'request | OFETCH -> response | status 0 | 6 rows',
      'request | OFETCH -> response | status 0 | 7 rows',
      'request | OALL8 | SELECT id FROM nowhere -> response | status 4 | ORA-00942: table or view does not exist',
      'request | OALL8 | SELECT id FROM full_items -> response | status 3 | ORA-01652: unable to extend temp segment by 128 in tablespace TEMP',
      'request | OALL8 | UPDATE items SET name = :1 WHERE id < :2 -> response | status 0 | 4 rows',
      'request | OEXEC -> response | status 0 | 4 rows',
      'request | OALL8 | INSERT INTO items (name) VALUES (?) -> response | status 4 | ORA-00001: unique constraint (SHOP.ITEMS_NAME) violated',
      'request | OALL8 | BEGIN raise_application_error(-?, ?); END; -> response | status 4 | ORA-20001: ?',
      'request | OALL8 | BEGIN :n := pay(:amount); END; -> response | status 0 | 0 rows',
      'request | OALL8 | DELETE FROM items  WHERE name <> ? -> response | status 0 | 300 rows',
      'request | OALL8 | DELETE FROM items -> response | status 0 | 300 rows',
      'request | OALL8 | CREATE TABLE more_items (id NUMBER) -> response | status 0 | 0 rows',
      'request | OALL8 | INSERT INTO items (id, name) VALUES (:1, :2) -> response | status 0 | 3 rows',
      'request | OALL8 | INSERT INTO strict_items (id) VALUES (:1) -> response | status 4 | ORA-24381: error(s) in array DML',
      'request | OCOMMIT -> response | status 0',
      'request | OROLLBACK -> response | status 0',
      'request | OPING -> response | status 0',
      'request | OEXFEN -> response | status 0 | 3 rows',
      'request | OEXFEN -> response | status 0 | 3 rows',
      'request | OCOMMIT -> response | status 0',
      'request | OALL8 | SELECT id FROM slow_items -> response | status 4 | ORA-01013: user requested cancel of current operation',
      'request | OEXFEN -> response | status 0 | 3 rows',
      'request | OLOGOFF -> response | status 0',
    ]);
  });

  it('the newest version: fast login, tokens, marked ends, breaks in front of errors', () => {
    const old = told('node', 2).filter((line) => /OALL8|OEX|OFETCH|OC|OR|OP/.test(line));
    const now = told('newest', 2).filter((line) => /OALL8|OEX|OFETCH|OC|OR|OP/.test(line));
    // All the same, whatever stands around it.
    const plain = (lines: string[]) => lines.map((line) => line.replace(/ (?:length|id|request_id) \d+/g, ''));
    expect(plain(now)).toEqual(plain(old));
    expect(told('newest', 1)).toEqual([
      'request | Connect -> response | status 0',
      'request | Fast authentication -> response | status 0',
      'request | OAUTH -> response | status 4 | ORA-01017: invalid username/password; logon denied',
    ]);
  });

  it('a listener that refuses, one that redirects, another driver', () => {
    expect([...told('node', 0), ...told('redirected', 0), ...told('python').slice(0, 12)]).toEqual([
      'request | Connect -> response | status 4 | ORA-12514',
      'request | Connect -> response | status 0',
      'request | Connect -> response | status 0',
      'request | Native network services -> response | status 0',
      'request | Protocol negotiation -> response | status 0',
      'request | Data type negotiation -> response | status 0',
      'request | OSESSKEY -> response | status 0',
      'request | OAUTH -> response | status 0',
      'request | OALL8 | SELECT id, name FROM items -> response | status 0 | 3 rows',
      'request | OALL8 | SELECT id, name FROM many_items -> response | status 0 | 3 rows',
      'request | OFETCH -> response | status 0 | 6 rows',
      'request | OFETCH -> response | status 0 | 7 rows',
      'request | OALL8 | SELECT id, name FROM items WHERE id = :1 -> response | status 0 | 1 rows',
      'request | OALL8 | SELECT id FROM nowhere -> response | status 4 | ORA-00942: table or view does not exist',
    ]);
  });

  it('trace context, as comment and as application context', () => {
    const traced = play([protocol], capture('node', 2)).messages.filter((m) => m.trace_id !== undefined);
    expect(traced.map((m) => [m.request_type, m.trace_id, m.span_id])).toEqual(
      ['OALL8', 'OEXFEN', 'OCOMMIT'].map((type) => [type, '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']),
    );
  });

  it('a break is a row of its own', () => {
    const breaks = play([protocol], capture('node', 2)).messages.filter((m) => m.one_way === true);
    expect(breaks).toMatchObject([{ request_type: 'Break', type: MESSAGE_TYPE.session }]);
  });

  it.each([
    ['node', 2],
    ['newest', 2],
    ['python', 0],
  ] as const)('%s %i: a connection met in its middle tells the same of its calls', (name, n) => {
    const pieces = capture(name, n);
    const whole = play([protocol], pieces).messages.filter((m) => m.interim !== true);
    const at = pieces.findIndex(({ bytes }) => Buffer.from(bytes).includes('SELECT id, name FROM items'));
    const rest = play([protocol], pieces.slice(at)).messages.filter((m) => m.interim !== true);
    const calls = (messages: readonly Message[]) => messages.map((m) => brief(m));
    expect(rest.length).toBeGreaterThan(20);
    expect(calls(rest)).toEqual(calls(whole).slice(-rest.length));
  });
});

// What SQL*Plus 11.2 and 23.26, and databases of 11g and 18c, sent each other, as the documentation and tests of the project
// seerdb (MIT licence) print it. Their encoding is that of the client's machine.
describe('the native encoding', () => {
  const WIDE = hex(`035e156180000000000000feffffffffffffff3600000000000000feffffffffffffff
    0d00000000000000fefffffffffffffffeffffffffffffff0000000001000000000000
    0000000000000000000000000000000000000000000000000000000000feffffffffff
    ffff0000000000000000fefffffffffffffffefffffffffffffff83514260000000000
    00000000000000fefffffffffffffffeffffffffffffff000000000000000000000000
    00000000000000000000000000000000000000001273656c65637420312066726f6d20
    6475616c01000000000000000000000000000000000000000000000000000000010000
    000000000000000000000000000000000000000000`);
  const NARROW = hex(`035e066180000000000000feffffffffffffff17010000feffffffffffffff0d000000
    fefffffffffffffffeffffffffffffff00000000010000000000000000000000000000
    00000000000000000000000000feffffffffffffff0000000000000000feffffffffff
    fffffefffffffffffffffeffffffffffffff0000000000000000fefffffffffffffffe
    ffffffffffffff00000000000000000000000000000000000000000000000000000000
    5d53454c454354204445434f444528555345522c20275853244e554c4c272c20205853
    5f5359535f434f4e54455854282758532453455353494f4e272c27555345524e414d45
    27292c2055534552292046524f4d205359532e4455414c000100000000000000000000
    0000000000000000000000000000000000010000000000000000800000000000000000
    000000000000`);
  const ERROR = hex(`040500000013000100000000ae030000000002000e0003000000000000000000
    0000000000000000000000000000000000150000010000003601000000000000
    000000000000000020f6310a0000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000284f52412d30303934323a207461626c65206f7220766965
    7720646f6573206e6f742065786973740a`);
  const ROWS = hex(`04010000001100010200000000000000000002000000030000000000000000000000
    00000000000000000000000000000013000001000000360100000000000000000000
    0000000020f6310a0000000000000000000000000000000000000000000000000000
    00000000000000000000000000000000000000000000000000000000000000000000`);
  const REFUSED = hex(`040100000000000100000000f903000000000000000000000000000000000000
    0000000000000000000000000000000000030000000000003601000000000000
    0000000000000000403eb424a37f000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000
    00000000f90300000000000000000000334f52412d30313031373a20696e7661
    6c696420757365726e616d652f70617373776f72643b206c6f676f6e2064656e
    6965640a`);
  const RIDING = hex(`1187090000000000000000000000000000000018000000000000000000000000000000000000000000feffffffffffffff
    180000000000000058d68d816e550000000000000000000000000000000000000000000000001357000000000000000000000000000000000000
    00000000000000000000000000000000000000000000000000000000000000000853514c2a506c7573030e0a`);

  it('statements of both widths, their cursors, and errors', () => {
    const fetch = hex('0305160200000001000000');
    const messages = outcome([
      ask(data(WIDE)),
      say(data(ROWS)),
      ask(data(fetch)),
      say(data(ROWS)),
      ask(data(NARROW)),
      say(data(ERROR)),
    ]);
    expect(messages[0]).toMatchObject({
      request_type: 'OALL8',
      request_resource: 'select ? from dual',
      request_id: 0x15,
    });
    expect(messages[1]).toMatchObject({ response_status: STATUS.ok, sql_affected_rows: 2 });
    expect(messages[2]).toMatchObject({ request_type: 'OFETCH', attribute_values: ['select ? from dual'] });
    expect(messages[4]!.request_resource).toBe('SELECT DECODE(USER, ?,  XS_SYS_CONTEXT(?,?), USER) FROM SYS.DUAL');
    expect(messages[5]).toMatchObject({
      response_code: 942,
      response_status: STATUS.client_error,
      response_exception: 'ORA-00942: table or view does not exist',
    });
  });

  it('a call behind another that rides with it; a status; the longer errors of 18c', () => {
    const messages = outcome([
      ask(data(RIDING)),
      say(data(hex('09050000000700'))),
      ask(data(WIDE)),
      say(data(REFUSED)),
    ]);
    expect(messages[0]!.request_type).toBe('OCOMMIT');
    expect(messages[1]!.response_status).toBe(STATUS.ok);
    expect(messages[3]).toMatchObject({ response_code: 1017, response_status: STATUS.client_error });
  });

  it('cursors that are closed in front', () => {
    const closed = hex('116914feffffffffffffff010000000000000002000000');
    const [message] = outcome([ask(data(bytes_of(closed, WIDE))), say(data(ERROR))]);
    expect(message).toMatchObject({ request_type: 'OALL8', request_resource: 'select ? from dual' });
  });
});

describe('by hand', () => {
  /** OALL8 of 11g in the portable encoding, the declared length thrice that of the text. */
  const execute = (text: Uint8Array, length: number, cursor = 0) =>
    bytes_of(
      hex('035e4b028061'),
      cursor === 0 ? hex('00') : bytes_of(1, cursor),
      length === 0 ? hex('0000') : bytes_of(1, 2, length >> 8, length & 255),
      hex('01010d01010001640000000001000101010000010100000000 00'),
      text,
      hex('0101000000000000010100000000 00'),
    );
  const SELECT = 'SELECT name FROM items WHERE id = :1';
  /** An error message of 11g: number, cursor and rows. */
  const error = (rows: number, number: number, cursor: number, text = '') =>
    bytes_of(
      hex('0401010102'),
      rows === 0 ? hex('00') : bytes_of(2, rows >> 8, rows & 255),
      number === 0 ? hex('00') : bytes_of(2, number >> 8, number & 255),
      hex('0000'),
      bytes_of(1, cursor),
      hex('00 0300 00000000 0000000000 00 0000 00 00 00 00 00 00'),
      text === '' ? '' : bytes_of(text.length, text),
    );

  it('text in pieces, text without a length, cursors used again', () => {
    const long = `${SELECT} AND name = 'secret' AND name <> '${'x'.repeat(40)}'`;
    const pieces = bytes_of(0xfe, 64, long.slice(0, 64), long.length - 64, long.slice(64), 0);
    const messages = outcome([
      ask(data(execute(bytes_of(SELECT.length, SELECT), 3 * SELECT.length))),
      say(data(error(1, 0, 7))),
      ask(data(execute(pieces, 3 * long.length))),
      say(data(error(0, 1403, 8, 'ORA-01403: no data found\n'))),
      ask(data(execute(bytes_of(SELECT), SELECT.length))),
      say(data(error(0, 1, 9, 'ORA-00001: unique constraint (A.B) violated\n'))),
      ask(data(execute(bytes_of(), 0, 7))),
      say(data(error(600, 0, 7))),
    ]);
    expect(
      messages.map((m) => m.request_resource ?? m.response_code ?? m.sql_affected_rows ?? m.attribute_values),
    ).toEqual([SELECT, 1, `${SELECT} AND name = ? AND name <> ?`, 0, SELECT, 1, [SELECT], 600]);
    expect(messages.filter((m) => m.type === MESSAGE_TYPE.response).map((m) => m.response_status)).toEqual([
      STATUS.ok,
      STATUS.ok,
      STATUS.client_error,
      STATUS.ok,
    ]);
  });

  it('a connect, and its refusal, whose texts come in packets of their own', () => {
    const text = '(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=shop)(CID=(PROGRAM=app)(HOST=box)(USER=me))))';
    const head = Buffer.alloc(66);
    head.writeUInt16BE(319, 0);
    head.writeUInt16BE(text.length, 16);
    head.writeUInt16BE(74, 18);
    const why = '(DESCRIPTION=(ERR=12519)(VSNNUM=0))';
    const messages = outcome([
      ask(packet(1, head)),
      ask(data(bytes_of(text))),
      say(packet(4, bytes_of(1, 2, 0, why.length))),
      say(data(bytes_of(why))),
    ]);
    expect(messages).toMatchObject([
      { request_type: 'Connect', request_domain: 'shop', attribute_values: ['app', 'box', 'me'] },
      { response_code: 12_519, response_status: STATUS.server_error, response_exception: 'ORA-12519' },
    ]);
  });

  it('an error message that a packet boundary divides', () => {
    const rows = bytes_of(hex('0600'), new Uint8Array(1980).fill(7));
    const end = error(5, 1555, 3, 'ORA-01555: snapshot too old\n');
    const messages = outcome([
      ask(data(execute(bytes_of(SELECT.length, SELECT), 3 * SELECT.length))),
      say(data(bytes_of(rows, end.slice(0, 20)))),
      say(data(end.slice(20))),
    ]);
    expect(messages[1]).toMatchObject({ interim: true, unfinished: true, response_status: STATUS.ok });
    expect(messages.at(-1)).toMatchObject({ response_code: 1555, response_status: STATUS.server_error });
    expect(messages).toHaveLength(3);
  });

  it('rows whose text looks like an error are none', () => {
    const row = bytes_of(hex('060101 07'), 40, 'ORA-00942: table or view does not exist\n', 7, 3, 'abc');
    const select = ask(data(execute(bytes_of(SELECT.length, SELECT), 3 * SELECT.length)));
    const [, answer] = outcome([select, say(data(bytes_of(row, error(2, 0, 3))))]);
    expect(answer).toMatchObject({ response_status: STATUS.ok, sql_affected_rows: 2 });
    // Nor when nothing that is known ends the answer.
    const [, open] = outcome([select, say(data(row))]);
    expect(open).toMatchObject({ response_status: STATUS.ok });
    expect(open!.response_code).toBeUndefined();
  });

  it('an answer that is lost is not taken from the next', () => {
    const select = ask(data(execute(bytes_of(SELECT.length, SELECT), 3 * SELECT.length)));
    const messages = outcome([select, say(data(error(1, 0, 7))), select, select, say(data(error(4, 0, 7)))]);
    expect(messages.map((m) => m.sql_affected_rows ?? 'request')).toEqual(['request', 1, 'request', 'request', 4]);
  });

  it('native encryption: calls are counted, nothing is made of their bytes', () => {
    const services = (chosen: number) =>
      bytes_of(hex('deadbeef 0029 13000000 0001 00'), hex('0002 0002 00000000 0004 0005 13000000 0001 0002'), chosen);
    const login = [
      ask(data(services(0))),
      say(data(services(17))),
      ask(data(bytes_of(3, 94, 'not really a call'))),
      say(data(bytes_of(4, 1, 'not really an error'))),
    ];
    expect(outcome(login)).toMatchObject([
      { request_type: 'Native network services' },
      { response_status: STATUS.ok },
      { request_type: 'Opaque call' },
      { response_status: STATUS.unknown },
    ]);
  });

  it('calls of a pipeline are answered by their tokens', () => {
    const call = (sequence: number, token: number) => data(bytes_of(3, 147, sequence, 0 + 1, token), 0, true);
    const answer = (token: number, text: Uint8Array) => data(bytes_of(33, 1, token, text, 29), 0x2000, true);
    const agree = (version: number) =>
      bytes_of(1, 6, 0, 'by hand\0', hex('690301 0000 0000'), 8, new Uint8Array(7), version, 1, 0);
    const client = bytes_of(hex('02 6903 6903 01'), 8, new Uint8Array(7), 24, 1, 0, 0, 0);
    const messages = outcome([
      ask(data(bytes_of(1, 6, 0, 'by hand\0'), 0, true)),
      say(data(agree(24), 0, true)),
      ask(data(client, 0, true)),
      say(data(bytes_of(2, 0, 0), 0, true)),
      ask(bytes_of(call(5, 1), call(6, 2), call(7, 3))),
      say(answer(1, hex('090100'))),
      say(answer(3, hex('09010100'))),
    ]);
    expect(messages.map((m) => [m.request_type ?? 'answer', m.request_id]).slice(4)).toEqual([
      ['OPING', 5],
      ['OPING', 6],
      ['OPING', 7],
      ['answer', 5],
      ['answer', 7],
    ]);
  });
});

describe('errors', () => {
  it('who is to blame', () => {
    for (const number of [1, 904, 942, 1013, 1017, 1400, 1722, 6502, 12_505, 12_514, 20_001, 24_381]) {
      expect(error_status(number)).toBe(STATUS.client_error);
    }
    for (const number of [20, 60, 600, 1034, 1555, 1652, 3113, 4031, 8177, 12_518, 12_519, 12_528, 16_000]) {
      expect(error_status(number)).toBe(STATUS.server_error);
    }
  });

  it('what of texts is stored', () => {
    expect(error_text(20_001, 'ORA-20001: card 4711\nORA-06512: at line 1\n', true)).toBe('ORA-20001: ?');
    expect(error_text(1, 'ORA-00001: unique constraint (A.B) violated\nORA-03301: row with (ID:1)\n', true)).toBe(
      'ORA-00001: unique constraint (A.B) violated',
    );
    expect(error_text(1722, "ORA-01722: unable to convert string value containing 'it's' to a number\n", true)).toBe(
      'ORA-01722: unable to convert string value containing ? to a number',
    );
    expect(error_text(20_001, 'ORA-20001: card 4711\n', false)).toBe('ORA-20001: card 4711');
  });
});
