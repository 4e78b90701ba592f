import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

it.each(['udp', 'tcp'] as const)(
  'holds the promises of every protocol: %s',
  { timeout: FUZZ_TIMEOUT_MS },
  (transport) => {
    const pieces = load(new URL(`captures/${transport}.json`, import.meta.url))[0]!;
    const report = fuzz({ protocol, transport, captures: [{ name: transport, pieces, tail: pieces.slice(0, 2) }] });
    expect(report.recovered).toBeGreaterThan(report.rounds / 2);
  },
);
