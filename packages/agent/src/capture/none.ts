// No source: the agent stays up, syncs and says why it sees nothing.
import type { Capture } from './event.ts';

export const NO_CAPTURE: Capture = {
  drain: () => 0,
  verdict: () => undefined,
  skip: () => undefined,
  ignore: () => undefined,
  counters: () => new Map(),
  close: () => undefined,
};
