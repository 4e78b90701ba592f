// Headers of HPUB and HMSG (ADR-4 of NATS): "NATS/1.0", perhaps a status, then lines as in HTTP.
import { latin1 } from '../bytes.ts';
import { read_trace_header, type TraceIds } from '../trace-headers.ts';

const HEADER_BYTES_MAX = 8192;
const FIRST_LINE = /^NATS\/1\.\d(?: +(\d{3})(?: +(.*))?)?$/;

export interface Headers {
  code?: number;
  text?: string;
  trace?: TraceIds;
}

export function read_headers(bytes: Uint8Array, start: number, end: number, names: readonly string[]): Headers {
  const lines = latin1(bytes, start, Math.min(end, start + HEADER_BYTES_MAX)).split('\r\n');
  const first = FIRST_LINE.exec(lines[0] ?? '');
  const found: Headers = {};
  if (first?.[1] !== undefined) found.code = Number(first[1]);
  if (first?.[2]) found.text = first[2];
  let best = names.length;
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const rank = colon > 0 ? names.indexOf(line.slice(0, colon).trim().toLowerCase()) : -1;
    if (rank < 0 || rank >= best) continue;
    const ids = read_trace_header(names[rank]!, line.slice(colon + 1).trim());
    if (ids !== undefined) [best, found.trace] = [rank, ids];
  }
  return found;
}
