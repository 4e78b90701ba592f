import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { error_status, error_text } from './errors.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
const RECORDINGS: [string, number][] = [
  ['tedious', 0],
  ['tedious', 1],
  ['pytds', 0],
  ['mars', 0],
  ['pymssql', 0],
  ['old', 0],
  ['encrypted', 0],
  ['login', 0],
];

/** Each request with the next response of its session. */
function pairs(messages: readonly Message[]): [Message, Message][] {
  const waiting = new Map<number, Message>();
  const found: [Message, Message][] = [];
  for (const message of messages) {
    if (message.type === MESSAGE_TYPE.request) waiting.set(message.request_id!, message);
    else if (message.type === MESSAGE_TYPE.response && message.interim !== true) {
      found.push([waiting.get(message.request_id!)!, message]);
      waiting.delete(message.request_id!);
    }
  }
  expect(waiting.size).toBe(0);
  return found;
}

const told = (name: string, n = 0) =>
  pairs(play([protocol], capture(name, n)).messages).map(([a, b]) => `${brief(a)} -> ${brief(b)}`);

const bytes_of = (...parts: (string | number | Uint8Array)[]): Uint8Array =>
  new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'number'
          ? Buffer.from([part])
          : typeof part === 'string'
            ? Buffer.from(part, 'utf16le')
            : Buffer.from(part),
      ),
    ),
  );
const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const packet = (type: number, content: Uint8Array, status = 1): Uint8Array => {
  const length = content.length + 8;
  return bytes_of(type, status, length >> 8, length & 255, 0, 0, 1, 0, content);
};
const ask = (bytes: Uint8Array): PlayedPiece => ({ direction: TO_SERVER, bytes });
const say = (bytes: Uint8Array): PlayedPiece => ({ direction: TO_CLIENT, bytes });
const lines = (pieces: readonly PlayedPiece[]) => play([protocol], pieces).messages.map(brief);

describe('tds, recorded from independent clients', () => {
  const found = pairs(play([protocol], capture('tedious', 1)).messages);
  const lines_of = found.map(([a, b]) => `${brief(a)} -> ${brief(b)}`);

  it('batches, calls, transactions and bulk loads have their answers', () => {
    expect(lines_of).toContain('request | SQL batch | SELECT id, name FROM items -> response | status 0 | 3 rows');
    expect(lines_of).toContain('request | SQL batch | SELECT * FROM many_types -> response | status 0 | 1 rows');
    // Forty rows of all types, over eight packets.
    expect(lines_of).toContain('request | SQL batch | SELECT * FROM many_more -> response | status 0 | 40 rows');
    expect(lines_of).toContain(
      'request | SQL batch | SELECT id FROM items WHERE name = ? ; SELECT name FROM items -> response | status 0 | 5 rows',
    );
    expect(lines_of).toContain(
      'request | SQL batch | UPDATE items SET name = ? WHERE id < ? -> response | status 0 | 4 rows',
    );
    expect(lines_of).toContain('request | RPC | dbo.pay @amount, @who -> response | status 0 | 3 rows');
    for (const kind of ['TM_BEGIN_XACT', 'TM_COMMIT_XACT', 'TM_ROLLBACK_XACT']) {
      expect(lines_of).toContain(`request | ${kind} -> response | status 0`);
    }
    expect(lines_of).toContain('request | Bulk load -> response | status 0 | 3 rows');
    expect(found.find(([m]) => m.request_type === 'SQL batch' && m.endpoint === 'INSERT items')).toBeDefined();
    expect(play([protocol], capture('tedious', 1)).conversation.counters).toEqual({
      boundary_lost: 0,
      not_mine: 0,
      overflow: 0,
    });
  });

  it('statements within calls, and of handles', () => {
    const text = 'SELECT name FROM items WHERE id = @id';
    const [execute] = found.find(([m]) => m.request_type === 'sp_executesql')!;
    expect(execute).toMatchObject({ request_resource: `${text} AND name <> @name`, endpoint: 'SELECT items' });
    expect(execute.attribute_names?.[1]).toBe('param_@name');
    const prepared = found.filter(([m]) => m.request_type === 'sp_execute').map(([m]) => m);
    expect(prepared).toHaveLength(2);
    for (const m of prepared) expect(m).toMatchObject({ endpoint: 'SELECT items', attribute_values: [text, '?'] });
    expect(found.find(([m]) => m.request_type === 'sp_unprepare')![0].attribute_values).toEqual([text]);
  });

  it('values are told only when nothing is hidden', () => {
    const { messages } = play([protocol], capture('tedious', 1), { redact: false });
    const [execute] = messages.filter((m) => m.request_type === 'sp_executesql');
    expect(execute!.attribute_values!.slice(0, 6)).toEqual([
      '7',
      'secret name',
      '2026-01-02T03:04:05.000',
      '13',
      'NULL',
      '1',
    ]);
    expect(execute!.attribute_values![6]).toBe('secret '.repeat(1000).slice(0, 1024));
    const call = messages.find((m) => m.request_type === 'RPC')!;
    expect(call.attribute_values).toEqual(['12.5000', 'secret one']);
  });

  it('nothing secret, ever', () => {
    for (const [name, n] of RECORDINGS) {
      const hidden = JSON.stringify(play([protocol], capture(name, n)).messages);
      expect(hidden).not.toMatch(/secret|hidden/);
      expect(JSON.stringify(play([protocol], capture(name, n), { redact: false }).messages)).not.toContain(
        'hidden-word',
      );
    }
  });

  it('errors by severity, texts without values', () => {
    const of = (code: number) => found.find(([, m]) => m.response_code === code)![1];
    expect(of(208)).toMatchObject({
      response_status: STATUS.client_error,
      response_exception: "Invalid object name 'nowhere'.",
    });
    expect(of(701)).toMatchObject({ response_status: STATUS.server_error });
    expect(of(2627)).toMatchObject({
      response_status: STATUS.client_error,
      response_exception: 'Violation of UNIQUE KEY constraint ?.',
    });
    expect(told('tedious')).toEqual([
      'request | Prelogin -> response | status 0',
      "request | Login7 -> response | status 4 | Login failed for user 'stranger'.",
    ]);
    expect(error_status(1205, 13)).toBe(STATUS.server_error);
    expect(error_status(50_000, 16)).toBe(STATUS.client_error);
    expect(error_status(823, 24)).toBe(STATUS.server_error);
    expect(
      error_text(245, "Conversion failed when converting the varchar value 'secret' to data type int.", true),
    ).toBe('Conversion failed when converting the varchar value ? to data type int.');
  });

  it('who logs in, with what', () => {
    const [login, answer] = found.find(([m]) => m.request_type === 'Login7')!;
    expect(login).toMatchObject({ version: '7.4', request_domain: 'shop' });
    expect(login.attribute_names).toEqual(['user', 'application', 'host', 'library', 'server']);
    expect(login.attribute_values?.slice(0, 2)).toEqual(['app', 'shop app']);
    expect(answer.response_result).toBe('Microsoft SQL Server 16.0.4143');
  });

  it('trace context from a comment; an attention is a row of its own', () => {
    const { messages } = play([protocol], capture('tedious', 1));
    expect(messages.find((m) => m.endpoint === 'DELETE items')).toMatchObject({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
    expect(messages.filter((m) => m.one_way).map(brief)).toEqual(['session | Attention']);
  });

  it('sessions side by side each have their own pairs', () => {
    const sessions = play([protocol], capture('mars')).messages.filter((m) => m.type === MESSAGE_TYPE.request);
    expect(new Set(sessions.map((m) => m.request_id)).size).toBe(3);
    expect(told('mars').slice(2)).toEqual(expect.arrayContaining(told('pytds').slice(2)));
    expect(told('mars')).toContain('request | SQL batch | SELECT * FROM many_types -> response | status 0 | 1 rows');
  });

  it('TDS 7.1 has narrower counts and no headers', () => {
    expect(told('old').slice(-3)).toEqual([
      'request | SQL batch | SELECT id, name FROM items -> response | status 0 | 3 rows',
      'request | SQL batch | UPDATE items SET name = ? WHERE id = ? -> response | status 0 | 4 rows',
      "request | SQL batch | SELECT ? FROM nowhere -> response | status 4 | Invalid object name 'nowhere'.",
    ]);
  });

  it('encryption of all, and of the login alone', () => {
    const { messages, conversation } = play([protocol], capture('encrypted'));
    expect(conversation.state).toBe('encrypted');
    expect(messages.map(brief)).toEqual(['request | Prelogin', 'response | status 0']);
    expect(messages[1]!.response_result).toBe('encryption on');
    expect(told('login')).toEqual([
      'request | Prelogin -> response | status 0',
      'request | Login7 -> response | status 0',
      'request | SQL batch | SELECT id, name FROM items -> response | status 0 | 3 rows',
      'request | SQL batch | UPDATE items SET name = ? -> response | status 0 | 4 rows',
      "request | SQL batch | SELECT ? FROM nowhere -> response | status 4 | Invalid object name 'nowhere'.",
    ]);
  });

  it.each(RECORDINGS)('%s %i gives the same however it is cut', (name, n) => {
    const whole = lines(capture(name, n));
    for (const size of [1, 7, 500]) {
      const cut = capture(name, n).flatMap(({ direction, bytes }) => {
        const step = bytes.length > 4000 ? 997 : size;
        const parts: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += step) parts.push({ direction, bytes: bytes.slice(at, at + step) });
        return parts;
      });
      expect(play([protocol], cut, {}, { hint: 'tds' }).messages.map(brief)).toEqual(whole);
    }
  });

  it('from the middle of a connection', () => {
    for (const name of ['tedious', 'pytds', 'old']) {
      const pieces = capture(name, name === 'tedious' ? 1 : 0);
      const { messages } = play([protocol], pieces.slice(8), {}, { from_start: false });
      expect(messages.length).toBeGreaterThan(4);
      expect(messages.map(brief)).toEqual(lines(pieces).slice(-messages.length));
    }
  });

  it('a result that was captured in part ends as it ended', () => {
    const pieces = capture('tedious', 1);
    const asked = pieces.findIndex(({ bytes }) => Buffer.from(bytes).includes(Buffer.from('many_more', 'utf16le')));
    const packets = pieces.map((piece, i): PlayedPiece => {
      // Of the answer's packets between the first and the last only the beginning was captured.
      const cut = i > asked + 1 && i < asked + 8 && piece.bytes.length > 1000;
      return cut
        ? { direction: piece.direction, bytes: piece.bytes.slice(0, 200), true_length: piece.bytes.length }
        : piece;
    });
    const { messages } = play([protocol], packets);
    const many = messages.findIndex((m) => m.endpoint === 'SELECT many_more');
    expect(messages[many + 1]).toMatchObject({ interim: true, unfinished: true, response_status: STATUS.ok });
    expect(messages[many + 2]).toMatchObject({ type: MESSAGE_TYPE.response, response_status: STATUS.ok });
    expect(messages[many + 2]!.sql_affected_rows).toBeUndefined();
    expect(messages.slice(many + 3).map(brief)).toEqual(
      lines(pieces).slice(lines(pieces).indexOf('request | SQL batch | SELECT * FROM many_more') + 2),
    );
  });
});

describe('tds, by the specification', () => {
  const batch = hex(`
    01 01 00 5C 00 00 01 00 16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 0A 00 73 00 65 00 6C 00
    65 00 63 00 74 00 20 00 27 00 66 00 6F 00 6F 00 27 00 20 00 61 00 73 00 20 00 27 00 62 00 61 00 72 00 27 00 0A 00
    20 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00`);
  // [MS-TDS] section 4.7, "SQL Batch Server Response".
  const response = hex(`
    04 01 00 33 00 00 01 00 81 01 00 00 00 00 00 20 00 A7 03 00 09 04 D0 00 34 03 62 00 61 00 72 00 D1 03 00 66 6F 6F
    FD 10 00 C1 00 01 00 00 00 00 00 00 00`);
  const done = (token: number, status: number, rows: number) =>
    bytes_of(token, status & 255, status >> 8, 0xc1, 0, rows, 0, 0, 0, 0, 0, 0, 0);
  const select = ask(batch);

  it('the printed answer to a batch', () => {
    expect(lines([select, say(response)])).toEqual([
      'request | SQL batch | select ? as ?',
      'response | status 0 | 1 rows',
    ]);
  });

  it('a call of TDS 7.1 as posted to the list of FreeTDS (July 2003)', () => {
    const call = hex(`
      03 01 00 fa 00 00 01 00 ff ff 0b 00 00 00 00 01 26 04 04 ff ff ff ff 00 00 63 00 00 00 00 09 04 00 01 32 ff ff ff
      ff 00 00 63 ba 00 00 00 09 04 00 01 32 ba 00 00 00 64 00 65 00 63 00 6c 00 61 00 72 00 65 00 20 00 40 00 70 00 34
      00 20 00 69 00 6e 00 74 00 65 00 67 00 65 00 72 00 0d 00 0a 00 65 00 78 00 65 00 63 00 20 00 6a 00 64 00 5f 00 74
      00 65 00 73 00 74 00 5f 00 30 00 30 00 31 00 20 00 40 00 70 00 31 00 3d 00 33 00 2c 00 20 00 40 00 70 00 32 00 3d
      00 27 00 74 00 65 00 73 00 74 00 27 00 2c 00 20 00 40 00 70 00 33 00 3d 00 20 00 27 00 30 00 37 00 2f 00 31 00 37
      00 2f 00 32 00 30 00 30 00 33 00 27 00 2c 00 20 00 40 00 40 00 70 00 34 00 3d 00 40 00 70 00 34 00 20 00 6f 00 75
      00 74 00 70 00 75 00 74 00 0d 00 0a 00 00 00 26 04 04 01 00 00 00`);
    expect(call).toHaveLength(250);
    const answer = packet(4, bytes_of(0x79, 0, 0, 0, 0, 0xfe, 0, 0, 0xe0, 0, 0, 0, 0, 0));
    expect(lines([ask(call), say(answer)])).toEqual([
      'request | sp_prepare | declare @p4 integer\r\nexec jd_test_001 @p1=?, @p2=?, @p3= ?, @@p4=@p4 output',
      'response | status 0',
    ]);
  });

  it('what an attention ended', () => {
    expect(lines([select, ask(hex('06 01 00 08 00 00 01 00')), say(packet(4, done(0xfd, 0x20, 0)))])).toEqual([
      'request | SQL batch | select ? as ?',
      'session | Attention',
      'response | status 4 | canceled by an attention',
    ]);
  });

  it('a token may be split anywhere over packets', () => {
    const content = response.slice(8);
    for (let at = 1; at < content.length; at++) {
      const pieces = [select, say(packet(4, content.slice(0, at), 0)), say(packet(4, content.slice(at)))];
      expect(lines(pieces)[1]).toBe('response | status 0 | 1 rows');
    }
  });

  it('an error at the end of what was not walked is found', () => {
    const text = bytes_of('gone');
    const error = bytes_of(0xaa, 12 + 8 + 2, 0, 0x39, 0x30, 0, 0, 1, 20, 4, 0, text, 0, 0, 1, 0, 0, 0);
    error[1] = error.length - 3;
    const middle = packet(4, response.slice(8, 30), 0);
    const cut: PlayedPiece = { direction: TO_CLIENT, bytes: middle.slice(0, 20), true_length: 4096 };
    cut.bytes = bytes_of(middle.slice(0, 2), 16, 0, middle.slice(4, 20));
    const tail = bytes_of(7, 7, error, 0x79, 0, 0, 0, 0, done(0xfe, 2, 0));
    const { messages } = play([protocol], [select, cut, say(packet(4, tail))]);
    expect(messages.at(-1)).toMatchObject({
      response_code: 12_345,
      response_status: STATUS.server_error,
      response_exception: 'gone',
    });
  });

  it('an unknown token is not guessed over: the last DONE tells', () => {
    const content = bytes_of(0xd3, 1, 2, 3, done(0xfd, 0x10, 9));
    const { messages } = play([protocol], [select, say(packet(4, content))]);
    expect(messages.at(-1)).toMatchObject({ response_status: STATUS.ok });
    expect(messages.at(-1)!.sql_affected_rows).toBeUndefined();
    expect(lines([select, say(packet(4, bytes_of(0xd3, 1, 2, 3)))]).at(-1)).toBe('response | status 5');
  });

  it('several calls in one message are one row', () => {
    const headers = batch.slice(8, 30);
    const one = bytes_of(0xff, 0xff, 12, 0, 0, 0, 0, 0, 0x26, 4, 4, 7, 0, 0, 0);
    const { messages } = play([protocol], [ask(packet(3, bytes_of(headers, one, 0xff, one, 0xff, one)))]);
    expect(messages[0]).toMatchObject({
      request_type: 'sp_execute',
      attribute_names: ['batch_size'],
      attribute_values: ['3'],
    });
  });
});
