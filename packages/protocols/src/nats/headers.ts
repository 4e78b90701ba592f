// Headers of HPUB and HMSG (ADR-4 of NATS): "NATS/1.0", perhaps a status, then lines as in HTTP.
import { latin1 } from '../bytes.ts';
import type { TracePairs } from '../trace-pairs.ts';

const HEADER_BYTES_MAX = 8192;
const FIRST_LINE = /^NATS\/1\.\d(?: +(\d{3})(?: +(.*))?)?$/;

export interface Headers {
  code?: number;
  text?: string;
}

/** Trace context among them goes to `traces`. */
export function read_headers(bytes: Uint8Array, start: number, end: number, traces: TracePairs): Headers {
  const lines = latin1(bytes, start, Math.min(end, start + HEADER_BYTES_MAX)).split('\r\n');
  const first = FIRST_LINE.exec(lines[0] ?? '');
  const found: Headers = {};
  if (first?.[1] !== undefined) found.code = Number(first[1]);
  if (first?.[2]) found.text = first[2];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) traces.note(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return found;
}
