// Trace context in free text, as libraries write it into comments: `traceparent: 00-...`, `traceparent='00-...'` with
// percent-encoding (sqlcommenter), `"traceparent": "00-..."`.
import type { TracePairs } from './trace-pairs.ts';

const PAIRS = /([\w.-]+)['"]?\s*[:=]\s*(?:'([^']*)'|"([^"]*)"|([^\s,;'"*{}]+))/g;

export function note_text(text: string, traces: TracePairs): void {
  for (const [, key, single, double, bare] of text.matchAll(PAIRS)) {
    traces.note(key!, decoded(single ?? double ?? bare ?? ''));
  }
}

function decoded(value: string): string {
  if (!value.includes('%')) return value;
  return value.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
