// The recordings as tshark reads them, compressed ones included.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['mongo.request_id', 'mongo.response_to', 'mongo.message_length', 'mongo.element.name'];
const CONNECTIONS = ['plain', 'snappy', 'zlib'].flatMap((name) => [[name, 0] as const, [name, 1] as const]);

it.skipIf(no_tshark).each(CONNECTIONS)('%s %i: the same requests and responses', (name, n) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
  const packets = dissect(pieces, FIELDS, 'mongo', { port: 27_017 });
  const { messages } = play([protocol], pieces, { redact: false });
  const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  const [ids, , sent, elements] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [, to, received] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  expect(asked.map((m) => m.request_id)).toEqual(ids!.map(Number));
  expect(asked.map((m) => m.length)).toEqual(sent!.map(Number));
  expect(answered.map((m) => m.request_id)).toEqual(to!.map(Number));
  expect(answered.map((m) => m.length)).toEqual(received!.map(Number));
  // A command is the name of its first element.
  for (const { endpoint } of asked) expect(elements).toContain(endpoint!.split(' ')[0]);
});
