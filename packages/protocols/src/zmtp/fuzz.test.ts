import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const [asked, asking, , plain, refused, curve, published, pushed] = load(
  new URL('captures/libzmq.json', import.meta.url),
);

export function captures(): FuzzCapture[] {
  // Both greetings and both READYs, then a call: sockets and mechanism are told again, whatever was damaged.
  const tail = asked!.slice(0, 6);
  return [
    ...Object.entries({ asked, asking, plain, refused, published, pushed }).map(([name, pieces]) => ({
      name,
      pieces: pieces!,
      tail,
    })),
    { name: 'curve', pieces: curve! },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
