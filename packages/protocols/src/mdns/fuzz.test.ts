import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

export function captures(): FuzzCapture[] {
  const group = load(new URL('captures/group.json', import.meta.url))[0]!;
  const direct = load(new URL('captures/by-port/direct.json', import.meta.url))[0]!;
  return [
    // A query and its answer.
    { name: 'group', pieces: group, tail: group.slice(12, 14) },
    { name: 'direct', pieces: direct, tail: direct.slice(0, 2) },
  ];
}

it('survives damaged datagrams', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures(), transport: 'udp' });
  expect(report.recovered).toBe(report.rounds);
});
