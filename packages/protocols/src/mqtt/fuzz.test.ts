import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/mqttjs.json', import.meta.url));
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
// A session begun anew: version and client are known again, whatever was damaged.
const tail = [
  { direction: TO_SERVER, bytes: bytes('10 0e 0004 4d515454 04 02 003c 0002 6161') },
  { direction: TO_CLIENT, bytes: bytes('20 02 00 00') },
] as const;

export function captures(): FuzzCapture[] {
  return connections.map((pieces, i) => ({ name: `connection ${i}`, pieces, tail }));
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
