// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { type Direction, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { TYPES } from './header.ts';
import { protocol } from './parse.ts';

const FIELDS = ['someip.serviceid', 'someip.methodid', 'someip.sessionid', 'someip.messagetype', 'someip.returncode'];
/** Messages of the service 0xffff and method 0 hold a stream together: magic cookies. */
const COOKIE = 0xffff_0000;

it.skipIf(no_tshark).each(['udp', 'tcp'] as const)('%s: the same messages', (transport) => {
  const pieces = load(new URL(`captures/${transport}.json`, import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'someip', { port: 30_509, transport });
  const sides: [Message[], Message[]] = [[], []];
  const on_message = (m: Message, _protocol: unknown, direction: Direction) => sides[direction].push(m);
  play([protocol], pieces, { redact: false }, { transport, on_message });
  for (const direction of [TO_SERVER, TO_CLIENT] as const) {
    const [services, methods, sessions, types, codes] = of_direction(packets, direction, FIELDS.length) as string[][];
    const said = services!.map((service, i) => ({
      service: Number(service),
      method: Number(methods![i]),
      session: Number(sessions![i]),
      type: Number(types![i]),
      code: Number(codes![i]),
    }));
    // Of a message in segments (bit 0x20) only the first is a row.
    const segment = (i: number) => i > 0 && (said[i]!.type & said[i - 1]!.type & 0x20) !== 0;
    const rows = said.filter(({ service, method }, i) => service * 0x10000 + method !== COOKIE && !segment(i));
    expect(sides[direction].map((m) => Number(m.request_resource))).toEqual(rows.map(({ service }) => service));
    expect(sides[direction].map((m) => Number(m.endpoint))).toEqual(rows.map(({ method }) => method));
    expect(sides[direction].map((m) => m.request_id)).toEqual(rows.map(({ session }) => session));
    expect(sides[direction].map((m) => m.request_type)).toEqual(rows.map(({ type }) => TYPES.get(type & ~0x20)));
    const answers = rows.filter(({ type }) => type === 0x80 || type === 0x81).map(({ code }) => code);
    expect(sides[direction].flatMap((m) => m.response_code ?? [])).toEqual(answers);
  }
});
