// The same datagrams through tshark: direction, names asked for, types of answers.
import { describe, expect, it } from 'vitest';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark } from '../testing/tshark.ts';
import { PORT } from './messages.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const FIELDS = ['dns.flags.response', 'dns.qry.name', 'dns.resp.name', 'dns.resp.ttl', 'dns.a'];

describe.skipIf(no_tshark)('mdns, compared with tshark', () => {
  it.each(['group', 'by-port/direct'])('%s', (name) => {
    const pieces = recorded(name);
    const theirs = dissect(pieces, FIELDS, 'mdns', { transport: 'udp', port: PORT });
    const { messages } = play([protocol], pieces, {}, { transport: 'udp', server_port: PORT });
    const ours = messages.filter((m) => m.interim !== true);
    expect(ours).toHaveLength(pieces.length);
    for (const [i, message] of ours.entries()) {
      const [response, asked, owners, ttls, addresses] = theirs[i]!.values;
      const kind = message.attribute_values![0];
      expect(['1', 'True'].includes(response![0]!)).toBe(kind === 'answer' || kind === 'goodbye');
      if (kind === 'query' || kind === 'probe') {
        expect(message.request_resource).toBe([...new Set(asked)].join(';'));
        continue;
      }
      expect(message.request_resource).toBe(asked![0] ?? owners![0]);
      if (kind === 'goodbye') expect(ttls!.every((ttl) => ttl === '0')).toBe(true);
      else
        expect(message.names?.filter((n) => !n.address.includes(':')).map((n) => n.address) ?? []).toEqual(addresses);
    }
  });
});
