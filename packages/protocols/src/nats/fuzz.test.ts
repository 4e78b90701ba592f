import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const pieces = load(new URL('captures/clients.json', import.meta.url))[0]!;
// The server tells its name again, whatever was damaged.
const tail = [
  piece(TO_CLIENT, 'INFO {"server_name":"n","version":"2.9.0"}\r\n'),
  piece(TO_SERVER, 'CONNECT {"verbose":false}\r\n'),
  piece(TO_SERVER, 'PUB orders.new 2\r\nok\r\n'),
  piece(TO_CLIENT, 'MSG orders.new 1 2\r\nok\r\n'),
];

export function captures(): FuzzCapture[] {
  return [{ name: 'client', pieces, tail }];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
