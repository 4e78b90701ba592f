// Topic filters of Subscribe and Unsubscribe and the codes that answer them (sections 3.8 to 3.11). Where the version is
// unknown, the reading that fits the packet's length is taken.
import { intern, u16be, u8 } from '../bytes.ts';
import { read_properties } from './properties.ts';

const FILTERS_MAX = 64;
const FILTER_BYTES_MAX = 1024;

export interface Filters {
  /** Those that are readable. */
  filters: string[];
  /** As given; 5 when it was unknown and only that reading gives filters. */
  version: number;
}

/** Filters from `start` (behind the packet identifier) on. */
export function read_filters(
  bytes: Uint8Array,
  start: number,
  stop: number,
  version: number,
  with_options: boolean,
): Filters {
  if (version !== 5) {
    const filters = list(bytes, start, stop, with_options);
    if (version !== 0 || filters.length > 0) return { filters, version };
  }
  const filters = list(bytes, behind_properties(bytes, start, stop), stop, with_options);
  return { filters, version: filters.length > 0 ? 5 : version };
}

function list(bytes: Uint8Array, start: number, stop: number, with_options: boolean): string[] {
  const filters: string[] = [];
  let at = start;
  while (filters.length < FILTERS_MAX && at + 2 < stop) {
    const end = at + 2 + u16be(bytes, at);
    if (end === at + 2 || end > stop) break;
    filters.push(intern(bytes, at + 2, end, FILTER_BYTES_MAX));
    at = end + (with_options ? 1 : 0);
  }
  return filters;
}

function behind_properties(bytes: Uint8Array, start: number, stop: number): number {
  return Math.min(stop, read_properties(bytes, start, stop).end);
}

/** The first refusal, else the first code; undefined when there is none (Unsuback before version 5). */
export function read_codes(bytes: Uint8Array, start: number, stop: number, version: number): number | undefined {
  const from = version === 5 ? behind_properties(bytes, start, stop) : start;
  for (let at = from; at < stop; at++) if (u8(bytes, at) >= 0x80) return u8(bytes, at);
  return from < stop ? u8(bytes, from) : undefined;
}
