import { describe, expect, it } from 'vitest';
import { MemoryGuard } from './limits.ts';
import { PollPace } from './poll.ts';

describe('pace', () => {
  it('is seldom at rest and quick under load', () => {
    const pace = new PollPace(1);
    let wait = 0;
    for (let i = 0; i < 20; i++) wait = pace.next(3, 0.1, false);
    expect(wait).toBe(50);
    for (let i = 0; i < 20; i++) wait = pace.next(5000, 5, false);
    expect(wait).toBe(1);
    expect(pace.next(8192, 5, true)).toBe(0);
  });

  it('leaves the share of the core that is not its own', () => {
    expect(new PollPace(0.25).next(8192, 10, true)).toBeCloseTo(30);
  });
});

describe('memory', () => {
  it('stops above the limit and goes on only well below', () => {
    let bytes = 50;
    const guard = new MemoryGuard(100, () => bytes);
    const closed = [50, 101, 95, 80, 99].map((next) => {
      bytes = next;
      guard.check();
      return guard.closed;
    });
    expect(closed).toEqual([false, true, true, false, false]);
    expect(guard.problem).toBe('');
  });
});
