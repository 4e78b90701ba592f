import { expect, it } from 'vitest';
import { compare, served_of } from './served.ts';

const edge = (client: string, point: string, request: number, endpoint = '/x') => ({
  auto_service_0: client,
  auto_service_type_0: 120,
  auto_service_1: 'shop',
  auto_service_type_1: 120,
  l7_protocol: 20,
  is_tls: 0,
  observation_point: point,
  endpoint,
  sum_request: request,
  sum_response: request,
  p95: 5,
});
const times = (point: string, response: number, p95: number) => ({
  ...edge('', point, 0),
  sum_response: response,
  p95,
});
const one = (lines: ReturnType<typeof served_of>) => [...lines.values()][0];

it('adds up clients, each counted where it was seen', () => {
  const rows = [edge('a', 'c-p', 10), edge('a', 's-p', 10), edge('b', 'c-p', 3)];
  const lines = served_of(rows, [times('c-p', 13, 70), times('s-p', 10, 60)], false, 10);
  expect(lines.size).toBe(1);
  expect(one(lines)).toMatchObject({ request: 13, request_s: 1.3, clients: 2, p95: 70, error_ratio: 0 });
});

it('keeps endpoints apart, and leaves out what holds no calls', () => {
  const rows = [edge('a', 's-p', 4, '/x'), edge('a', 's-p', 5, '/y'), { ...edge('a', 's-p', 0), sum_byte: 9 }];
  expect([...served_of(rows, [], true, 1).values()].map((l) => [l.endpoint, l.request])).toEqual([
    ['/x', 4],
    ['/y', 5],
  ]);
});

it('keeps a line for what is gone', () => {
  const then = served_of([edge('a', 's-p', 50)], [], false, 10);
  const [line] = compare(new Map(), then);
  expect(line).toMatchObject({ request: 0, error_ratio: null, earlier: { request: 50 } });
  expect(line?.worse?.score).toBeGreaterThan(0);
});
