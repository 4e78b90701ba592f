import { expect, it } from 'vitest';
import { type Golden, worse } from './worse.ts';

const golden = (patch: Partial<Golden> = {}): Golden => ({
  request: 10_000,
  request_s: 10,
  error_ratio: 0.01,
  p95: 1000,
  ...patch,
});
const score = (now: Partial<Golden>, then: Partial<Golden> = {}): number =>
  worse(golden(now), golden(then))?.score ?? -1;

it('is zero when nothing changed or everything improved', () => {
  expect(score({})).toBe(0);
  expect(score({ error_ratio: 0, p95: 500 })).toBe(0);
});

it('adds up what got worse, and says what', () => {
  const w = worse(golden({ error_ratio: 0.06, p95: 2000, request_s: 5 }), golden());
  const part = (what: string) => w?.parts.find((p) => p.what === what)?.points ?? -1;
  expect(part('error share')).toBeCloseTo(15, 0);
  expect(part('p95')).toBeCloseTo(15, 0);
  expect(part('requests/s')).toBeCloseTo(5, 0);
  expect(w?.score).toBeCloseTo(35, 0);
});

it('ranks errors above slowness above less traffic', () => {
  expect(score({ error_ratio: 0.3 })).toBeGreaterThan(score({ p95: 8000 }));
  expect(score({ p95: 8000 })).toBeGreaterThan(score({ request_s: 1 }));
  expect(score({ request_s: 5 })).toBeGreaterThan(score({ request_s: 20 }));
});

it('trusts few calls less than many', () => {
  const few = { request: 3, request_s: 0.003 };
  expect(score({ ...few, error_ratio: 0.33 }, few)).toBeLessThan(score({ error_ratio: 0.1 }) / 2);
});

it('stays within 100', () => {
  expect(score({ error_ratio: 1, p95: 1e9, request_s: 1e9 })).toBeLessThanOrEqual(100);
});

it('counts traffic that is gone, and compares with nothing when there was none', () => {
  expect(score({ request: 0, request_s: 0, error_ratio: null, p95: null })).toBeCloseTo(10, 0);
  expect(worse(golden(), undefined)).toBeUndefined();
  expect(worse(golden(), golden({ request: 0 }))).toBeUndefined();
});
