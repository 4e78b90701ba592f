import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

export function captures(): FuzzCapture[] {
  const connections = load(new URL('captures/openldap.json', import.meta.url));
  // The search of the third connection follows all of them; what ends a connection is left out.
  const tail = connections[2]!.slice(2, 4);
  return connections.map((pieces, i) => ({ name: `connection ${i}`, pieces: pieces.slice(0, -1), tail }));
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
