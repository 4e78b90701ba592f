// Results as CSV (RFC 4180).
import type { Result } from '../../api/query.ts';

const text = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** Cells that a spreadsheet would take for a formula get a leading apostrophe. */
const cell = (value: unknown): string => {
  const plain = text(value);
  const safe = typeof value === 'string' && /^[=+@\t\r-]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const csv_of = (result: Result): string =>
  [result.columns, ...result.values].map((line) => line.map(cell).join(',')).join('\r\n');
