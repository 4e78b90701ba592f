import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

export function captures(): FuzzCapture[] {
  const pieces = load(new URL('captures/ali-ons.json', import.meta.url))[0]!;
  // A topic's route is asked for and told.
  return [{ name: 'client', pieces, tail: pieces.slice(0, 2) }];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
