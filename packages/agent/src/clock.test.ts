import { describe, expect, it } from 'vitest';
import { Clock, SYSTEM_CLOCK } from './clock.ts';

function fake() {
  const source = {
    mono: 5e9,
    step_ms: 0,
    monotonic_ns: () => source.mono,
    wall_ms: () => Math.floor(1_700_000_000_000 + source.mono / 1e6 + source.step_ms),
  };
  return source;
}

describe('clock', () => {
  it('agrees with the wall within its resolution', () => {
    const clock = new Clock();
    const us = clock.wall_us(SYSTEM_CLOCK.monotonic_ns());
    expect(Math.abs(us / 1000 - Date.now())).toBeLessThan(50);
  });

  it('changes later moments only when the wall is stepped', () => {
    const source = fake();
    const clock = new Clock(source);
    const before = clock.wall_us(source.mono);
    source.mono += 1e9;
    expect(clock.adjust()).toBe(false);
    source.step_ms = -3_600_000;
    source.mono += 1e9;
    expect(clock.adjust()).toBe(true);
    const after = clock.wall_us(source.mono);
    expect(after - before).toBe(2e6 - 3600e6);
    expect(clock.adjust()).toBe(false);
  });

  it('does not jump about by the resolution of the wall clock', () => {
    const source = fake();
    const clock = new Clock(source);
    let last = 0;
    for (let i = 0; i < 500; i++) {
      source.mono += 1e9 + 123_457;
      expect(clock.adjust()).toBe(false);
      const now = clock.wall_us(source.mono);
      if (i > 50) expect(Math.abs(now - last - 1_000_123)).toBeLessThan(100);
      last = now;
    }
  });
});
