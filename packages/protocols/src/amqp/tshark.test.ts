// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { type Direction, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { method_of } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = [
  'amqp.method.class',
  'amqp.method.method',
  'amqp.method.arguments.exchange',
  'amqp.method.arguments.routing_key',
  'amqp.method.arguments.queue',
  'amqp.method.arguments.reply_code',
];
const connections = load(new URL('captures/amqplib.json', import.meta.url)).map((pieces, i) => ({ i, pieces }));

it.skipIf(no_tshark).each(connections)('connection $i: the same methods', ({ pieces }) => {
  const packets = dissect(pieces, FIELDS, 'amqp', { port: 5672 });
  const sides: [Message[], Message[]] = [[], []];
  const on_message = (m: Message, _protocol: unknown, direction: Direction) => sides[direction].push(m);
  play([protocol], pieces, { redact: false }, { on_message });
  for (const direction of [TO_SERVER, TO_CLIENT] as const) {
    const [classes, methods, exchanges, routing, queues, codes] = of_direction(packets, direction, FIELDS.length) as [
      string[],
      string[],
      string[],
      string[],
      string[],
      string[],
    ];
    // A message with content is told when its header has come, so that another channel's method may go before it.
    const mine = sides[direction].filter((m) => m.request_type !== 'ProtocolHeader');
    const names = classes.map((id, i) => method_of(Number(id), Number(methods[i]))!.name);
    expect(mine.map((m) => m.request_type!).toSorted()).toEqual(names.toSorted());
    const places = mine.flatMap((m) => (m.request_resource === undefined ? [] : m.request_resource.split('.')));
    for (const name of new Set([...exchanges, ...queues])) expect(places, name).toContain(name);
    const told = mine.flatMap((m) => m.request_resource ?? []);
    for (const key of routing)
      expect(
        told.some((place) => place.endsWith(`.${key}`)),
        key,
      ).toBe(true);
    expect(mine.flatMap((m) => m.response_code ?? []).map(String)).toEqual(codes);
  }
});
