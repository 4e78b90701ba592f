// Errors: who is to blame, and what of their texts may be stored.
import { STATUS, type Status } from '../protocol.ts';

/** The end of a result. */
export const NO_DATA = 1403;

/** Numbers, and ranges of them, of what the server lacks, has lost or cannot do now. */
const SERVERS: readonly (readonly [number, number])[] = [
  [18, 28], // sessions, processes, licences; 28: killed
  [31, 31],
  [60, 60], // deadlock
  [255, 379], // archiver, log and data files
  [443, 448], // background processes
  [470, 490],
  [600, 609], // internal errors
  [1033, 1034], // starting, stopping, not there
  [1041, 1042],
  [1089, 1092],
  [1109, 1116],
  [1122, 1122],
  [1536, 1537], // quota
  [1550, 1555], // undo: snapshot too old
  [1562, 1562],
  [1578, 1578], // corrupted block
  [1591, 1591],
  [1628, 1632],
  [1650, 1655], // space
  [1658, 1659],
  [1683, 1688],
  [1691, 1693],
  [2396, 2396],
  [3113, 3114],
  [3135, 3137],
  [4020, 4021],
  [4030, 4031], // memory
  [4045, 4045],
  [4068, 4068],
  [7445, 7445],
  [8103, 8104],
  [8176, 8177], // serialisation
  [8189, 8189],
  [12_153, 12_153], // network
  [12_510, 12_513],
  [12_515, 12_523],
  [12_526, 12_528],
  [12_535, 12_552],
  [12_560, 12_571],
  [16_000, 16_999], // standby databases
  [19_502, 19_815],
  [25_400, 25_409],
  [25_425, 25_425],
  [27_037, 27_199],
  [29_701, 29_799], // cluster
  [30_036, 30_036],
];

export function error_status(number: number): Status {
  for (const [from, to] of SERVERS) if (number >= from && number <= to) return STATUS.server_error;
  return STATUS.client_error;
}

/** RAISE_APPLICATION_ERROR: its text is the program's. */
const RAISED_MIN = 20_000;
const RAISED_MAX = 20_999;

/**
 * Of the lines of a text the first says what happened, the rest where, or with which values. Names stand in double quotes,
 * values in single ones, or behind "value" and its like in parentheses of the details.
 */
export function error_text(number: number, text: string, redact: boolean): string {
  if (!redact) return text.trimEnd();
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  const colon = line.indexOf(':');
  if (number >= RAISED_MIN && number <= RAISED_MAX && colon >= 0) return `${line.slice(0, colon)}: ?`;
  const from = line.indexOf("'");
  if (from < 0) return line;
  return `${line.slice(0, from)}?${line.slice(Math.max(from, line.lastIndexOf("'")) + 1)}`;
}
