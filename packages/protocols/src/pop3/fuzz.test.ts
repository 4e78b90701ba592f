import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));

export function captures(): FuzzCapture[] {
  const [poplib, node] = ['poplib', 'node-pop3'].map(recorded);
  const noop = poplib![3]!.slice(7, 9);
  const message = poplib![3]!.slice(9, 11);
  return [
    { name: 'all', pieces: poplib![0]!.slice(0, -6), tail: noop },
    { name: 'messages', pieces: poplib![0]!.slice(0, -6), tail: message },
    // With a group of five commands at its end. No tail: responses carry no number, so when all five are lost without a trace
    // the next +OK cannot be told from the first of them; a client that keeps a window of five open looks the same for ever.
    { name: 'pipelined', pieces: poplib![0]! },
    { name: 'refused login', pieces: poplib![1]!.slice(0, -2), tail: noop },
    { name: 'login', pieces: poplib![3]!.slice(0, -2), tail: message },
    { name: 'given up', pieces: poplib![4]!.slice(0, -2), tail: noop },
    { name: 'encrypted', pieces: poplib![5]! },
    { name: 'lists', pieces: node![0]!.slice(0, -2), tail: node![0]!.slice(5, 7) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
