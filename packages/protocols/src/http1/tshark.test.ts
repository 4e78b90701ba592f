// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['http.request.method', 'http.request.uri', 'http.host', 'http.response.code', 'http.x_forwarded_for'];
const CONNECTIONS = ['node', 'nginx'].flatMap((name) =>
  load(new URL(`captures/${name}.json`, import.meta.url)).map((pieces, i) => ({ what: `${name} ${i}`, pieces })),
);

it.skipIf(no_tshark).each(CONNECTIONS)('$what: the same requests and responses', ({ pieces }) => {
  const [methods, targets, hosts, codes, proxies] = tshark(pieces, FIELDS, 'http');
  const { messages } = play([protocol], pieces, { redact: false });
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(requests.map((m) => m.request_type)).toEqual(methods);
  expect(requests.map((m) => m.request_resource)).toEqual(targets);
  expect(requests.map((m) => m.request_domain)).toEqual(hosts);
  // Interim responses are messages, too.
  expect(responses.map((m) => String(m.response_code))).toEqual(codes);
  expect(requests.flatMap((m) => m.http_proxy_client ?? [])).toEqual(proxies);
  expect(requests.length).toBeGreaterThan(0);
});
