// The recordings as tshark reads them: versions 3.1, 3.1.1 and 5.
import { expect, it } from 'vitest';
import { type Direction, MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { NAMES } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = ['mqtt.msgtype', 'mqtt.msgid', 'mqtt.topic', 'mqtt.conack.val', 'mqtt.puback.reason_code'];
const connections = load(new URL('captures/mqttjs.json', import.meta.url)).map((pieces, i) => ({ i, pieces }));

it.skipIf(no_tshark).each(connections)('connection $i: the same packets', ({ pieces }) => {
  const packets = dissect(pieces, FIELDS, 'mqtt', { port: 1883 });
  const sides: [string[], string[]] = [[], []];
  const topics: string[] = [];
  const codes: string[] = [];
  play(
    [protocol],
    pieces,
    { redact: false },
    {
      on_message: (m, _protocol, direction: Direction) => {
        sides[direction].push(m.request_type!);
        if (m.request_resource !== undefined) topics.push(...m.request_resource.split(','));
        const told = m.request_type === 'Connack' || m.request_type === 'Puback';
        if (told && m.type === MESSAGE_TYPE.response && m.response_code !== undefined)
          codes.push(String(m.response_code));
      },
    },
  );
  const of = (direction: Direction, field: number) => of_direction(packets, direction, FIELDS.length)[field]!;
  const names = (direction: Direction) => of(direction, 0).map((type) => NAMES[Number(type)]);
  expect(sides[TO_SERVER]).toEqual(names(TO_SERVER));
  expect(sides[TO_CLIENT]).toEqual(names(TO_CLIENT));
  expect(topics.toSorted()).toEqual([...of(TO_SERVER, 2), ...of(TO_CLIENT, 2)].toSorted());
  // tshark has the reason of a Connack of version 5 in another field.
  const reasons = [...of(TO_CLIENT, 3), ...of(TO_CLIENT, 4)];
  const version_5 = of(TO_CLIENT, 3).length === 0;
  expect(version_5 ? codes.slice(1) : codes).toEqual(reasons);
});
