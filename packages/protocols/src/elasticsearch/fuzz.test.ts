import { expect, it } from 'vitest';
import { PROTOCOLS } from '../index.ts';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { card } from './card.ts';

const QUERY = '{"query":{"term":{"a":"b"}}}';
const ERROR = '{"error":{"type":"parsing_exception","reason":"unknown query [x]"},"status":400}';
const head = (line: string, body: string) =>
  `${line}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const tail = [
  piece(TO_SERVER, head('POST /orders/_search HTTP/1.1\r\nHost: h', QUERY)),
  piece(TO_CLIENT, head('HTTP/1.1 400 Bad Request', ERROR)),
];

// The carrier's clients may pipeline.
it.each([true, false])('the carrier holds its promises, redact %s', { timeout: FUZZ_TIMEOUT_MS }, (redact) => {
  const captures = ['elasticsearch', 'elasticsearch-gzip', 'opensearch'].map((name) => {
    const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
    return { name, pieces: pieces.slice(20, 44), tail };
  });
  const report = fuzz({ protocol: PROTOCOLS[card.variant_of], captures, options: { redact }, shared: true });
  expect(report.recovered).toBeGreaterThan(report.rounds / 2);
});
