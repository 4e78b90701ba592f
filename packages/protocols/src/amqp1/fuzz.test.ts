import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const hex = (direction: 0 | 1, ...frames: string[]) => ({
  direction,
  bytes: new Uint8Array(Buffer.from(frames.join('').replaceAll(' ', ''), 'hex')),
});
const TARGET = '00 53 29 c0 04 01 a1 01 71';
// A connection, session and link that begin anew, whatever was damaged, a delivery and its outcome.
const tail = [
  hex(TO_SERVER, '00000014 02 00 0000 005310 c0 07 02 a1 01 63 a1 01 68'),
  hex(TO_CLIENT, '00000011 02 00 0000 005310 c0 04 01 a1 01 73'),
  hex(
    TO_SERVER,
    '00000014 02 00 0000 005311 c0 07 04 40 43 520a 520a',
    `00000022 02 00 0000 005312 c0 15 07 a1016c 43 42 40 40 00532845 ${TARGET}`,
    '0000001c 02 00 0000 005314 c0 09 05 43 5205 a00100 43 42 005377 a10162',
  ),
  hex(
    TO_CLIENT,
    '00000016 02 00 0000 005311 c0 09 04 600000 43 520a 520a',
    `00000022 02 00 0000 005312 c0 15 07 a1016c 43 41 40 40 00532845 ${TARGET}`,
    '00000018 02 00 0000 005315 c0 0b 05 41 5205 5205 41 00532445',
  ),
];

export function captures(): FuzzCapture[] {
  return ['rhea', 'proton', 'rabbitmq'].flatMap((name) =>
    load(new URL(`captures/${name}.json`, import.meta.url)).map((pieces, i) => ({
      name: `${name} ${i}`,
      pieces,
      tail,
    })),
  );
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
