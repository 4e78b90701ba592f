import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const connections = load(new URL('captures/ping.json', import.meta.url));
  const captures: FuzzCapture[] = connections.map((pieces, i) => ({
    name: `connection ${i}`,
    pieces,
    tail: connections[0]!.slice(2, 4),
  }));
  const report = fuzz({ protocol, captures, transport: 'icmp' });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
