import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
// getData of "/ab" and an answer that the node is not there.
const tail = [
  { direction: TO_SERVER, bytes: bytes('00000010 00007777 00000004 00000003 2f6162 00') },
  { direction: TO_CLIENT, bytes: bytes('00000010 00007777 0000000000000009 ffffff9b') },
] as const;

export function captures(): FuzzCapture[] {
  const sessions = [...recorded('java'), ...recorded('java-sasl').slice(3, 5), recorded('kazoo')[7]!];
  const words = recorded('kazoo').slice(0, 7);
  return [
    ...sessions.map((pieces, i) => ({ name: `session ${i}`, pieces, tail })),
    // What follows a word is the end of the connection.
    ...words.map((pieces, i) => ({ name: `word ${i}`, pieces })),
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
