import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { first_exchanges, load, short_exchanges } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const tail = [
  piece(TO_SERVER, 'Q\0\0\0\x1bSELECT total FROM cart\0'),
  piece(TO_CLIENT, 'C\0\0\0\x0dSELECT 4\0Z\0\0\0\x05I'),
];

export function captures(): FuzzCapture[] {
  const commands = short_exchanges(capture('commands'), 8192);
  const later = commands.slice(commands.findIndex(({ bytes }) => bytes[0] === 'P'.charCodeAt(0)));
  return [
    { name: 'commands', pieces: first_exchanges(commands, 40), tail },
    { name: 'later commands', pieces: later, tail },
    { name: 'psql', pieces: capture('psql'), tail },
    { name: 'refused', pieces: capture('refused') },
  ];
}

// Client libraries with a pipeline send on while answers come (tokio-postgres, psycopg).
it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures(), shared: true });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
