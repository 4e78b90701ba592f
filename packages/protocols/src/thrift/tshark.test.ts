// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['thrift.method', 'thrift.mtype', 'thrift.seq_id'];
// Numbers in the compact protocol are plain varints (thrift-compact-protocol.md, "Message"); tshark 4.0 takes them for zigzag.
const as_zigzag = (n: number) => (n >>> 1) ^ -(n & 1);

it.skipIf(no_tshark).each([
  ['bare-binary', false],
  ['framed-binary', false],
  ['framed-compact', true],
] as const)('%s: the same calls and replies', (name, compact) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'thrift', { port: 9090 });
  const { messages } = play([protocol], pieces, { redact: false });
  const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  const number = (n: number) => String(compact ? as_zigzag(n) : n);
  const [methods, kinds, ids] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [, came, to] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  // Of compact calls tshark begins anew with each segment; the last one shows them all.
  const count = asked.length;
  const called = asked.map((m) => (m.request_resource === undefined ? '' : `${m.request_resource}:`) + m.request_type);
  expect(called).toEqual(methods!.slice(-count));
  expect(asked.map((m) => number(m.request_id!))).toEqual(ids!.slice(-count));
  expect(asked.map((m) => m.one_way === true)).toEqual(kinds!.slice(-count).map((kind) => kind === '0x04'));
  expect(answered.map((m) => number(m.request_id!))).toEqual(to);
  const refused = answered.filter((m) => m.response_code !== undefined).length;
  expect(refused).toBe(came!.filter((kind) => kind === '0x03').length);
});

it.skipIf(no_tshark)('bare-compact: the same replies', () => {
  // Of bare compact calls tshark 4.0 shows the first again and again.
  const pieces = load(new URL('captures/bare-compact.json', import.meta.url))[0]!;
  const [, , to] = of_direction(dissect(pieces, FIELDS, 'thrift', { port: 9090 }), TO_CLIENT, 3) as string[][];
  const answered = play([protocol], pieces).messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(answered.map((m) => String(as_zigzag(m.request_id!)))).toEqual(to);
});
