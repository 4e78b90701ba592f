import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Throttle } from './throttle.ts';

interface Kept {
  id: number;
  rate: number;
}
interface Offered {
  error: boolean;
  duration: number;
}

/** Offers all within one bucket; `random` from a seed. */
function bucket(calls: readonly Offered[], rows_s: number, seed: number): { kept: Kept[]; dropped: number } {
  const kept: Kept[] = [];
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const throttle = new Throttle<number>(rows_s, (id, rate) => kept.push({ id, rate }), random);
  throttle.tick(0);
  calls.forEach((call, id) => {
    if (throttle.offer(call.error, call.duration)) throttle.put(id);
  });
  throttle.tick(10_000);
  return { kept, dropped: throttle.dropped };
}

const calls = fc.array(fc.record({ error: fc.boolean(), duration: fc.nat(1000) }), { maxLength: 600 });

describe('throttle', () => {
  it('keeps everything while there is room', () => {
    fc.assert(
      fc.property(calls, fc.nat(), (offered, seed) => {
        const { kept, dropped } = bucket(offered, 4000, seed);
        expect(kept.map((k) => k.id).sort((a, b) => a - b)).toEqual(offered.map((_, i) => i));
        expect(kept.every((k) => k.rate === 1)).toBe(true);
        expect(dropped).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('never writes more than allowed, none twice, and counts what it leaves out', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 0, max: 2000 }), fc.nat(), (offered, rows_s, seed) => {
        const { kept, dropped } = bucket(offered, rows_s, seed);
        expect(kept.length).toBeLessThanOrEqual(rows_s < 1000 ? rows_s : Math.floor(rows_s / 4));
        expect(new Set(kept.map((k) => k.id)).size).toBe(kept.length);
        expect(kept.length + dropped).toBe(offered.length);
      }),
      { numRuns: 200 },
    );
  });

  it('lets the rows stand for all calls: the sum of 1 / rate is their number', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 64, max: 2000 }), fc.nat(), (offered, rows_s, seed) => {
        const { kept } = bucket(offered, rows_s, seed);
        const estimate = kept.reduce((sum, k) => sum + 1 / k.rate, 0);
        expect(estimate).toBeCloseTo(offered.length, 3);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps all errors while they fit into half, and the slowest', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 110 }), (seed, errors) => {
        const offered = Array.from({ length: 5000 }, (_, i) => ({
          error: i % 41 === 0 && i / 41 < errors,
          duration: (i * 7919) % 5003,
        }));
        const { kept } = bucket(offered, 1000, seed);
        const ids = new Set(kept.map((k) => k.id));
        offered.forEach((call, id) => {
          if (call.error) expect(ids.has(id)).toBe(true);
        });
        const slowest = offered
          .map((call, id) => ({ ...call, id }))
          .filter((call) => !call.error)
          .sort((a, b) => b.duration - a.duration)
          .slice(0, 15);
        for (const { id } of slowest) expect(ids.has(id)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('samples the rest evenly', () => {
    const hits = new Array<number>(400).fill(0);
    const offered = hits.map(() => ({ error: false, duration: 5 }));
    for (let seed = 1; seed <= 600; seed++) for (const k of bucket(offered, 400, seed * 7919).kept) hits[k.id]!++;
    const flat = bucket(offered, 100, 3).kept.length;
    expect(flat).toBe(100);
    let state = 12_345;
    const counts = new Array<number>(400).fill(0);
    for (let round = 0; round < 2000; round++) {
      state = (Math.imul(state, 48_271) + 11) >>> 0;
      for (const k of bucket(offered, 100, state).kept) counts[k.id]!++;
    }
    // 500 expected each, standard deviation about 19; the first ones sit in the heap of the slowest when all are alike.
    const rest = counts.slice(10);
    const mean = rest.reduce((a, b) => a + b, 0) / rest.length;
    for (const count of rest) expect(Math.abs(count - mean)).toBeLessThan(mean * 0.25);
  });
});
