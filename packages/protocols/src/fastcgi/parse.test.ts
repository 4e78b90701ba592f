import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, type ParseOptions, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));

function read(name: string, options: Partial<ParseOptions> = {}): Message[] {
  return recorded(name).flatMap((pieces) => {
    const { messages, conversation } = play([protocol], pieces, options);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    return messages;
  });
}

/** Requests with their answers. */
function calls(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const told: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.request) {
      expect(waiting.has(m.request_id)).toBe(false);
      waiting.set(m.request_id, m);
      continue;
    }
    const asked = waiting.get(m.request_id);
    waiting.delete(m.request_id);
    told.push(
      [asked?.request_type ?? '-', asked?.request_resource ?? '-', m.response_code ?? m.response_exception].join(' '),
    );
  }
  expect(waiting.size).toBe(0);
  return told;
}

const attributes = (m: Message | undefined): Record<string, string> =>
  Object.fromEntries((m?.attribute_names ?? []).map((name, i) => [name, m?.attribute_values?.[i] ?? '']));

describe('fastcgi, recorded between nginx and PHP', () => {
  const messages = read('php');
  const of = (path: string) => messages.findIndex((m) => m.request_resource?.startsWith(path) === true);

  // The status that the client of nginx saw.
  it('tells each request and its status', () => {
    expect(calls(messages)).toEqual([
      'GET /orders/7?page=?&token=? 200',
      'POST /orders 200',
      'GET /missing 404',
      'GET /fail 500',
      'GET /busy 503',
      'GET /moved 302',
      'GET /large 200',
      'GET /stream 200',
      'GET /warn 200',
      'HEAD /head 200',
      'DELETE /orders/8 200',
      'PUT /upload 200',
      'GET /big 200',
    ]);
  });

  it('what HTTP would say of it', () => {
    expect(messages[0]).toMatchObject({
      request_id: 1,
      request_type: 'GET',
      request_domain: '127.0.0.1',
      endpoint: '/index.php',
      version: '1',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      x_request_id: 'req-1',
      http_proxy_client: '1.2.3.4',
    });
    expect(attributes(messages[0])).toEqual({ http_user_agent: 'curl/7.88.1', http_referer: 'http://a/b?c=?' });
    expect(messages[1]).toMatchObject({ x_request_id: 'resp-9', response_status: STATUS.ok });
    expect(messages[of('/missing') + 1]).toMatchObject({ response_status: STATUS.client_error });
    expect(messages[of('/fail') + 1]).toMatchObject({
      response_status: STATUS.server_error,
      response_exception: 'Internal Server Error',
    });
  });

  it('lengths: what was sent, bodies included', () => {
    const bytes = (direction: number) =>
      recorded('php')
        .flat()
        .filter((piece) => piece.direction === direction)
        .reduce((sum, piece) => sum + piece.bytes.length, 0);
    const sum = (type: number) =>
      messages.filter((m) => m.type === type && m.interim !== true).reduce((total, m) => total + (m.length ?? 0), 0);
    expect(sum(MESSAGE_TYPE.response)).toBe(bytes(TO_CLIENT));
    // Of a body the heads and the padding of its records are not known in advance.
    expect(bytes(TO_SERVER) - sum(MESSAGE_TYPE.request)).toBeLessThan(16 * 13 + 16);
  });

  it('an answer that goes on is told as unfinished once, and when it ends', () => {
    const unfinished = messages.filter((m) => m.unfinished === true);
    expect(unfinished).toHaveLength(2);
    expect(messages[of('/stream') + 1]).toMatchObject({ interim: true, response_code: 200 });
    expect(messages[of('/stream') + 2]).toMatchObject({ response_code: 200, length: 176 });
  });

  it('no value, cookie, authorization or text of an error is kept', () => {
    const all = ['php', 'cgi', 'mux', 'lib'].flatMap((name) => read(name));
    expect(JSON.stringify(all)).not.toMatch(/hunter2|aHVudGVyMg|yyyy/);
    const open = ['php', 'cgi', 'mux'].flatMap((name) => read(name, { redact: false }));
    expect(JSON.stringify(open)).not.toMatch(/aHVudGVyMg|session=|yyyy/);
    expect(open.find((m) => m.response_code === 500)?.response_exception).toMatch(
      /^Internal Server Error: PHP message: PHP Fatal error: {2}Uncaught Exception/,
    );
  });
});

describe('fastcgi, recorded from others', () => {
  it('scripts behind fcgiwrap, lines ended either way', () => {
    expect(calls(read('cgi', { redact: false }))).toEqual([
      'GET /script.cgi?plain&key=hunter2 200',
      'GET /script.cgi?exit&key=hunter2 200',
      'GET /script.cgi?status&key=hunter2 418',
      'GET /script.cgi?lf&key=hunter2 200',
      'GET /script.cgi?silent&key=hunter2 502',
      'POST /script.cgi 200',
    ]);
  });

  it('requests that share a connection, parameters cut anywhere, roles that are refused', () => {
    const messages = read('mux');
    expect(calls(messages)).toEqual([
      'GET_VALUES FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS ',
      'GET /fast/a/b/c 200',
      'POST /gone 410',
      '- - UNKNOWN_ROLE',
      '- - UNKNOWN_ROLE',
      'GET /six 200',
      'GET /five 200',
      'GET /slow?key=? 200',
      'GET /err app status 9',
      'GET /slow7 200',
    ]);
    const answer = (id: number) => messages.find((m) => m.request_id === id && m.type === MESSAGE_TYPE.response);
    expect(answer(0)?.response_result).toBe('FCGI_MAX_CONNS=1024, FCGI_MPXS_CONNS=1, FCGI_MAX_REQS=1024');
    expect(messages.find((m) => m.request_id === 2)).toMatchObject({ endpoint: '/fast/a', trace_id: 'trace' });
    expect(answer(4)).toMatchObject({ response_status: STATUS.client_error });
    expect(attributes(messages.find((m) => m.request_id === 4))).toEqual({ fastcgi_role: 'AUTHORIZER' });
    expect(answer(7)).toMatchObject({ response_status: STATUS.client_error, response_exception: 'ABORT_REQUEST' });
    expect(answer(8)).toMatchObject({ response_status: STATUS.server_error });
    expect(attributes(answer(8))).toEqual({ fastcgi_app_status: '9' });
  });

  it('values of the connection itself', () => {
    expect(read('lib').slice(0, 2)).toMatchObject([
      { request_type: 'GET_VALUES', request_id: 0 },
      { response_result: 'FCGI_MAX_CONNS=1, FCGI_MAX_REQS=1, FCGI_MPXS_CONNS=0', response_status: STATUS.ok },
    ]);
  });

  it.each([1, 9, 500])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of ['php', 'cgi', 'mux', 'lib'].flatMap(recorded)) {
      const small = pieces.flatMap(({ direction, bytes }) =>
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
          direction,
          bytes: bytes.slice(i * size, (i + 1) * size),
        })),
      );
      const whole = play([protocol], pieces).messages;
      expect(play([protocol], small, {}, { hint: 'fastcgi' }).messages.map(said)).toEqual(whole.map(said));
    }
  });
});

describe('fastcgi, by its specification', () => {
  const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
    direction,
    bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
  });
  const text = (value: string) => Buffer.from(value, 'latin1').toString('hex');
  const begin = '0101 0001 0008 0000 0001 01 0000000000';
  const params = `0104 0001 0013 0000 0e03 ${text('REQUEST_METHODGET')} 0104 0001 0000 0000`;
  const end = (app: string, protocol_status: string) => `0103 0001 0008 0000 ${app} ${protocol_status} 000000`;

  it('an application that is overloaded, or cannot share its connection, blames itself', () => {
    for (const [code, name] of [
      ['01', 'CANT_MPX_CONN'],
      ['02', 'OVERLOADED'],
    ] as const) {
      const { messages } = play([protocol], [hex(TO_SERVER, begin + params), hex(TO_CLIENT, end('00000000', code))]);
      expect(messages[1]).toMatchObject({ response_status: STATUS.server_error, response_exception: name });
    }
  });

  it('a record of a type that the application does not know', () => {
    const { messages } = play(
      [protocol],
      [
        hex(TO_SERVER, begin + params),
        hex(TO_SERVER, '01c8 0000 0000 0000'),
        hex(TO_CLIENT, '010b 0000 0008 0000 c800000000000000'),
      ],
    );
    expect(messages.slice(1)).toMatchObject([
      { type: MESSAGE_TYPE.request, request_type: 'type 200', request_id: 0 },
      { type: MESSAGE_TYPE.response, response_status: STATUS.client_error, response_exception: 'UNKNOWN_TYPE 200' },
    ]);
  });

  it('a redirect without a status, and a header in several records', () => {
    const location = text('Location: http://a/\r');
    const out = `0106 0001 00${(location.length / 2).toString(16)} 0000 ${location} 0106 0001 0003 0000 ${text('\n\r\n')}`;
    const { messages } = play(
      [protocol],
      [hex(TO_SERVER, begin + params), hex(TO_CLIENT, out + end('00000000', '00'))],
    );
    expect(messages[1]).toMatchObject({ response_code: 302, response_status: STATUS.ok });
  });

  it('an answer that is cut off by the end of its connection stands as far as it came', () => {
    const status = text('Status: 404 Not Found\r\n\r\n');
    const { messages, conversation } = play(
      [protocol],
      [
        hex(TO_SERVER, begin + params),
        hex(TO_CLIENT, `0106 0001 00${(status.length / 2).toString(16)} 0000 ${status}`),
      ],
    );
    expect(messages).toHaveLength(1);
    conversation.end(TO_CLIENT);
    expect(messages[1]).toMatchObject({ response_code: 404, response_status: STATUS.client_error });
  });

  it('parameters that were captured in part tell what they tell', () => {
    const [first] = recorded('php')[0]!;
    const cut = { ...first!, bytes: first!.bytes.subarray(0, 200), true_length: first!.bytes.length };
    const { messages } = play([protocol], [cut, ...recorded('php')[0]!.slice(1, 2)]);
    expect(messages).toMatchObject([{ request_type: 'GET', request_resource: '/orders/7?page=?&token=?' }, {}]);
  });

  it('only its own first bytes look like it', () => {
    const score = (bytes: string) => {
      const piece = hex(TO_SERVER, bytes);
      return infer(piece.bytes, 0, piece.bytes.length).score;
    };
    expect(score(begin)).toBe(3);
    expect(score(begin.replace('0001 01', '0004 01'))).toBe(0);
    expect(score(begin.replace('0008', '0009'))).toBe(0);
    expect(score(begin.replace(/0{10}$/, '0000000001'))).toBe(0);
    expect(score(`0109 0000 0010 0000 0e00 ${text('FCGI_MAX_CONNS')}`)).toBe(3);
    expect(score(end('00000000', '00'))).toBe(2);
    expect(score(end('00000000', '07'))).toBe(0);
  });
});
