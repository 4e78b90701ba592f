import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const captures = ['framed-binary', 'framed-compact', 'bare-binary', 'bare-compact'].map((name) => {
    const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
    return { name, pieces, tail: pieces.slice(0, 2) };
  });
  const report = fuzz({ protocol, captures });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
