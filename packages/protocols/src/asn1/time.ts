// UTCTime and GeneralizedTime as certificates write them (RFC 5280 section 4.1.2.5): in UTC, with seconds.
import { decimal, u8 } from '../bytes.ts';
import type { Element } from './ber.ts';

const UTC_TIME = 23;
const GENERALIZED_TIME = 24;
const Z = 90;

/** Seconds since 1970; undefined when it is no such time. */
export function time_s(bytes: Uint8Array, { tag, start, end }: Element): number | undefined {
  const year_digits = tag === UTC_TIME ? 2 : tag === GENERALIZED_TIME ? 4 : 0;
  if (year_digits === 0 || end - start !== year_digits + 11 || u8(bytes, end - 1) !== Z) return undefined;
  const two = (i: number): number => decimal(bytes, start + year_digits + i * 2, start + year_digits + i * 2 + 2);
  const [month, day, hour, minute, second] = [two(0), two(1), two(2), two(3), two(4)];
  let year = decimal(bytes, start, start + year_digits);
  if (tag === UTC_TIME && year >= 0) year += year < 50 ? 2000 : 1900;
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23) return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  // Date.UTC takes years below 100 for those of the last century.
  return new Date(0).setUTCFullYear(year, month - 1, day) / 1000 + hour * 3600 + minute * 60 + second;
}

/** A moment as `2026-01-31T12:00:00Z`. */
export function time_text(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}
