import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/amqplib.json', import.meta.url));
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
// Connection.Open of "/" and its answer: the virtual host is known again, whatever was damaged.
const tail = [
  { direction: TO_SERVER, bytes: bytes('01 0000 00000008 000a 0028 012f 00 00 ce') },
  { direction: TO_CLIENT, bytes: bytes('01 0000 00000005 000a 0029 00 ce') },
] as const;

export function captures(): FuzzCapture[] {
  return connections.map((pieces, i) => ({ name: `connection ${i}`, pieces: pieces.slice(0, 40), tail }));
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
