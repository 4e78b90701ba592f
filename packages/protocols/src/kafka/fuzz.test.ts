import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const connections = ['clients', 'compressed'].flatMap((name) =>
  load(new URL(`captures/${name}.json`, import.meta.url)),
);
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const tail = [
  { direction: TO_SERVER, bytes: bytes('00000018 000c 0004 00007777 0003616263 00 0267 00000001 026d 00 00') },
  { direction: TO_CLIENT, bytes: bytes('0000000c 00007777 00 00000000 001b 00') },
] as const;

export function captures(): FuzzCapture[] {
  return connections.map((pieces, i) => ({ name: `connection ${i}`, pieces: pieces.slice(0, 30), tail }));
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
