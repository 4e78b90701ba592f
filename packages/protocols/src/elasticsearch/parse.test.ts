// Read by the parsers of HTTP, which carries these calls.
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { type Message, MESSAGE_TYPE, type ParseOptions, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { piece, play, said } from '../testing/play.ts';
import { load, record } from '../testing/record.ts';
import { card } from './card.ts';
import { read_path } from './path.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;

function read(name: string, options: Partial<ParseOptions> = {}): Message[] {
  const { messages, conversation } = play(protocol_list, recorded(name), options);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  return messages;
}

/** API, place and outcome of each call. */
function calls(messages: readonly Message[]): string[] {
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
  expect(responses).toHaveLength(requests.length);
  return requests.map((m, i) => {
    const { response_code, response_exception } = responses[i]!;
    return [m.endpoint, response_code, response_exception ?? ''].join(' ').trim();
  });
}

const EXPECTED = [
  'info 200',
  'orders/indices.create 200',
  'again/indices.create 400 resource_already_exists_exception: index [again/xyz] already exists',
  'orders/indices.exists 200',
  'orders/index 201',
  'orders/index 201',
  'orders/create 409 version_conflict_engine_exception',
  'orders/index 400 document_parsing_exception',
  'orders/get 200',
  'orders/get 404 Not Found',
  'orders/exists 200',
  'orders/update 200',
  'orders/search 200',
  'logs-*,orders/search 200',
  'orders/search 400 parsing_exception',
  'nope/search 404 index_not_found_exception: no such index [nope]',
  'scroll 200',
  'orders/count 200',
  'bulk 200',
  'orders/bulk 200 version_conflict_engine_exception',
  'msearch 200',
  'orders/mget 200',
  'orders/delete_by_query 200',
  'cluster.health 200',
  'cat.indices 200',
  'nodes.stats 200',
  'busy/index 429 es_rejected_execution_exception',
  'blocked/get 503 cluster_block_exception: index [blocked] blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];',
  'security.authenticate 401 security_exception',
  'sql.query 200',
  'orders/indices.refresh 200',
  'indices.update_aliases 200',
  'orders/delete 200',
  'orders/indices.delete 200',
];
const OPENSEARCH: Readonly<Record<string, string>> = {
  'security.authenticate 401 security_exception': 'plugins.security 401 security_exception',
  'sql.query 200': 'plugins.sql 200',
};

describe('elasticsearch', () => {
  it.each(['elasticsearch', 'elasticsearch-gzip'])('%s: each call of the client as what it is', (name) => {
    const messages = read(name);
    expect(new Set(messages.map((m) => m.l7_protocol))).toEqual(new Set([card.id]));
    expect(calls(messages)).toEqual(EXPECTED);
  });

  it('opensearch: the same, though its server does not say what it is', () => {
    const messages = read('opensearch');
    expect(new Set(messages.map((m) => m.l7_protocol))).toEqual(new Set([card.id]));
    expect(calls(messages)).toEqual(EXPECTED.map((call) => OPENSEARCH[call] ?? call));
  });

  it('rows keep what HTTP says of them', () => {
    const [info, , , , , , , , index] = read('elasticsearch');
    expect(info).toMatchObject({ request_type: 'info', request_resource: '/', version: '1.1' });
    expect(index).toMatchObject({
      request_type: 'index',
      request_resource: '/orders/_doc/7',
      endpoint: 'orders/index',
    });
    expect(index?.attribute_names).toContain('http_method');
    const responses = read('elasticsearch').filter((m) => m.type === MESSAGE_TYPE.response);
    expect(responses[2]?.response_status).toBe(STATUS.client_error);
    expect(responses[27]?.response_status).toBe(STATUS.server_error);
    // A bulk whose items failed was answered all the same.
    expect(responses[19]?.response_status).toBe(STATUS.ok);
  });

  it.each(['elasticsearch', 'elasticsearch-gzip', 'opensearch'])(
    '%s: no value is kept, unless that is wished',
    (name) => {
      const text = JSON.stringify(read(name));
      expect(text).not.toMatch(/hunter2|Bob|no_such_error/);
      const open = read(name, { redact: false });
      // Documents, hits, credentials and the text of answers never are.
      expect(JSON.stringify(open)).not.toMatch(/Bob|no_such_error|aHVudGVy|Ym9iOmh1bnRlcjI/);
      const searches = open.filter((m) => m.request_type === 'search').map((m) => m.request_resource);
      expect(searches[0]).toBe('/orders/_search {"query":{"match":{"customer":"hunter2"}},"size":40}');
      expect(searches[1]).toBe('/logs-*%2Corders/_search?q=customer%3Ahunter2&scroll=1m');
      const parsing = open.filter((m) => m.response_exception?.includes('parsing_exception'));
      expect(parsing.map((m) => m.response_exception)).toEqual([
        "document_parsing_exception: [1:9] failed to parse field [total] of type [long] in document with id 'bad'. Preview of field's value: 'hunter2'",
        'parsing_exception: unknown query [broken] "quoted"',
      ]);
      expect(calls(open).map((call) => call.split(' ')[0])).toEqual(
        calls(read(name)).map((call) => call.split(' ')[0]),
      );
    },
  );

  it.each([1, 13, 600])('gives the same in pieces of %i bytes', (size) => {
    for (const redact of [true, false]) {
      const pieces = recorded('elasticsearch-gzip');
      const small = pieces.flatMap(({ direction, bytes }) =>
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
          direction,
          bytes: bytes.slice(i * size, (i + 1) * size),
        })),
      );
      const whole = play(protocol_list, pieces, { redact }).messages;
      const got = play(protocol_list, small, { redact }, { hint: card.variant_of }).messages;
      expect(got.map(said)).toEqual(whole.map(said));
    }
  });

  it('is found in HTTP/2 as well, behind a proxy that speaks it', async () => {
    const server = createServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.writeHead(404, { 'content-type': 'application/json' });
      outgoing.end('{"error":{"type":"index_not_found_exception","reason":"no such index [a]"},"status":404}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const recorder = await record((server.address() as AddressInfo).port);
    const session = connect(`http://127.0.0.1:${recorder.port}`);
    await new Promise<void>((resolve) => {
      const headers = { ':method': 'POST', ':path': '/a/_search?q=hunter2', 'content-type': 'application/json' };
      const stream = session.request(headers);
      stream.resume().on('close', resolve);
      stream.end('{"query":{"match_all":{}}}');
    });
    await new Promise<void>((resolve) => session.close(resolve));
    server.close();
    const { connections } = await recorder.stop('node');
    const pieces = connections[0]!.map(([direction, base64]) => ({ direction, bytes: Buffer.from(base64, 'base64') }));
    const messages = play(protocol_list, pieces).messages.filter((m) => m.interim !== true);
    expect(messages).toMatchObject([
      { l7_protocol: card.id, request_type: 'search', endpoint: 'a/search', request_resource: '/a/_search?q=?' },
      { l7_protocol: card.id, response_code: 404, response_exception: 'index_not_found_exception: no such index [a]' },
    ]);
  });
});

describe('elasticsearch, message by message', () => {
  const ask = (line: string, fields = '', body = '') =>
    piece(TO_SERVER, `${line} HTTP/1.1\r\nHost: h\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`);
  const ok = (fields = '', body = '{}') =>
    piece(TO_CLIENT, `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`);
  const kinds = (...pieces: ReturnType<typeof piece>[]) =>
    play(protocol_list, pieces).messages.map((m) => [m.l7_protocol, m.request_type]);

  it('a server that says what it is makes all that follows calls of it', () => {
    expect(
      kinds(
        ask('GET /'),
        ok('X-elastic-product: Elasticsearch\r\n'),
        ask('HEAD /orders'),
        ok(),
        ask('GET /a/b/c'),
        ok(),
      ),
    ).toEqual([
      [undefined, 'GET'],
      [card.id, undefined],
      [card.id, 'indices.exists'],
      [card.id, undefined],
      [card.id, 'get'],
      [card.id, undefined],
    ]);
  });

  it('an answer that was lost leaves the next error unread, not those after it', () => {
    const error = '{"error":{"type":"parsing_exception","reason":"r"}}';
    const failed = piece(
      TO_CLIENT,
      `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${error.length}\r\n\r\n${error}`,
    );
    const search = ask('POST /a/_search');
    const { messages } = play(protocol_list, [search, search, failed, search, failed, search, failed]);
    const answers = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.unseen !== true);
    const told = answers.map((m) => m.response_exception);
    expect(told).toEqual(['Bad Request', 'parsing_exception', 'parsing_exception']);
  });

  it('others that use underscores are left alone', () => {
    const own = ['GET /_all_docs', 'POST /db/_find', 'GET /_next/static/a.js', 'GET /a_search', 'GET /x/y/z/_search'];
    for (const line of own) expect(kinds(ask(line), ok())[0]?.[0], line).toBe(undefined);
  });

  it('an answer that comes before the query has ended', () => {
    const head =
      'POST /orders/_search HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"query"';
    const pieces = [
      piece(TO_SERVER, head),
      piece(TO_CLIENT, 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n'),
      piece(TO_SERVER, ':{"a":{}}}  '),
      ask('GET /orders/_count'),
      ok(),
    ];
    const { messages, conversation } = play(protocol_list, pieces, { redact: false });
    expect(conversation.counters.boundary_lost).toBe(0);
    expect(messages.map((m) => m.request_resource ?? m.response_code)).toEqual([
      '/orders/_search {"query"',
      413,
      '/orders/_count',
      200,
    ]);
    expect(messages[0]!.end_ns).toBeLessThan(messages[1]!.begin_ns! + 1);
  });

  it('names of the API by method and path', () => {
    const name = (method: string, path: string, known = false) => {
      const call = read_path(method, path, known);
      return call === undefined ? undefined : `${call.index} ${call.name ?? '-'}`.trim();
    };
    expect(name('GET', '/_search')).toBe('search');
    expect(name('POST', '/a,b/_search/template')).toBe('a,b search_template');
    expect(name('DELETE', '/_search/scroll/abc')).toBe('clear_scroll');
    expect(name('PUT', '/orders/_mapping')).toBe('orders indices.put_mapping');
    expect(name('GET', '/orders/_mapping/field/x')).toBe('orders indices.get_mapping');
    expect(name('GET', '/_nodes/node1/stats/jvm')).toBe('nodes.stats');
    expect(name('GET', '/_cluster/allocation/explain')).toBe('cluster.allocation');
    expect(name('GET', '/_cat/shards/orders')).toBe('cat.shards');
    expect(name('PUT', '/_ilm/policy/p')).toBe('ilm.policy');
    expect(name('GET', '/_plugins/_ism/explain')).toBe('plugins.ism');
    expect(name('POST', '/_all/_refresh')).toBe('_all indices.refresh');
    expect(name('GET', '/orders/order/_search')).toBe('orders search');
    expect(name('POST', '/%3Clogs-%7Bnow%2Fd%7D%3E/_doc')).toBe('<logs-{now/d}> index');
    expect(name('POST', '/%zz/_doc')).toBe('%zz index');
    expect(name('GET', '/orders/order/7')).toBe(undefined);
    expect(name('GET', '/orders/order/7', true)).toBe('orders get');
    expect(name('GET', '/_unknown/thing', true)).toBe('-');
    expect(name('GET', '/constructor/_toString')).toBe(undefined);
  });
});
