import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { first_exchanges, load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const tail = [
  piece(TO_SERVER, '\x1d\0\0\0\x03SELECT total FROM cart LIMIT'),
  piece(TO_CLIENT, '\x07\0\0\x01\0\x05\0\x02\0\0\0'),
];

export function captures(): FuzzCapture[] {
  const commands = capture('commands');
  const packed = capture('compressed');
  const from = commands.findLastIndex(({ bytes }) => bytes[4] === 0x16);
  const to = commands.findIndex(({ bytes }) => Buffer.from(bytes).includes('CREATE TABLE blobs'));
  const later = commands.slice(from, to);
  return [
    { name: 'commands', pieces: first_exchanges(commands, 40), tail },
    { name: 'later commands', pieces: later, tail },
    { name: 'refused', pieces: capture('refused') },
    // One command in one frame; its answer is compressed.
    { name: 'compressed', pieces: packed.slice(0, -2), tail: packed.slice(3, 5) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
