import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, piece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const pieces = load(new URL('captures/clients.json', import.meta.url))[0]!;

describe('nats, recorded from nats-server', () => {
  const { messages, conversation } = play([protocol], pieces);
  const of = (name: string) => messages.filter((m) => m.request_type === name);

  it('exactly what the client did', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const own = of('PUB').concat(of('HPUB'));
    const subjects = own.map((m) => m.request_resource).filter((s) => !/^_INBOX|^\$JS/.test(s ?? ''));
    expect(subjects.sort()).toEqual(
      ['js.a', 'js.a', 'nobody.there', 'orders.ask', 'orders.ask', 'orders.new', 'orders.new'].sort(),
    );
    expect(of('SUB')[0]).toMatchObject({ endpoint: 'orders', attribute_values: ['orders.*', 'workers'] });
    expect(of('PUB').filter((m) => m.request_resource === '$JS.API.STREAM.CREATE.S')).toHaveLength(1);
  });

  it('greeting and pings are pairs, all else is one-way', () => {
    const kinds = messages.filter((m) => m.type !== MESSAGE_TYPE.session);
    const asked = kinds.filter((m) => m.type === MESSAGE_TYPE.request);
    const answered = kinds.filter((m) => m.type === MESSAGE_TYPE.response);
    expect(answered.map((m) => m.request_id)).toEqual(asked.map((m) => m.request_id));
    expect([...new Set(kinds.map((m) => m.request_type))]).toEqual(['INFO', 'CONNECT', 'PING', 'PONG']);
    expect(of('INFO')[0]).toMatchObject({ version: '2.9.10' });
  });

  it('traces of headers, and the status of a delivery', () => {
    expect(of('HPUB')[0]).toMatchObject({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
    expect(of('HMSG').find((m) => m.response_code === 503)).toMatchObject({ response_status: STATUS.server_error });
  });

  it('no login and no payload is kept', () => {
    expect(JSON.stringify(messages)).not.toMatch(/alice|hunter2|hidden|xxxx/);
  });

  it.each([1, 7, 300])('gives the same in pieces of %i bytes', (size) => {
    const small = pieces.flatMap(({ direction, bytes }) => {
      const cut: PlayedPiece[] = [];
      for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
      return cut;
    });
    expect(play([protocol], small, {}, { hint: 'nats' }).messages.map(said)).toEqual(messages.map(said));
  });
});

describe('nats, by the specification', () => {
  const lines = (...all: PlayedPiece[]) => play([protocol], all, {}, { hint: 'nats' });

  it('complaints, and TLS after the greeting', () => {
    const { messages } = lines(piece(TO_CLIENT, "-ERR 'Authorization Violation'\r\n-ERR 'Slow Consumer'\r\n"));
    expect(messages).toMatchObject([
      { response_status: STATUS.client_error, response_exception: 'Authorization Violation' },
      { response_status: STATUS.server_error, response_exception: 'Slow Consumer' },
    ]);
    const info = piece(TO_CLIENT, 'INFO {"server_name":"a","version":"2.9.0","tls_required":true}\r\n');
    expect(lines(info, piece(TO_SERVER, '\x16\x03\x01\x02\0\x01\0\x01\xfc')).conversation.state).toBe('encrypted');
  });

  it('a payload that is not captured costs nothing but itself', () => {
    const cut = { ...piece(TO_SERVER, 'PUB a.b 65536\r\nAAAA'), true_length: 15 + 65_538 };
    const { messages, conversation } = lines(cut, piece(TO_SERVER, 'ping\r\n'), piece(TO_CLIENT, 'PONG\r\n'));
    expect(messages.map((m) => [m.request_type, m.length])).toEqual([
      ['PUB', 65_553],
      ['PING', 6],
      ['PONG', 6],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('words that others use too are never certain', () => {
    const score = (text: string) => infer(Buffer.from(text, 'latin1'), 0, text.length, TO_SERVER).score;
    expect(score('CONNECT {"verbose":false}\r\n')).toBe(3);
    expect(score('CONNECT example.org:443 HTTP/1.1\r\n')).toBe(0);
    expect(score('PING\r\n')).toBe(1);
    expect(score('+OK\r\n')).toBe(1);
    expect(score('+OK POP3 ready\r\n')).toBe(0);
    expect(score('MSG some words\r\n')).toBe(0);
  });
});
