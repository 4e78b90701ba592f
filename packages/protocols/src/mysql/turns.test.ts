import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** 'q' a request, 'a' an answer to the oldest that waits; returns how many were judged to have lost theirs at each request. */
function judged(turns: Turns, steps: string): number[] {
  const found: number[] = [];
  let waiting = 0;
  for (const step of steps) {
    if (step === 'q') {
      const lost = turns.asked(waiting) ? waiting : 0;
      found.push(lost);
      waiting += 1 - lost;
    } else if (waiting > 0) turns.answered(--waiting);
    else turns.stray();
  }
  return found;
}

it('says nothing of turns, nor of many requests that are sent before the first answer', () => {
  expect(judged(new Turns(), 'qaqaqa')).toEqual([0, 0, 0]);
  expect(judged(new Turns(), 'qqqaaaqqqaaa')).toEqual([0, 0, 0, 0, 0, 0]);
});

it('finds a lost answer with the second request behind it', () => {
  // The first request is never answered: the first answer is taken for its, which the third request contradicts.
  expect(judged(new Turns(), 'qaqqaqaqa')).toEqual([0, 0, 0, 1, 0]);
});

it('believes that a client asks on while answers come when those given up are answered after all', () => {
  const turns = new Turns();
  const sliding = 'qqaqaqaaa';
  for (let i = 0; i < 2; i++) expect(judged(turns, sliding).some((lost) => lost > 0)).toBe(true);
  judged(turns, sliding);
  expect(turns.slides).toBe(true);
  expect(judged(turns, sliding).every((lost) => lost === 0)).toBe(true);
  // But not for ever, when somebody waits from then on.
  const lost = judged(turns, `qq${'aq'.repeat(20)}`);
  expect(lost.findIndex((n) => n > 0)).toBe(9);
});

it('takes an answer behind a loss for no proof', () => {
  const turns = new Turns();
  for (let i = 0; i < 10; i++) {
    judged(turns, 'qqaqa');
    turns.lost();
    turns.stray();
  }
  expect(turns.slides).toBe(false);
});
