import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));

export function captures(): FuzzCapture[] {
  const [calls, registered, cancelled, refused] = recorded('tcp');
  const tail = refused!.slice(-2);
  // A call with its description of the media in both messages.
  const call = calls!.slice(0, 4);
  return [
    { name: 'calls', pieces: calls!, tail: call },
    { name: 'registered', pieces: registered!, tail },
    { name: 'cancelled', pieces: cancelled!, tail },
    { name: 'refused', pieces: refused!, tail },
  ];
}

it('survives damaged segments and finds its way again', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});

// No tail: a datagram that comes again is not told again, so that a repeated one would give nothing to compare.
it('survives damaged datagrams', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const captures = recorded('udp').map((pieces, i) => ({ name: `peer ${i}`, pieces }));
  const report = fuzz({ protocol, captures, transport: 'udp' });
  expect(report.messages).toBeGreaterThan(report.rounds);
});
