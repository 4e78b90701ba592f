import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { protocol_list } from '../index.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { slide } from '../testing/slide.ts';
import { protocol } from './parse.ts';

const ask = (text: string) => piece(TO_SERVER, text);
const say = (text: string) => piece(TO_CLIENT, text);
const cut = (whole: PlayedPiece, captured: number): PlayedPiece => ({
  direction: whole.direction,
  bytes: whole.bytes.subarray(0, captured),
  true_length: whole.bytes.length,
});
const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

const run = (...pieces: PlayedPiece[]) => play([protocol], pieces);
const lines = (...pieces: PlayedPiece[]) => run(...pieces).messages.map(brief);
const codes = (...pieces: PlayedPiece[]) =>
  run(...pieces).messages.flatMap((m) => (m.type === MESSAGE_TYPE.response ? [m.response_code] : []));

describe('http1 messages', () => {
  it('keeps what a row needs and nothing secret', () => {
    const request = [
      'POST /v1/users/42/orders?token=hunter2&page=3 HTTP/1.1',
      'HOST: shop.example:8080',
      'user-agent: curl/8.5',
      'Referer: http://a.example/x?session=hunter2',
      'X-Forwarded-For: 10.0.0.1, 10.0.0.2',
      'X-Request-Id: abc-1',
      'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'Authorization: Bearer hunter2',
      'Cookie: sid=hunter2',
      'Content-Length: 5',
    ].join('\r\n');
    const { messages } = run(ask(`${request}\r\n\r\nhello`), say(NOT_FOUND));
    expect(messages[0]).toMatchObject({
      type: MESSAGE_TYPE.request,
      request_type: 'POST',
      request_resource: '/v1/users/42/orders?token=?&page=?',
      endpoint: '/v1/users',
      request_domain: 'shop.example:8080',
      version: '1.1',
      http_proxy_client: '10.0.0.1, 10.0.0.2',
      x_request_id: 'abc-1',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      span_id: '00f067aa0ba902b7',
      attribute_names: ['http_user_agent', 'http_referer'],
      attribute_values: ['curl/8.5', 'http://a.example/x?session=?'],
      length: request.length + 4 + 5,
      begin_ns: 1000,
      tcp_seq: 1,
    });
    expect(messages[1]).toMatchObject({
      type: MESSAGE_TYPE.response,
      response_code: 404,
      response_status: STATUS.client_error,
      response_exception: 'Not Found',
    });
    expect(JSON.stringify(messages)).not.toContain('hunter2');
  });

  it('keeps query values when asked to', () => {
    const { messages } = play([protocol], [ask('GET /a?b=c HTTP/1.1\r\n\r\n')], { redact: false });
    expect(messages[0]?.request_resource).toBe('/a?b=c');
  });

  it.each([
    ['/', '/', '/'],
    ['/a', '/a', '/a'],
    ['/a/b?c', '/a/b?c', '/a/b'],
    ['/a/b/c/d', '/a/b/c/d', '/a/b'],
    ['http://u:p@h.example/x/y/z', '/x/y/z', '/x/y'],
    ['http://h.example', '/', '/'],
    ['*', '*', '*'],
  ])('target %s', (target, resource, endpoint) => {
    const { messages } = play([protocol], [ask(`OPTIONS ${target} HTTP/1.1\r\n\r\n`)], { redact: false });
    expect(messages[0]).toMatchObject({ request_resource: resource, endpoint });
    expect(messages[0]?.request_domain).toBe(target.startsWith('http') ? 'h.example' : undefined);
  });

  it('joins folded header lines and ignores other headers with equal length', () => {
    const { messages } = run(
      ask('GET / HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1,\r\n  2.2.2.2\r\nX-Forwarded-Foo: 3\r\n\r\n'),
    );
    expect(messages[0]?.http_proxy_client).toBe('1.1.1.1, 2.2.2.2');
  });

  it('names a client or server error that has no reason phrase', () => {
    const { messages } = run(ask(GET), say('HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n'));
    expect(messages[1]).toMatchObject({
      response_status: STATUS.server_error,
      response_exception: 'Service Unavailable',
    });
  });
});

describe('http1 framing', () => {
  it.each([1, 2, 3, 4])('gives each response to its request when clients ask on while responses come (%i)', (seed) => {
    const exchanges = Array.from({ length: 40 }, (_, i) => {
      const status = `HTTP/1.1 ${200 + i} X\r\nContent-Length: 2\r\n\r\nhi`;
      return [ask(`GET /${i} HTTP/1.1\r\nHost: h\r\n\r\n`), say(status)] as const;
    });
    const pairs = slide(protocol, [], exchanges, seed);
    expect(pairs.map(([request, response]) => [request?.request_resource, response?.response_code])).toEqual(
      exchanges.map((_, i) => [`/${i}`, 200 + i]),
    );
  });

  it('reads a pipeline in one write, and each message has its own sequence number', () => {
    const { messages } = run(ask(GET.repeat(3)), say(OK + NOT_FOUND + OK));
    expect(messages.map((m) => m.response_code ?? m.request_type)).toEqual(['GET', 'GET', 'GET', 200, 404, 200]);
    expect(messages[1]?.tcp_seq).toBe(1 + GET.length);
    expect(messages[4]?.tcp_seq).toBe(1 + OK.length);
  });

  it('reads a message that comes byte by byte', () => {
    const bytes = [...GET.repeat(2)].map((byte) => ask(byte));
    const answers = [...(OK + OK)].map((byte) => say(byte));
    const { messages, conversation } = run(...bytes, ...answers);
    expect(messages.map(brief)).toEqual([
      'request | GET | /a',
      'request | GET | /a',
      ...Array(2).fill('response | status 0'),
    ]);
    expect(messages[1]?.begin_ns).toBe((GET.length + 1) * 1000);
    expect(messages[1]?.end_ns).toBe(GET.length * 2 * 1000);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });

  it('passes over a body of 1 GB of which little was captured', () => {
    const head = say('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n');
    const body = { direction: TO_CLIENT, bytes: new Uint8Array(4096), true_length: 65_536 };
    const { messages, conversation } = run(ask(GET), head, ...Array(16_384).fill(body), ask(GET), say(NOT_FOUND));
    expect(messages.map((m) => m.response_code)).toEqual([undefined, 200, undefined, 404]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('reads chunks with extensions and trailers, and holes inside them', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n';
    expect(codes(ask(GET), say(`${chunked}4;x=y\r\nWiki\r\n0\r\nA: b\r\n\r\n${NOT_FOUND}`))).toEqual([200, 404]);
    const big = say(`1000\r\n${'x'.repeat(4096)}\r\n`);
    expect(codes(ask(GET), say(chunked), cut(big, 100), say('0\r\n\r\n'), say(NOT_FOUND))).toEqual([200, 404]);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('%s answered by %j has no body', (method, response) => {
    const asked = ask(GET.replace('GET', method));
    expect(codes(asked, say(response), ask(GET), say(NOT_FOUND)).at(-1)).toBe(404);
  });

  it('marks 100 and 103 as interim', () => {
    const { messages } = run(ask(GET), say(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`));
    expect(messages.map((m) => m.interim)).toEqual([undefined, true, undefined]);
  });

  it('takes everything up to the end for a body without length', () => {
    const pieces = [ask(GET), say('HTTP/1.0 200 OK\r\n\r\nabc'), say('HTTP/1.1 500 No\r\n\r\n')];
    expect(codes(...pieces)).toEqual([200]);
  });

  it('is lost after a contradictory length and right again at the next message', () => {
    const bad = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde';
    expect(codes(ask(GET), say(bad), ask(GET), say(NOT_FOUND))).toEqual([200, 404]);
    const { conversation } = run(ask(GET), say(bad), ask(GET), say(NOT_FOUND));
    expect(conversation.counters.boundary_lost).toBe(1);
  });

  it.each(['5, 5', '5\r\nContent-Length: 5'])('accepts the repeated length %j', (length) => {
    expect(codes(ask(GET), say(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nabcde${NOT_FOUND}`))).toEqual([
      200, 404,
    ]);
  });

  it('tolerates bare line feeds and empty lines before a start line', () => {
    expect(lines(ask(GET.replaceAll('\r', '')), ask(`\r\n${GET}`))).toEqual(Array(2).fill('request | GET | /a'));
  });

  it.each([
    [ask('GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'), 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 101],
    [ask('CONNECT h.example:443 HTTP/1.1\r\n\r\n'), 'HTTP/1.1 200 Connection established\r\n\r\n', 200],
  ])('leaves quietly after an upgrade', (asked, response, code) => {
    const { messages, conversation } = run(asked, say(response), say('\x81\x05hello'), ask('\x82\x80abcd'));
    expect(messages.at(-1)?.response_code).toBe(code);
    expect(messages).toHaveLength(2);
    expect(conversation.state).toBe('unclaimed');
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });

  it('sees TLS inside a CONNECT tunnel', () => {
    const pieces = [
      ask('CONNECT h:443 HTTP/1.1\r\n\r\n'),
      say('HTTP/1.1 200 OK\r\n\r\n'),
      ask('\x16\x03\x01\x00\x50\x01\x00'),
    ];
    expect(run(...pieces).conversation.state).toBe('encrypted');
    expect(play(protocol_list, pieces).conversation.protocol?.card.encrypts).toBe(true);
  });
});

describe('http1 with bytes missing', () => {
  it('emits what is certain of a header section that a hole cuts', () => {
    const long = ask(`GET /a/b?c HTTP/1.1\r\nHost: h\r\nCookie: ${'x'.repeat(8000)}\r\n\r\n`);
    const { messages, conversation } = run(cut(long, 4096), say(OK), ask(GET), say(NOT_FOUND));
    expect(messages.map((m) => m.response_code ?? m.request_domain)).toEqual(['h', 200, 'h', 404]);
    expect(messages[0]?.endpoint).toBe('/a/b');
    expect(conversation.counters.boundary_lost).toBe(1);
  });

  it('reads whole header sections of many kilobytes, and stores the first 64 KiB of larger ones', () => {
    const cookie = (n: number) =>
      `GET /big HTTP/1.1\r\nHost: h\r\nCookie: ${'x'.repeat(n)}\r\nContent-Length: 3\r\n\r\nabc`;
    expect(lines(ask(cookie(20_000)), ask(GET))).toEqual(['request | GET | /big', 'request | GET | /a']);
    const lined = `GET /big HTTP/1.1\r\n${'Cookie: x\r\n'.repeat(10_000)}Content-Length: 3\r\n\r\nabc${GET}`;
    const pieces = (lined.match(/[\s\S]{1,4096}/g) ?? []).map(ask);
    expect(lines(...pieces)).toEqual(['request | GET | /big', 'request | GET | /a']);
  });

  it('starts in the middle of a body', () => {
    const { messages } = play([protocol], [say('rest of a body'), ask(GET), say(OK)], {}, { from_start: false });
    expect(messages.map(brief)).toEqual(['request | GET | /a', 'response | status 0']);
  });

  it('copes with a response that is seen before its request', () => {
    const head = ask(GET.replace('GET', 'HEAD'));
    const head_response = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n';
    const found = codes(say(OK), ask(GET), head, say(head_response), ask(GET), say(NOT_FOUND));
    expect(found).toEqual([200, 200, 404]);
  });

  it('finds the next message after a length that was damaged upwards', () => {
    const damaged = 'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nhi';
    const more = Array.from({ length: 4 }, () => [ask(GET), say(NOT_FOUND)]).flat();
    expect(codes(ask(GET), say(damaged), ...more)).toEqual([200, 404, 404, 404, 404]);
  });
});

describe('http1 inference', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 3],
    ['GET /a', 2],
    ['GE', 0],
    ['HTTP/1.1 200 OK\r\n', 3],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 0],
    ['OPTIONS rtsp://h/ RTSP/1.0\r\n', 0],
    ['get key\r\n', 0],
    ['QUERY x\r\n', 0],
  ])('%j scores %i', (text, score) => {
    expect(protocol.infer(Buffer.from(text), 0, text.length, TO_SERVER, 0).score).toBe(score);
  });
});
