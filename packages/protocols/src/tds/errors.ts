// Errors: who is to blame, and what of their texts may be stored.
import { STATUS, type Status } from '../protocol.ts';

/** Severities ([MS-SQL documentation], "Database Engine error severities"): 11 to 16 can be corrected by the user. */
const USER_MIN = 11;
const USER_MAX = 16;
/**
 * Of those severities, but not the user's to correct: deadlock victims, conflicts of snapshots, and the passing failures of
 * Azure SQL (resources, reconfiguration, too many requests).
 */
const SERVERS = new Set([1205, 3960, 10_928, 10_929, 40_197, 40_501, 40_613, 49_918, 49_919, 49_920]);
/** Errors whose quoted words are names of things, never values. */
const NAMING = new Set([
  207, 208, 209, 229, 230, 262, 515, 547, 911, 916, 1205, 1222, 2705, 2714, 2812, 3701, 4060, 4902, 15_151, 18_452,
  18_456,
]);

export function error_status(number: number, severity: number): Status {
  const client = severity >= USER_MIN && severity <= USER_MAX && !SERVERS.has(number);
  return client ? STATUS.client_error : STATUS.server_error;
}

/** Texts quote values ('x', "x") and put keys in brackets: all from the first to the last is hidden. */
export function error_text(number: number, text: string, redact: boolean): string {
  if (!redact || NAMING.has(number)) return text;
  const from = text.search(/['"(]/);
  if (from < 0) return text;
  const to = Math.max(text.lastIndexOf("'"), text.lastIndexOf('"'), text.lastIndexOf(')'));
  return `${text.slice(0, from)}?${to > from ? text.slice(to + 1) : ''}`;
}
