// Reads objects of other programs: whatever is missing or of another type is the empty value of what was asked for.
export type Json = Readonly<Record<string, unknown>>;

const NONE: Json = {};
export const is_object = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) here = is_object(here) ? here[name] : undefined;
  return here;
}
export const object = (value: unknown, ...path: readonly string[]): Json => {
  const found = at(value, ...path);
  return is_object(found) ? found : NONE;
};
export const text = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
};
export const number = (value: unknown, ...path: readonly string[]): number => {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
};
export const list = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};
/** Entries whose value is a text. */
export const texts = (value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const [key, entry] of Object.entries(object(value, ...path))) if (typeof entry === 'string') found[key] = entry;
  return found;
};
/** RFC 3339 as microseconds since 1970; NaN for none. */
export const moment_us = (value: unknown, ...path: readonly string[]): number =>
  Date.parse(text(value, ...path)) * 1000;
