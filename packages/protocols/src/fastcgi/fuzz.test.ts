import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const record = (type: number, content: string, id = 1): number[] => {
  const text = [...Buffer.from(content, 'latin1')];
  return [1, type, 0, id, text.length >> 8, text.length & 255, 0, 0, ...text];
};
const BEGIN = '\0\x01\x01\0\0\0\0\0';
const PARAMS = '\x0e\x03REQUEST_METHODGET\x0b\x03REQUEST_URI/ab';
const END = '\0\0\0\0\0\0\0\0';
// A request and its answer, each in one piece as web servers and applications send them.
const tail = [
  {
    direction: TO_SERVER,
    bytes: Uint8Array.from([...record(1, BEGIN), ...record(4, PARAMS), ...record(4, ''), ...record(5, '')]),
  },
  {
    direction: TO_CLIENT,
    bytes: Uint8Array.from([...record(6, 'Status: 404 Not Found\r\n\r\n'), ...record(3, END)]),
  },
] as const;

export function captures(): FuzzCapture[] {
  return ['php', 'cgi', 'mux', 'lib'].flatMap((name) =>
    load(new URL(`captures/${name}.json`, import.meta.url)).map((pieces, i) => ({
      name: `${name} ${i}`,
      pieces,
      tail,
    })),
  );
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
