// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { CODE } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = [
  'amqp.performative',
  'amqp.performative.arguments.hostname',
  'amqp.performative.arguments.containerId',
  'amqp.error.condition',
  'amqp.performative.arguments.more',
];

it.skipIf(no_tshark).each(['rhea', 'proton', 'rabbitmq'])('%s: as many of each, with the same errors', (name) => {
  for (const pieces of load(new URL(`captures/${name}.json`, import.meta.url))) {
    const [performatives, hostnames, containers, conditions, more] = tshark(pieces, FIELDS, 'amqp', 5672);
    const seen = (code: number) => performatives!.filter((value) => Number(value) === code).length;
    const { messages } = play([protocol], pieces, { redact: false });
    const of = (...names: string[]) =>
      messages.filter((m) => names.includes(m.request_type ?? '') && m.interim !== true);
    const told = (name_: string, type: Message['type']) => of(name_).filter((m) => m.type === type).length;
    expect(told('open', MESSAGE_TYPE.request) + told('open', MESSAGE_TYPE.response)).toBe(seen(CODE.open));
    const domains = of('sasl-init', 'open').flatMap((m) => m.request_domain ?? []);
    expect(domains).toEqual(hostnames!.filter((text) => text !== ''));
    expect(of('open').flatMap((m) => m.attribute_values ?? [])).toEqual(containers!.filter((text) => text !== ''));
    expect(told('begin', MESSAGE_TYPE.request) + told('begin', MESSAGE_TYPE.response)).toBe(seen(CODE.begin));
    // A delivery is told with its last frame.
    const sent = of('transfer', 'declare', 'discharge').filter((m) => m.type !== MESSAGE_TYPE.response);
    expect(sent).toHaveLength(seen(CODE.transfer) - more!.filter((value) => value === '1').length);
    const told_conditions = messages.flatMap((m) =>
      m.interim ? [] : (m.response_exception?.match(/^amqp:[\w:-]+(?=: |$)/) ?? []),
    );
    expect(new Set(told_conditions)).toEqual(new Set(conditions));
  }
});
