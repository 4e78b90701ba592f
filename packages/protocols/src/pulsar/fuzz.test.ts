import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

export function captures(): FuzzCapture[] {
  const consumer = load(new URL('captures/clients.json', import.meta.url)).at(-1)!;
  const commands = load(new URL('captures/commands.json', import.meta.url))[0]!;
  // Connecting tells version and broker again, subscribing the topic, whatever was damaged.
  const tail = consumer.slice(0, 4);
  return [
    { name: 'consumer', pieces: consumer, tail },
    { name: 'commands', pieces: commands, tail },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
