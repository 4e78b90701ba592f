// How much something got worse against the range before: a score of 0 to 100 that can say what it is made of.
//
//   error share    up to 60 points: 3 a percentage point gained
//   p95            up to 30 points: 15 a doubling
//   requests/s     up to 10 points: 5 a halving, 2.5 a doubling (losing traffic is worse than winning it)
//
// Each part is scaled by how sure we can be: n / (n + 20) with n the smaller number of calls of the two ranges, so that
// one failure among three calls does not outrank a thousand among ten thousand. An improvement counts nothing.

export interface Golden {
  readonly request: number;
  readonly request_s: number;
  /** null = no responses. */
  readonly error_ratio: number | null;
  readonly p95: number | null;
}

export interface Part {
  readonly what: 'error share' | 'p95' | 'requests/s';
  readonly points: number;
}
export interface Worse {
  readonly score: number;
  readonly parts: readonly Part[];
}

const HALF_SURE_CALLS = 20;
const clamp = (v: number, max: number): number => Math.min(Math.max(v, 0), max);

function error_points(now: Golden, then: Golden): number {
  if (now.error_ratio === null) return 0;
  return clamp((now.error_ratio - (then.error_ratio ?? 0)) * 100 * 3, 60);
}
function latency_points(now: Golden, then: Golden): number {
  if (!now.p95 || !then.p95) return 0;
  return clamp(Math.log2(now.p95 / then.p95) * 15, 30);
}
function rate_points(now: Golden, then: Golden): number {
  if (then.request_s === 0) return 0;
  if (now.request_s === 0) return 10;
  const doublings = Math.log2(now.request_s / then.request_s);
  return clamp(doublings < 0 ? -doublings * 5 : doublings * 2.5, 10);
}

/** undefined when the range before had no calls: there is nothing to compare with. */
export function worse(now: Golden, then: Golden | undefined): Worse | undefined {
  if (!then || then.request === 0) return undefined;
  const sure = (calls: number): number => calls / (calls + HALF_SURE_CALLS);
  const both = sure(Math.min(now.request, then.request));
  const parts: Part[] = [
    { what: 'error share', points: error_points(now, then) * both },
    { what: 'p95', points: latency_points(now, then) * both },
    // When traffic is gone its old volume is what makes that certain.
    { what: 'requests/s', points: rate_points(now, then) * sure(Math.max(now.request, then.request)) },
  ];
  return { score: parts.reduce((sum, p) => sum + p.points, 0), parts };
}
