import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;

export function captures(): FuzzCapture[] {
  const repeated = (name: string, n = 0): FuzzCapture => {
    const pieces = capture(name, n);
    return { name, pieces: pieces.slice(0, -2), tail: pieces.slice(-2) };
  };
  const wide = capture('tedious', 1);
  const middle = wide.findIndex(({ bytes }) => bytes[0] === 3);
  return [
    { name: 'batches', pieces: wide.slice(0, middle), tail: wide.slice(-2) },
    { name: 'calls', pieces: wide.slice(middle, -2), tail: wide.slice(-2) },
    repeated('pytds'),
    repeated('mars'),
    repeated('old'),
    repeated('login'),
    { name: 'refused', pieces: capture('tedious', 0) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
