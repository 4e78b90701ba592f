import { expect, it } from 'vitest';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load, type Piece } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string, n = 0) => load(new URL(`captures/${name}.json`, import.meta.url))[n]!;

/** Without the query whose state of an aggregate function cannot be walked: reading goes on at the next event there. */
function walked(pieces: readonly Piece[]): readonly Piece[] {
  const from = pieces.findIndex(({ bytes }) => Buffer.from(bytes).includes('sumState'));
  if (from < 0) return pieces;
  const to = pieces.findIndex(({ direction, bytes }, i) => i > from && direction === 0 && bytes.length === 1);
  return [...pieces.slice(0, from), ...pieces.slice(to)];
}

export function captures(): FuzzCapture[] {
  // The last query of each recording may follow any number of times.
  const repeated = (name: string, n: number, count: number): FuzzCapture => {
    const pieces = walked(capture(name, n));
    return { name: `${name} ${n}`, pieces: pieces.slice(0, -count), tail: pieces.slice(-count) };
  };
  const tail_of = (name: string, n: number): number => {
    const pieces = walked(capture(name, n));
    return pieces.length - pieces.findLastIndex(({ direction, bytes }) => direction === 0 && bytes[0] === 1);
  };
  return [
    ...(['lz4', 'plain', 'zstd'] as const).map((name) => repeated(name, 0, tail_of(name, 0))),
    repeated('driver', 2, tail_of('driver', 2)),
    repeated('newest', 0, tail_of('newest', 0)),
    { name: 'insert', pieces: capture('newest', 2) },
    { name: 'refused', pieces: capture('plain', 1) },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 3);
});
