import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { load, short_exchanges } from '../testing/record.ts';
import { protocol } from './parse.ts';

const text_tail = [piece(TO_SERVER, 'get cart:7\r\n'), piece(TO_CLIENT, 'VALUE cart:7 0 3\r\n4.5\r\nEND\r\n')];

export function captures(): FuzzCapture[] {
  return ['text', 'meta', 'binary', 'quiet'].map((name) => {
    const pieces = load(new URL(`captures/${name}.json`, import.meta.url)).at(-1)!;
    const short = short_exchanges(pieces, 4096);
    // The last exchange of the binary recordings is a get; "quit" ends the others.
    if (name === 'binary') return { name, pieces: short.slice(0, -2), tail: short.slice(-2) };
    if (name === 'quiet') return { name, pieces: short.slice(0, -3), tail: short.slice(-3, -1) };
    return { name, pieces: short, tail: text_tail };
  });
}

// Clients send ahead, and share connections (mcrouter, spymemcached).
it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures(), shared: true });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
