import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

export function captures(): FuzzCapture[] {
  const clients = load(new URL('captures/clients.json', import.meta.url));
  const structures = load(new URL('captures/structures.json', import.meta.url));
  // The refused connection's beginning: both ends say again what they want, and the broker its name.
  const tail = clients[9]!.slice(0, 5);
  return [
    ...[0, 1, 4, 7, 8, 10].map((i) => ({ name: `client ${i}`, pieces: clients[i]!, tail })),
    ...[0, 3, 15].map((i) => ({ name: `structures ${i}`, pieces: structures[i]!, tail })),
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
