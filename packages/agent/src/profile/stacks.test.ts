import { describe, expect, it } from 'vitest';
import type { Sample } from './sampler.ts';
import { ADDRESS_BIT, Stacks } from './stacks.ts';
import { Window } from './window.ts';

function sample(frames: readonly (readonly [number, number])[], more: Partial<Sample> = {}): Sample {
  const words = Uint32Array.from([7, 7, ...frames.flat()]);
  const base = {
    kind: 1,
    end: 1,
    kernel_frames: 0,
    user_frames: frames.length,
    pid: 1,
    tid: 1,
    moment_ns: 0,
    value: 10,
    comm: 'a',
  };
  return { ...base, words, start: 2, ...more };
}

describe('stacks', () => {
  it('are one for all processes while they lie in files', () => {
    const stacks = new Stacks();
    const in_file = [
      [1, 16],
      [2, 32],
    ] as const;
    const first = stacks.of(sample(in_file));
    expect(stacks.of(sample(in_file, { pid: 2 }))).toBe(first);
    expect(stacks.of(sample(in_file, { end: 3 }))).not.toBe(first);
    expect(stacks.of(sample(in_file, { kernel_frames: 1, user_frames: 1 }))).not.toBe(first);
    const anonymous = [[1, ADDRESS_BIT]] as const;
    expect(stacks.of(sample(anonymous))).not.toBe(stacks.of(sample(anonymous, { pid: 2 })));
    expect(stacks.size).toBe(5);
  });

  it('are bounded', () => {
    const stacks = new Stacks();
    for (let i = 0; i < 100_000; i++) stacks.of(sample([[i, 16]]));
    expect(stacks.size).toBeLessThanOrEqual(32_768);
    expect(stacks.dropped).toBeGreaterThan(0);
  });
});

describe('window', () => {
  it('adds up by second, stack and thread; what is not taken comes again', () => {
    const stack = new Stacks().of(sample([[1, 16]]));
    const window = new Window();
    window.add(5, stack, sample([], { tid: 1 }));
    window.add(5, stack, sample([], { tid: 1 }));
    window.add(5, stack, sample([], { tid: 2 }));
    window.add(6, stack, sample([], { tid: 1 }));
    const taken: string[] = [];
    window.take(6, (second, row) => {
      taken.push(`${second} ${row.tid} ${row.value}`);
      return row.tid === 1;
    });
    window.take(6, (second, row) => taken.push(`again ${second} ${row.tid}`) > 0);
    expect(taken).toEqual(['5 1 20', '5 2 10', 'again 5 2']);
  });
});
