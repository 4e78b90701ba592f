import { expect, it } from 'vitest';
import { news_of } from './objects.ts';

const S = 1e6;
const NOW = 1_700_000_100 * S;
const stamped = (...seconds_ago: number[]) => ({
  metadata: { managedFields: seconds_ago.map((ago) => ({ time: new Date((NOW - ago * S) / 1000).toISOString() })) },
});
/** Seconds before now. */
const ago = (item: object, heard_ago: number) => {
  const { from_us, to_us } = news_of(item as Parameters<typeof news_of>[0], NOW - heard_ago * S, NOW);
  expect(to_us).toBe(NOW);
  return (NOW - from_us) / S;
};

it('what a watch tells happened at its newest stamp, as long as that can be of this change', () => {
  expect(ago(stamped(100, 2), 0)).toBe(2);
  expect(ago(stamped(9), 0)).toBe(9);
  // A stamp ahead of this clock, and none that is new.
  expect([ago(stamped(-5), 0), ago(stamped(60), 0), ago({}, 0)]).toEqual([0, 1, 1]);
});

it('what comes late, behind a break, may have happened any time since the watch was up to date', () => {
  expect(ago(stamped(60), 55)).toBe(60);
  expect([ago(stamped(90), 55), ago({}, 55)]).toEqual([55, 55]);
});
