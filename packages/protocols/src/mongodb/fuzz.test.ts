import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load, short_exchanges } from '../testing/record.ts';
import { protocol } from './parse.ts';

/** The connection that the driver uses for commands, without what is long and without its last exchange, which is the tail. */
export function captures(): FuzzCapture[] {
  return ['plain', 'zlib', 'snappy'].map((name) => {
    const all = load(new URL(`captures/${name}.json`, import.meta.url));
    const pieces = short_exchanges(all.find((connection) => connection.length > 10)!, 4096);
    return { name, pieces: pieces.slice(0, 18), tail: pieces.slice(-2) };
  });
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
