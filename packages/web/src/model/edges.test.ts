import { expect, it } from 'vitest';
import {
  type EdgeRow,
  error_ratio,
  fold_opaque,
  merge_edges,
  parse_service_key,
  service_key,
  trouble_ratio,
} from './edges.ts';
import { HANDSHAKES } from './protocols.ts';
import { edge_row_of } from './queries.ts';

const row = (patch: Partial<EdgeRow>): EdgeRow => ({
  client: { name: 'a', type: 120 },
  server: { name: 'b', type: 120 },
  protocol: 20,
  is_tls: false,
  point: 's-p',
  request: 10,
  response: 10,
  client_error: 0,
  server_error: 0,
  timeout: 0,
  byte: 1000,
  new_flow: 1,
  establish_fail: 0,
  p50: 100,
  p95: 200,
  p99: 300,
  ...patch,
});
const only = (rows: EdgeRow[]) => {
  const edges = merge_edges(rows);
  expect(edges).toHaveLength(1);
  return edges[0]!;
};

it('counts at the server and times at the client where both saw the edge', () => {
  const edge = only([
    row({ point: 'c-p', request: 12, response: 11, p95: 250 }),
    row({ point: 's-p', request: 10, response: 10, p95: 200 }),
  ]);
  expect(edge).toMatchObject({
    request: 10,
    response: 10,
    p95: 250,
    point: 's-p',
    timed_at: 'c-p',
    points: ['c-p', 's-p'],
  });
});

it('falls back to the only side that saw the edge', () => {
  expect(only([row({ point: 'c-p', request: 7 })])).toMatchObject({ request: 7, timed_at: 'c-p', point: 'c-p' });
  expect(only([row({ point: 's-p', request: 8 })])).toMatchObject({ request: 8, timed_at: 's-p', point: 's-p' });
});

it('times at the server when the client saw no response', () => {
  const edge = only([
    row({ point: 'c-p', response: 0, p50: null, p95: null, p99: null }),
    row({ point: 's-p', p95: 42 }),
  ]);
  expect(edge).toMatchObject({ p95: 42, timed_at: 's-p' });
});

it('takes a capture file for what no process saw', () => {
  expect(merge_edges([row({ point: 'rest' })])).toHaveLength(1);
  expect(merge_edges([row({ point: 'rest', request: 99 }), row({ point: 'c-p', request: 10 })])[0]).toMatchObject({
    point: 'c-p',
    request: 10,
  });
});

it('never takes counts from network cards or applications', () => {
  expect(merge_edges([row({ point: 's' }), row({ point: 'c-nd' }), row({ point: 'app' })])).toEqual([]);
});

it('keeps edges apart by direction, protocol, encryption and kind of service', () => {
  const edges = merge_edges([
    row({}),
    row({ client: { name: 'b', type: 120 }, server: { name: 'a', type: 120 } }),
    row({ protocol: 80 }),
    row({ is_tls: true }),
    row({ server: { name: 'b', type: 255 } }),
  ]);
  expect(edges).toHaveLength(5);
  expect(new Set(edges.map((e) => e.id)).size).toBe(5);
});

it('gives the same order whatever order the rows come in', () => {
  const rows = [row({}), row({ protocol: 80 }), row({ protocol: 120 }), row({ is_tls: true })];
  expect(merge_edges(rows).map((e) => e.id)).toEqual(merge_edges([...rows].reverse()).map((e) => e.id));
});

it('calls an edge without calls opaque, encrypted or unknown, with the failures only the client knows', () => {
  const none = { request: 0, response: 0, protocol: 0, p50: null, p95: null, p99: null };
  expect(only([row({ ...none, is_tls: true })])).toMatchObject({ opaque: true, label: 'encrypted' });
  const edge = only([row({ ...none, point: 'c-p', establish_fail: 3 }), row({ ...none, byte: 77 })]);
  expect(edge).toMatchObject({ opaque: true, label: 'unknown', establish_fail: 3, byte: 77 });
});

it('does not take handshakes for calls: the edge stays encrypted, with its bytes and connections', () => {
  const sums = { sum_request: 4, sum_response: 4, sum_server_error: 1, sum_byte: 77, sum_new_flow: 4, p95: 9 };
  const edge = only([edge_row_of({ l7_protocol: HANDSHAKES, is_tls: 1, observation_point: 's-p', ...sums })]);
  expect(edge).toMatchObject({ opaque: true, label: 'encrypted', request: 0, server_error: 0, byte: 77, p95: null });
});

it('folds what was not understood into the calls of the same pair, and leaves it where there are none', () => {
  const none = { request: 0, response: 0, protocol: 0, byte: 7, new_flow: 2, establish_fail: 1 };
  const other = { name: 'c', type: 120 };
  const edges = fold_opaque(
    merge_edges([row({ request: 5 }), row({ protocol: 80 }), row(none), row({ ...none, server: other })]),
  );
  expect(edges).toHaveLength(3);
  expect(edges.find((e) => e.protocol === 80)?.folded).toEqual({ byte: 7, new_flow: 2, establish_fail: 1 });
  expect(edges.find((e) => e.protocol === 20)?.folded).toBeUndefined();
  expect(edges.find((e) => e.opaque)?.server).toEqual(other);
});

it('has no error share without responses, but is in trouble when all calls time out', () => {
  const counts = { request: 4, response: 0, client_error: 0, server_error: 0, timeout: 4 };
  expect(error_ratio(counts)).toBeNull();
  expect(trouble_ratio(counts)).toBe(1);
  expect(error_ratio({ ...counts, response: 4, client_error: 1, server_error: 1 })).toBe(0.5);
});

it('takes service keys apart again, whatever is in the name', () => {
  for (const name of ['', 'a/b', 'näme\n~', '255/x']) {
    expect(parse_service_key(service_key({ name, type: 255 }))).toEqual({ name, type: 255 });
  }
  for (const bad of ['', 'x/y', '1234/x', 'name']) expect(parse_service_key(bad)).toBeUndefined();
});
