import type { Range } from '../state/range.ts';
import { date_time_text, span_text, time_text } from '../widgets/format.ts';

export function range_text(range: Range): string {
  if (range.kind === 'last') return `the last ${span_text(range.seconds)}`;
  const same_day = new Date(range.from_s * 1000).toDateString() === new Date(range.to_s * 1000).toDateString();
  return `${date_time_text(range.from_s)} – ${same_day ? time_text(range.to_s) : date_time_text(range.to_s)}`;
}
