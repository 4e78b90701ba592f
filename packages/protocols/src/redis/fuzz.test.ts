import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { first_exchanges, load, short_exchanges } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string, connection: number) =>
  load(new URL(`captures/${name}.json`, import.meta.url))[connection]!;
// Long values come in pieces that are told one by one, which depends on how they are cut.
const short = (name: string) => short_exchanges(capture(name, 0), 4096);
const tail = [piece(TO_SERVER, '*3\r\n$4\r\nHGET\r\n$4\r\ncart\r\n$5\r\ntotal\r\n'), piece(TO_CLIENT, '$3\r\n4.5\r\n')];

export function captures(): FuzzCapture[] {
  return [
    { name: 'resp2', pieces: first_exchanges(short('resp2'), 40), tail },
    { name: 'resp3', pieces: first_exchanges(short('resp3'), 60), tail },
    { name: 'publisher', pieces: capture('subscribe2', 0), tail },
    // These end in modes in which the tail would mean something else.
    { name: 'subscribe2', pieces: capture('subscribe2', 1) },
    { name: 'subscribe3', pieces: capture('subscribe3', 1) },
    { name: 'raw', pieces: capture('raw', 0) },
  ];
}

// Client libraries let all callers of a process share a connection (lettuce, StackExchange.Redis, node-redis).
it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures(), shared: true });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
