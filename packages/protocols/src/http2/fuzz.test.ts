import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
// Header blocks that use no table, so that damage before them cannot matter: GET /a of h, and 404.
const tail = [
  { direction: TO_SERVER, bytes: hex('00000b 01 05 00000065  82 86 0402 2f61 0103 612e62') },
  { direction: TO_CLIENT, bytes: hex('000001 01 04 00000065  8d') },
  { direction: TO_CLIENT, bytes: hex('000005 00 01 00000065  68656c6c6f') },
] as const;
const pieces = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
// A call whose status was cut away is told at the connection's end, so that no tail can be the last.
const captures = [
  { name: 'http2', pieces: pieces('http2'), tail },
  { name: 'grpc', pieces: pieces('grpc') },
];

it('survives damage and finds its way again', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures });
  expect(report.recovered).toBeGreaterThan(report.rounds * 0.4);
  expect(report.encrypted).toBeLessThan(report.rounds * 0.01);
});
