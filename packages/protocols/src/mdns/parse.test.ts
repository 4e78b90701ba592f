import { describe, expect, it } from 'vitest';
import { PROTOCOLS } from '../index.ts';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { PORT } from './messages.ts';
import { endpoint_of, protocol } from './parse.ts';

const group = load(new URL('captures/group.json', import.meta.url))[0]!;
const direct = load(new URL('captures/by-port/direct.json', import.meta.url))[0]!;
const udp = (pieces: readonly PlayedPiece[], port = 0) =>
  play([PROTOCOLS.dns, protocol], pieces, {}, { transport: 'udp', server_port: port });
const heard = udp(group).messages;
const kinds = heard.filter((m) => m.attribute_values !== undefined).map((m) => m.attribute_values![0]);

describe('mdns, recorded from avahi-daemon and multicast-dns', () => {
  it('probes, announcements, queries with their answers, goodbye: all one-way', () => {
    expect(kinds).toEqual([
      ...[
        'probe',
        'probe',
        'probe',
        'answer',
        'probe',
        'probe',
        'probe',
        'answer',
        'answer',
        'answer',
        'answer',
        'answer',
      ],
      ...['query', 'answer', 'query', 'answer', 'query', 'query', 'goodbye'],
    ]);
    const one_way = heard.filter((m) => m.type === MESSAGE_TYPE.session);
    expect(one_way).toHaveLength(kinds.length - 1);
    expect(one_way.every((m) => m.one_way === true && m.request_id === undefined)).toBe(true);
  });

  it('what is asked for and what is answered', () => {
    const [asked, answered, hosts] = heard.slice(12, 15);
    expect(asked).toMatchObject({
      request_type: 'PTR',
      request_resource: '_ipp._tcp.local',
      endpoint: '_ipp._tcp.local',
      length: 33,
    });
    expect(answered?.response_result).toMatch(/^PTR=Printer\._ipp\._tcp\.local TTL=4500;TXT;SRV;/);
    expect(answered?.names).toContainEqual({ name: 'printer.local', address: '10.77.0.1', ttl_s: 120 });
    expect(hosts).toMatchObject({ request_type: 'A', request_resource: 'printer.local;Printer._ipp._tcp.local' });
    // The values of TXT records are never told.
    expect(JSON.stringify(heard)).not.toContain('secret');
  });

  it('a query says how much it knows; a goodbye teaches no address', () => {
    const known = heard.find((m) => m.attribute_names?.includes('mdns_known_answers'));
    expect(known?.attribute_values).toEqual(['query', '1']);
    const goodbye = heard.find((m) => m.attribute_values?.[0] === 'goodbye');
    expect(goodbye?.response_result).toMatch(/A=10\.77\.0\.1 TTL=0/);
    expect(goodbye?.names).toBeUndefined();
  });

  it('a query with an id stands as unknown where no answer comes from the address it was sent to', () => {
    const at = heard.findIndex((m) => m.type === MESSAGE_TYPE.request);
    expect(heard[at]).toMatchObject({ request_id: 77, request_resource: 'missing.local' });
    expect(heard[at + 1]).toMatchObject({
      request_id: 77,
      interim: true,
      unfinished: true,
      response_status: STATUS.unknown,
    });
  });

  it('a daemon that is asked itself: responses by id', () => {
    const { messages } = udp(direct, PORT);
    const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request);
    const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
    expect(asked.map((m) => m.request_resource)).toEqual([
      ...['printer.local', '_ipp._tcp.local', 'printer._ipp._tcp.local', 'missing.local', '1.0.77.10.in-addr.arpa'],
    ]);
    expect(answered).toHaveLength(4);
    for (const response of answered) {
      const its = asked.find((m) => m.request_id === response.request_id);
      expect([response.request_type, response.request_resource]).toEqual([its?.request_type, its?.request_resource]);
    }
    // Without the port it is DNS, and only DNS.
    expect(udp(direct).conversation.protocol?.card.name).toBe('dns');
  });
});

describe('mdns, by RFC 6762', () => {
  const u16 = (...values: number[]) => values.flatMap((value) => [value >> 8, value & 255]);
  const name = (text: string) => [...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
  const message = (id: number, flags: number, counts: number[], ...rest: number[]): PlayedPiece => ({
    direction: TO_SERVER,
    bytes: Uint8Array.from([...u16(id, flags, ...counts), ...rest]),
  });

  it('asks for a unicast answer (section 5.4)', () => {
    const { messages } = udp([message(0, 0, [1, 0, 0, 0], ...name('a.local'), ...u16(28, 0x8001))], PORT);
    expect(messages[0]).toMatchObject({
      request_type: 'AAAA',
      attribute_names: ['mdns_kind', 'mdns_unicast_wanted'],
      attribute_values: ['query', '1'],
    });
  });

  it('ignores other opcodes (section 18.3) and lists that go on (section 7.2), not response codes (section 18.11)', () => {
    const answer = [...name('a.local'), ...u16(1, 0x8001, 0, 120, 4), 10, 0, 0, 1];
    const pieces = [
      ...[
        message(0, 0x0000, [0, 1, 0, 0], ...answer),
        message(0, 0x2000, [1, 0, 0, 0], ...name('a.local'), ...u16(1, 1)),
      ],
      message(0, 0x8403, [0, 1, 0, 0], ...answer),
    ];
    const { messages, conversation } = play([protocol], pieces, {}, { transport: 'udp', hint: 'mdns' });
    expect(messages).toMatchObject([{ response_status: STATUS.ok, response_result: 'A=10.0.0.1 TTL=120' }]);
    expect(conversation.counters.not_mine).toBe(0);
  });

  it('an answer that was cut tells what is there', () => {
    const [answer] = group.slice(13, 14);
    const cut = { direction: TO_CLIENT, bytes: answer!.bytes.slice(0, 90), true_length: answer!.bytes.length } as const;
    const { messages } = udp([cut], PORT);
    expect(messages[0]).toMatchObject({ request_type: 'PTR', length: answer!.bytes.length });
  });

  it.each([
    ['My\\032Printer._ipp._tcp.local', '_ipp._tcp.local'],
    ['_services._dns-sd._udp.local', '_dns-sd._udp.local'],
    ['_printer._sub._http._tcp.local', '_http._tcp.local'],
    ['1.0.77.10.in-addr.arpa', 'in-addr.arpa'],
    ['printer.local', 'printer.local'],
  ])('%s is about %s', (text, endpoint) => {
    expect(endpoint_of(text)).toBe(endpoint);
  });

  it('who could be meant', () => {
    const score = (bytes: Uint8Array, port: number) => infer(bytes, 0, bytes.length, TO_SERVER, port);
    expect(score(group[0]!.bytes, PORT)).toEqual({ score: 3, says: 'either' });
    expect(score(group[7]!.bytes, 0).score).toBe(3);
    expect(score(direct[0]!.bytes, 53).score).toBe(0);
    expect(score(direct[1]!.bytes, PORT)).toEqual({ score: 3, says: 'response' });
    expect(score(Uint8Array.from(Buffer.alloc(40)), PORT).score).toBe(0);
  });
});
