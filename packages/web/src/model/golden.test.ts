import { expect, it } from 'vitest';
import { bucket_of, golden_series } from './golden.ts';

const WINDOW = { from_s: 1000, to_s: 1030, seconds: 30, precision: '1s' } as const;
const counts = (bucket: number, point: string, request: number, error = 0) => ({
  bucket,
  auto_service_0: 'a',
  auto_service_type_0: 120,
  auto_service_1: 'b',
  auto_service_type_1: 120,
  l7_protocol: 20,
  is_tls: 0,
  observation_point: point,
  sum_request: request,
  sum_response: request,
  sum_server_error: error,
});

it('counts each call once, at one point for the whole range', () => {
  // The client saw a call end in the bucket before the server did: choosing a point a bucket would count it twice.
  const rows = [counts(1000, 'c-p', 5), counts(1010, 's-p', 5, 1), counts(1010, 'c-p', 2)];
  const golden = golden_series(rows, [], WINDOW, 10, 2000);
  expect(golden.time_s).toEqual([1000, 1010, 1020]);
  expect(golden.request_s).toEqual([0, 0.5, 0]);
  expect(golden.server_error_percent).toEqual([null, 20, null]);
  expect(golden.totals.request).toBe(5);
});

it('takes times from the client unless it saw clearly fewer responses', () => {
  const times = (point: string, response: number, p95: number) => ({
    bucket: 1000,
    observation_point: point,
    sum_response: response,
    p50: 1,
    p95,
    p99: 9,
  });
  expect(golden_series([], [times('c-p', 99, 7), times('s-p', 100, 8)], WINDOW, 10, 2000).p95[0]).toBe(7);
  expect(golden_series([], [times('c-p', 10, 7), times('s-p', 100, 8)], WINDOW, 10, 2000).p95[0]).toBe(8);
});

it('does not draw what is still on its way', () => {
  expect(golden_series([], [], WINDOW, 10, 1028).time_s).toEqual([1000, 1010]);
});

it('reads buckets as numbers or as UTC text', () => {
  expect([bucket_of(1000), bucket_of('1000'), bucket_of('1970-01-01 00:16:40'), bucket_of(null)]).toEqual([
    1000, 1000, 1000, 0,
  ]);
});
