import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EGRESS, INGRESS, ROLE } from '../event.ts';
import type { EbpfCapture } from './ebpf.ts';
import { type Bench, build, data, ends, lives, type SeenData, scenario } from './testing/live.ts';

const V4 = '7f000001';
const V6 = '00000000000000000000000000000001';

/** `> text` for bytes sent, `< text` for bytes received; the length follows where it is not the text's. */
function line(event: SeenData): string {
  const mark = event.direction === EGRESS ? '>' : '<';
  const length = event.length === event.text.length ? '' : ` (${event.length})`;
  return `${mark} ${event.text}${length}`;
}

// Both ways of walking kernel structures: typed loads (6.2 and later) and helper calls.
describe.each([{ typed_walk: true }, { typed_walk: false }])('system calls, %o', ({ typed_walk }) => {
  let bench: Bench;
  let capture: EbpfCapture;
  beforeAll(() => {
    bench = build();
    capture = bench.open({ typed_walk });
  });
  afterAll(() => {
    capture.close();
    bench.remove();
  });

  it('reports each call that moves bytes, once and with its bytes', async () => {
    const seen = data(await scenario(bench, capture, 'calls'));
    const [client, server] = [seen.filter((e) => e.direction === EGRESS), seen.filter((e) => e.direction === INGRESS)];
    expect(client.map(line)).toEqual([
      '> write',
      '> writev',
      '> sendto',
      '> writev',
      '> first',
      '> second',
      '> writev',
      '>  (100)',
      '>  (6)',
    ]);
    const elf = server[6]!.text;
    expect(elf.slice(0, 4)).toBe('\x7fELF');
    expect(server.map(line)).toEqual([
      '< write',
      '< writev',
      '< sendto',
      '< writev',
      '< firstsecond',
      '< writev',
      `< ${elf}`,
      '<  (6)',
    ]);
    expect(elf).toHaveLength(100);
  });

  it('gives the same TCP position at both ends, and numbers events without a gap', async () => {
    const seen = data(await scenario(bench, capture, 'calls'));
    const sent = seen.filter((e) => e.direction === EGRESS);
    const received = seen.filter((e) => e.direction === INGRESS);
    let next = sent[0]!.tcp_seq;
    for (const event of sent) {
      expect(event.tcp_seq).toBe(next);
      next = (next + event.length) >>> 0;
    }
    const starts = new Set(sent.map((e) => e.tcp_seq));
    for (const event of received) expect(starts.has(event.tcp_seq)).toBe(true);
    expect(sent.map((e) => e.cap_seq)).toEqual(sent.map((_, i) => i + 1));
    expect(received.map((e) => e.cap_seq)).toEqual(received.map((_, i) => i + 1));
  });

  it('gives a write the moment of its entry: never after its reader had the bytes', async () => {
    const seen = data(await scenario(bench, capture, 'flood', '500', '10'));
    const sent = seen.filter((e) => e.direction === EGRESS);
    const received = seen.filter((e) => e.direction === INGRESS);
    expect(sent).toHaveLength(500);
    expect(received).toHaveLength(500);
    for (const [i, event] of sent.entries()) expect(event.moment_ns).toBeLessThan(received[i]!.moment_ns);
  });

  it('tells opening, roles and closing of both ends', async () => {
    const seen = await scenario(bench, capture, 'calls');
    const opened = lives(seen).filter((e) => e.kind === 'open');
    expect(opened.map((e) => e.socket.role)).toEqual([ROLE.client, ROLE.server]);
    const [client, server] = opened.map((e) => ends(e.socket).split(' '));
    expect(client).toEqual(server!.toReversed());
    expect(client![1]!.startsWith(`${V4}:`)).toBe(true);
    const closed = lives(seen).filter((e) => e.kind === 'close');
    expect(closed.map((e) => e.socket.id).toSorted()).toEqual(opened.map((e) => e.socket.id).toSorted());
    const used = new Set(data(seen).map((e) => e.socket.id));
    expect([...used].toSorted()).toEqual(opened.map((e) => e.socket.id).toSorted());
  });

  it('leaves out what is no progress of a watched stream', async () => {
    const seen = data(await scenario(bench, capture, 'aside'));
    expect(seen.map(line)).toEqual(['> peeked', '< peeked', '> thrown', '<  (6)']);
    expect(seen.map((e) => e.discarded)).toEqual([false, false, false, true]);
  });

  it('gathers vectors, across empty parts and however many', async () => {
    const before = sum(capture, 'iovec_cut');
    const seen = data(await scenario(bench, capture, 'vectors'));
    expect(seen.map(line)).toEqual(['> abcdef', '< abcdef', `> ${'0123456789'.repeat(40)}`]);
    expect(sum(capture, 'iovec_cut') - before).toBe(0);
  });

  it('keeps datagram peers apart', async () => {
    const seen = data(await scenario(bench, capture, 'datagrams'));
    const port = seen[0]!.socket.remote_port;
    const at_server = seen.filter((e) => e.socket.local_port === port);
    const peers = [...new Set(at_server.map((e) => e.socket.id))].map((id) =>
      at_server.filter((e) => e.socket.id === id),
    );
    const talk = peers.map((events) => events.map(line));
    // The last read() names no peer, and the server's socket has none.
    expect(talk).toEqual([['< ask', '> re-one'], ['< ask', '> re-two!'], ['< ask', '> re-three'], ['< again']]);
    for (const events of peers) expect(events.map((e) => e.cap_seq)).toEqual(events.map((_, i) => i + 1));
    const clients = seen.filter((e) => e.socket.local_port !== port);
    expect(clients.map(line)).toEqual(['> ask', '> ask', '> ask', '< re-one', '> again']);
    expect(clients[3]!.socket.id).toBe(clients[0]!.socket.id);
    expect(clients.every((e) => e.socket.transport === 17 && e.socket.remote_port === port)).toBe(true);
  });

  it('knows IPv6, and gives mapped addresses as IPv4', async () => {
    const seen = data(await scenario(bench, capture, 'addresses'));
    const places = seen.map((e) => `${line(e)} ${e.socket.family} ${ends(e.socket).replaceAll(/:\d+/g, '')}`);
    const any = { 4: '00000000', 6: '0'.repeat(32) };
    expect(places).toEqual([
      `> six 6 ${V6} ${V6}`,
      `< six 6 ${V6} ${V6}`,
      `> mapped 4 ${V4} ${V4}`,
      `< mapped 4 ${V4} ${V4}`,
      `> dgram 6 ${any[6]} ${V6}`,
      `< dgram 6 ${any[6]} ${V6}`,
      `> dgram 4 ${any[4]} ${V4}`,
      `< dgram 4 ${any[4]} ${V4}`,
    ]);
  });

  it('tells each failed connect once', async () => {
    const seen = lives(await scenario(bench, capture, 'failures'));
    expect(seen.map((e) => [e.kind, e.socket.role])).toEqual(Array(3).fill(['fail', ROLE.client]));
    expect(ends(seen[2]!.socket).endsWith(' c0000201:9')).toBe(true);
    expect(seen[0]!.socket.local_port).not.toBe(0);
  });

  it('keeps one socket one, through dup, fork and close', async () => {
    const seen = await scenario(bench, capture, 'sharing');
    const sent = data(seen).filter((e) => e.direction === EGRESS);
    expect(sent.map(line)).toEqual(['> one', '> two', '> three', '> four']);
    expect(new Set(sent.map((e) => e.socket.id)).size).toBe(1);
    expect(new Set(sent.map((e) => e.pid)).size).toBe(2);
    const closed = lives(seen).filter((e) => e.kind === 'close' && e.socket.id === sent[0]!.socket.id);
    expect(closed).toHaveLength(1);
    expect(closed[0]!.moment_ns).toBeGreaterThan(sent[3]!.moment_ns);
  });

  it('lets a reader finish before the close is told', async () => {
    const seen = await scenario(bench, capture, 'half-closed');
    const client = lives(seen).find((e) => e.kind === 'open' && e.socket.role === ROLE.client)!.socket.id;
    const story = seen.filter((e) => 'socket' in e && e.socket.id === client);
    expect(story.map((e) => (e.kind === 'data' ? line(e) : e.kind))).toEqual([
      'open',
      '> ask',
      '< ans',
      '< wer',
      'close',
    ]);
  });

  it('does not count a FIN as a byte', async () => {
    for (const name of ['fin-with-data', 'half-closed']) {
      const seen = data(await scenario(bench, capture, name));
      const sent = seen.filter((e) => e.direction === EGRESS).at(-1)!;
      const received = seen.filter((e) => e.direction === INGRESS && e.socket.id !== sent.socket.id);
      const first = received.at(name === 'half-closed' ? -2 : -1)!;
      expect(first.tcp_seq).toBe(sent.tcp_seq);
      expect(received.at(-1)!.tcp_seq).toBe((sent.tcp_seq + sent.length - received.at(-1)!.length) >>> 0);
    }
  });

  it('forgets sockets that ended', async () => {
    const seen = lives(await scenario(bench, capture, 'many', '2000'));
    expect(seen.filter((e) => e.kind === 'open')).toHaveLength(4000);
    expect(seen.filter((e) => e.kind === 'close')).toHaveLength(4000);
    expect(new Set(seen.map((e) => e.socket.id)).size).toBe(4000);
    expect(sum(capture, 'socket_map_full')).toBe(0);
  });

  it('loses nothing it could read', () => {
    for (const name of ['ring_full', 'read_failed', 'unknown_event', 'recursion_missed'])
      expect(sum(capture, name)).toBe(0);
  });
});

function sum(capture: EbpfCapture, name: string): number {
  return (capture.counters().get(name) ?? []).reduce((a, b) => a + b, 0);
}
