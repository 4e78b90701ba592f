import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { protocol } from './parse.ts';

// A question for example.com A and its answer, an NXDOMAIN with SOA, as in RFC 1035 section 4.
const QUESTION = [7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0, 0, 1, 0, 1];
const QUERY = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...QUESTION];
const A = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 93, 184, 216, 34];
const ANSWER = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, ...QUESTION, ...A, ...A];
const SOA = [0xc0, 20, 0, 6, 0, 1, 0, 0, 0, 60, 0, 26, 1, 97, 0xc0, 20, 0, ...Array<number>(21).fill(1)];
const MISSING = [0x12, 0x35, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 0, ...QUESTION, ...SOA];

const over_tcp = (bytes: number[]) => [bytes.length >> 8, bytes.length & 255, ...bytes];
const ask = (bytes: number[]) => ({ direction: TO_SERVER, bytes: Uint8Array.from(bytes) }) as const;
const say = (bytes: number[]) => ({ direction: TO_CLIENT, bytes: Uint8Array.from(bytes) }) as const;

it('survives damaged datagrams', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const captures = [{ name: 'udp', pieces: [ask(QUERY), say(ANSWER), say(MISSING)], tail: [ask(QUERY), say(ANSWER)] }];
  const report = fuzz({ protocol, captures, transport: 'udp' });
  expect(report.recovered).toBe(report.rounds);
});

it('survives damaged segments and finds its way again', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const [query, answer, missing] = [over_tcp(QUERY), over_tcp(ANSWER), over_tcp(MISSING)];
  const tail = [ask(query), say(answer)];
  const captures = [
    { name: 'one by one', pieces: [ask(query), say(answer), ask(query), say(missing)], tail },
    { name: 'together', pieces: [ask([...query, ...query]), say([...answer, ...missing])], tail },
  ];
  const report = fuzz({ protocol, captures });
  expect(report.recovered).toBeGreaterThan(report.rounds * 0.8);
});
