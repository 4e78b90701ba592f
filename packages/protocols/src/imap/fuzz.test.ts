import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));

export function captures(): FuzzCapture[] {
  const [imaplib, imapflow, compressed] = ['imaplib', 'imapflow', 'compressed'].map(recorded);
  const by_hand = imaplib![5]!;
  // One NOOP; a status with untagged data; messages in literals.
  const noop = by_hand.slice(-4, -2);
  const status = imaplib![0]!.slice(13, 15);
  const fetch = imaplib![0]!.slice(19, 21);
  return [
    { name: 'imaplib', pieces: imaplib![0]!.slice(0, -2), tail: status },
    { name: 'imaplib, messages', pieces: imaplib![0]!.slice(0, -2), tail: fetch },
    { name: 'refused login', pieces: imaplib![1]!.slice(0, -2), tail: noop },
    { name: 'login', pieces: imaplib![3]!.slice(0, -2), tail: noop },
    { name: 'encrypted', pieces: imaplib![4]! },
    { name: 'literals and idle', pieces: by_hand.slice(0, -2), tail: noop },
    { name: 'imapflow', pieces: imapflow![0]!.slice(0, -2), tail: fetch },
    { name: 'compressed', pieces: compressed![0]!.slice(0, 11) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
