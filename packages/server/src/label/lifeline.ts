// What a thing was when: its states in order, each from a moment on.
import type { Known, Moment } from '../inventory.ts';
import { SLACK_US } from './tenancy.ts';

interface State {
  readonly known: Known;
  readonly at: Moment;
}

export class Lifeline {
  private states: State[];
  removed_us = Number.POSITIVE_INFINITY;

  constructor(known: Known, at: Moment) {
    this.states = [{ known, at }];
  }

  get latest(): Known {
    return this.states.at(-1)!.known;
  }

  put(known: Known, at: Moment, forget_before_us: number): void {
    this.removed_us = Number.POSITIVE_INFINITY;
    if (known === this.latest) return;
    this.states.push({ known, at });
    const first = this.states.findLastIndex((state) => state.at.to_us < forget_before_us);
    if (first > 0) this.states = this.states.slice(first);
  }

  /** The state at `from_us`; doubtful when another may have begun by `to_us`. The first holds from ever. */
  find(from_us: number, to_us: number): { readonly known: Known; readonly doubtful: boolean } {
    let index = this.states.length - 1;
    let doubtful = false;
    for (; index > 0; index--) {
      const { at } = this.states[index]!;
      if (at.from_us - SLACK_US <= to_us && at.to_us + SLACK_US >= from_us) doubtful = true;
      if (Math.min(at.to_us, at.from_us + SLACK_US) <= from_us) break;
    }
    return { known: this.states[index]!.known, doubtful };
  }
}
