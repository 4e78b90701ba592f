// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';
import { type_name } from '../domain/types.ts';

const FIELDS = ['dns.id', 'dns.qry.name', 'dns.qry.type', 'dns.flags.rcode', 'dns.a', 'dns.aaaa'];

it.skipIf(no_tshark).each(['udp', 'tcp'] as const)('over %s: the same questions and answers', (transport) => {
  const pieces = load(new URL(`captures/${transport}.json`, import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'dns', { port: 53, transport });
  const { messages } = play([protocol], pieces, { redact: false }, { transport });
  const asked = messages.filter((m) => m.type === 0);
  const answered = messages.filter((m) => m.type === 1);
  for (const [direction, mine] of [
    [TO_SERVER, asked],
    [TO_CLIENT, answered],
  ] as const) {
    const [ids, names, types, codes] = of_direction(packets, direction, FIELDS.length);
    expect(mine.map((m) => m.request_id)).toEqual(ids!.map(Number));
    expect(mine.map((m) => m.request_resource)).toEqual(names);
    expect(mine.map((m) => m.request_type)).toEqual(types!.map((type) => type_name(Number(type))));
    expect(mine.flatMap((m) => (m.response_code === undefined ? [] : [String(m.response_code)]))).toEqual(codes);
  }
  // Addresses that only accompany another answer (of the target of a SRV record) teach nothing.
  const asking = packets.filter(({ values: [, , types] }) => types!.every((type) => type === '1' || type === '28'));
  const [, , , , v4, v6] = of_direction(asking, TO_CLIENT, FIELDS.length);
  const addresses = answered.flatMap((m) => m.names ?? []).map(({ address }) => address);
  expect(addresses.toSorted()).toEqual([...v4!, ...v6!].toSorted());
  expect(asked.length).toBeGreaterThan(4);
});
