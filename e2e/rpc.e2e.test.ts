// Real servers of HTTP/2, gRPC, gRPC-Web, WebSocket and Thrift: every call or message that a client counted is one row at either
// end, with its outcome, and there are no other rows.
import { rmSync } from 'node:fs';
import { afterAll } from 'vitest';
import { family } from './lib/family.ts';
import { etcd, GENERATED, grpc, grpc_web, haproxy, nginx_http2, node_http2, thrift, websocket } from './lib/rpc.ts';

const HTTP2 = 21;
const WEBSOCKET = 22;
const GRPC = 41;
const THRIFT = 51;

afterAll(() => rmSync(GENERATED, { recursive: true, force: true }));

family([
  {
    title: 'HTTP/2 of nginx: hundreds of streams on few connections, bodies between them',
    start: nginx_http2,
    client: 'http2',
    protocol: HTTP2,
  },
  { title: 'HTTP/2 of HAProxy', start: haproxy, client: 'http2', protocol: HTTP2 },
  {
    title: 'HTTP/2 of Node: streams reset by either side, too',
    start: node_http2,
    client: 'http2',
    args: ['endings'],
    protocol: HTTP2,
  },
  {
    title: 'gRPC of grpc-js: all kinds of streams, all codes, calls given up',
    start: grpc,
    client: 'grpc',
    protocol: GRPC,
  },
  // Its own gateway is a client of it.
  { title: 'gRPC of etcd: its API, a watch', start: etcd, client: 'etcd', protocol: GRPC, others: true },
  {
    title: 'gRPC-Web over HTTP/1: statuses in bodies',
    start: grpc_web('1'),
    client: 'grpc-web',
    args: ['1'],
    protocol: GRPC,
  },
  {
    title: 'gRPC-Web over HTTP/2: statuses in bodies',
    start: grpc_web('2'),
    client: 'grpc-web',
    args: ['2'],
    protocol: GRPC,
  },
  {
    title: 'WebSocket through nginx: messages of both sides, closings',
    start: websocket,
    client: 'websocket',
    protocol: WEBSOCKET,
  },
  ...[
    ['binary', 'framed'],
    ['binary', 'buffered'],
    ['compact', 'framed'],
    ['compact', 'buffered'],
  ].map(([protocol, transport]) => ({
    title: `Thrift, ${protocol} and ${transport}: answers, exceptions, calls without answer`,
    start: thrift(protocol!, transport!),
    client: 'thrift-calls.py',
    args: [GENERATED, protocol!, transport!],
    protocol: THRIFT,
  })),
]);
