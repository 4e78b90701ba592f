// Fragmented packets: what is put together, and what of it tshark says.
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CLIENT, ethernet, ipv4, ipv6, pcap, SERVER, tcp_header, udp } from './testing/frames.ts';
import { read, with_file } from './testing/read.ts';

const TEXT = 'abcdefghijklmnopqrstuvwxyz0123456789';
const QUESTION = udp(CLIENT.port, 53, TEXT);
const MORE = 0x2000;

/** Frames of a packet's payload in pieces of `size` bytes, a multiple of 8. */
const in_v4 = (payload: number[], size: number, transport = 17): number[][] =>
  pieces_of(payload, size).map(({ at, piece, more }) =>
    ethernet(ipv4(transport, CLIENT.address, SERVER.address, piece, (more ? MORE : 0) | (at / 8))),
  );
const in_v6 = (payload: number[], size: number, identification = 7): number[][] =>
  pieces_of(payload, size).map(({ at, piece, more }) =>
    ethernet(ipv6(44, [17, 0, at >> 8, (at & 0xf8) | (more ? 1 : 0), 0, 0, 0, identification, ...piece])),
  );
const pieces_of = (payload: number[], size: number) =>
  Array.from({ length: Math.ceil(payload.length / size) }, (_, i) => ({
    at: i * size,
    piece: payload.slice(i * size, i * size + size),
    more: (i + 1) * size < payload.length,
  }));

describe.each([
  ['IPv4', in_v4],
  ['IPv6', in_v6],
])('%s', (_name, fragments) => {
  const [first, second, third] = fragments(QUESTION, 16) as [number[], number[], number[]];
  const whole = [`>${TEXT}`, 'close'];

  it('in any order, copies too', () => {
    for (const order of [
      [first, second, third],
      [third, second, first],
      [second, first, first, second, third],
      [first, third, third, second],
    ]) {
      const got = read(pcap(order));
      expect(got.events).toEqual(whole);
      expect(got.counters).toMatchObject({ fragments: order.length, fragments_lost: 0 });
    }
  });

  it('a whole packet between its own fragments is not theirs', () => {
    const other = ethernet(ipv4(17, CLIENT.address, SERVER.address, udp(CLIENT.port, 53, 'other')));
    expect(read(pcap([first, other, second, third])).events).toContain('>other');
  });

  it('counts what never became whole', () => {
    expect(read(pcap([first, third])).counters).toMatchObject({ fragments: 2, fragments_lost: 2 });
    expect(read(pcap([first, third])).events).toEqual([]);
  });

  it('gives the beginning of what was captured in part', () => {
    expect(read(pcap([first, second, third], { snap: first.length - 4 })).events[0]).toBe(`>${TEXT.slice(0, 4)}+32`);
  });

  it('drops a packet whose fragments overlap, and one that has two ends', () => {
    const wide = fragments(QUESTION, 24) as [number[], number[]];
    expect(read(pcap([wide[0], second, third])).events).toEqual([]);
    const [, early] = fragments(QUESTION.slice(0, 24), 16) as [number[], number[]];
    expect(read(pcap([third, early, first, second])).events).toEqual([]);
  });
});

it('gives up what waits for longer than a minute, and knows its number again', () => {
  const [first, second, third] = in_v4(QUESTION, 16) as [number[], number[], number[]];
  const between = Array.from({ length: 61_000 }, () => ethernet([0x45, 0]));
  const got = read(pcap([first, ...between, first, second, third]));
  expect(got.events).toEqual([`>${TEXT}`, 'close']);
  expect(got.counters.fragments_lost).toBe(1);
});

it('bounds what waits', () => {
  const firsts = Array.from({ length: 5000 }, (_, i) => {
    const [first] = in_v6(QUESTION, 16) as [number[]];
    first.splice(14 + 40 + 4, 4, 0, 0, i >> 8, i & 255);
    return first;
  });
  const got = read(pcap(firsts));
  expect(got.counters.fragments_lost).toBe(5000);
});

it('segments of TCP', () => {
  const segment = tcp_header({ from_client: true, seq: 1, payload: TEXT });
  expect(read(pcap(in_v4(segment, 24, 6))).events).toEqual([`>${TEXT}`, 'close']);
});

it('the largest packet, and none larger', () => {
  const large = udp(CLIENT.port, 53, 'x'.repeat(65_507));
  expect(read(pcap(in_v4(large, 1480)), {}).events[0]).toHaveLength(1 + 65_507);
  const [, over] = in_v4(Array(32).fill(1), 16) as [number[], number[]];
  over.splice(14 + 6, 2, 0x1f, 0xff);
  expect(read(pcap([over])).counters.fragments_lost).toBe(1);
});

const tshark = spawnSync('tshark', ['--version']).status === 0;
it.skipIf(!tshark)('tshark puts the same together', () => {
  const frames = [...in_v4(QUESTION, 16).reverse(), ...in_v6(udp(CLIENT.port, 53, `6${TEXT}`), 24)];
  const args = (path: string) => [
    '-r',
    path,
    '-d',
    'udp.port==53,data',
    '-Y',
    'udp',
    '-T',
    'fields',
    '-e',
    'data.data',
  ];
  const text = with_file(pcap(frames), (path) => execFileSync('tshark', args(path), { encoding: 'utf8' }));
  const payloads = text.split('\n').filter((line) => line !== '');
  const mine = read(pcap(frames)).events.filter((event) => event.startsWith('>'));
  expect(mine).toEqual(payloads.map((payload) => `>${Buffer.from(payload, 'hex').toString()}`));
  expect(mine).toHaveLength(2);
});
