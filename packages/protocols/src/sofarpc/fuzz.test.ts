import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const pieces = load(new URL('captures/calls.json', import.meta.url))[0]!;
  const report = fuzz({ protocol, captures: [{ name: 'calls', pieces, tail: pieces.slice(0, 2) }] });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
