// How bad is it: one scale for nodes, edges, tables and charts.
import type { Tone } from '../widgets/basics.tsx';

export const WARN_RATIO = 0.01;
export const BAD_RATIO = 0.05;

/** Share of calls that went wrong -> tone. */
export const tone_of = (ratio: number | null): Tone =>
  ratio === null || ratio === 0 ? 'good' : ratio >= BAD_RATIO ? 'bad' : ratio >= WARN_RATIO ? 'warn' : 'good';
