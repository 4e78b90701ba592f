import { expect, it } from 'vitest';
import { before, bucket_seconds, LAST_SECONDS, resolve } from './range.ts';

const NOW = 1_800_000_017;

it('reads second tables for short recent ranges, whole minutes of minute tables else', () => {
  expect(resolve({ kind: 'last', seconds: 600 }, NOW)).toEqual({
    from_s: NOW - 600,
    to_s: NOW,
    seconds: 600,
    precision: '1s',
  });
  const day = resolve({ kind: 'last', seconds: 86_400 }, NOW);
  expect(day.precision).toBe('1m');
  expect(day.from_s % 60).toBe(0);
  expect(day.to_s % 60).toBe(0);
  // Rates divide by time that has passed, not by the rest of the minute.
  expect(day.seconds).toBe(NOW - day.from_s);
});

it('does not ask second tables for what they have forgotten', () => {
  expect(resolve({ kind: 'fixed', from_s: NOW - 90_000, to_s: NOW - 89_000 }, NOW).precision).toBe('1m');
});

it('compares with as much time just before', () => {
  const window = resolve({ kind: 'last', seconds: 300 }, NOW);
  const then = before(window);
  expect(then.to_s).toBe(window.from_s);
  expect(then.to_s - then.from_s).toBe(300);
});

it('draws between ten and a hundred points, in whole table intervals', () => {
  for (const seconds of LAST_SECONDS) {
    const window = resolve({ kind: 'last', seconds }, NOW);
    const bucket = bucket_seconds(window);
    expect(bucket % (window.precision === '1m' ? 60 : 1)).toBe(0);
    expect(seconds / bucket).toBeGreaterThan(10);
    expect(seconds / bucket).toBeLessThanOrEqual(100);
  }
});
