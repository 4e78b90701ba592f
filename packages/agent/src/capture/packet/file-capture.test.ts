import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EGRESS } from '../event.ts';
import { FileCapture } from './file-capture.ts';
import {
  CLIENT,
  ethernet,
  ipv4,
  ipv6,
  pcap,
  pcapng,
  SERVER,
  tcp,
  tcp_header,
  type TcpPiece,
  udp,
} from './testing/frames.ts';
import { HeldBudget, Reassembly } from './reassembly.ts';
import { read, with_file } from './testing/read.ts';

const flow = (pieces: TcpPiece[]): Buffer => pcap(pieces.map((piece) => ethernet(tcp(piece))));

const EXCHANGE: TcpPiece[] = [
  { from_client: true, seq: 99, flags: 'S' },
  { from_client: false, seq: 499, ack: 100, flags: 'SA' },
  { from_client: true, seq: 100, ack: 500, payload: 'hello ' },
  { from_client: true, seq: 106, ack: 500, payload: 'world' },
  { from_client: false, seq: 500, ack: 111, payload: 'yes' },
  { from_client: true, seq: 111, ack: 503, flags: 'FA' },
  { from_client: false, seq: 503, ack: 112, flags: 'FA' },
];
const EXCHANGE_EVENTS = ['open', '>hello ', '>world', '<yes', 'close'];

describe('file formats', () => {
  const frames = EXCHANGE.map((piece) => ethernet(tcp(piece)));
  const formats: [string, Buffer][] = [
    ['microseconds', pcap(frames)],
    ['nanoseconds', pcap(frames, { magic: 0xa1b23c4d })],
    ['modified', pcap(frames, { magic: 0xa1b2cd34 })],
    ['big endian', pcap(frames, { little: false })],
    ['nanoseconds, big endian', pcap(frames, { magic: 0xa1b23c4d, little: false })],
    ['modified, big endian', pcap(frames, { magic: 0xa1b2cd34, little: false })],
    ['frame check sequence in the link type', pcap(frames, { link: 0x24000001 })],
    ['pcapng', pcapng(frames)],
    ['pcapng, big endian', pcapng(frames, false)],
  ];
  it.each(formats)('%s', (_name, bytes) => {
    const got = read(bytes);
    expect(got.events).toEqual(EXCHANGE_EVENTS);
    expect(got.moments).toEqual([2e6, 3e6, 4e6]);
    expect(got.base_ms).toBe(1_000_000);
    expect(got.problem).toBe('');
  });

  it.each(formats)('%s, cut anywhere: what is whole is read, the rest said', (_name, bytes) => {
    for (let cut = 28; cut < bytes.length; cut += 13) {
      const got = read(bytes.subarray(0, cut));
      const data = got.events.filter((e) => e !== 'open' && e !== 'close');
      expect(['>hello ', '>world', '<yes'].slice(0, data.length)).toEqual(data);
    }
    expect(read(bytes.subarray(0, bytes.length - 3)).problem).toMatch(/cut inside .* at byte \d+/);
  });

  it('refuses what is no capture file, and a damaged record, by a sentence', () => {
    expect(() => read(Buffer.from('#!/bin/sh\n'))).toThrow('not a capture file: begins with 0x23212f62');
    expect(() => read(Buffer.alloc(0))).toThrow('shorter than 4 bytes');
    const bytes = pcap(frames);
    bytes.writeUInt32LE(0x7fffffff, 24 + 8);
    expect(read(bytes).problem).toContain('damaged: a packet of 2147483647 bytes');
  });
});

describe('link and network layers', () => {
  const question = udp(CLIENT.port, 53, 'q');
  const v4 = ipv4(17, CLIENT.address, SERVER.address, question);
  const v6 = ipv6(17, question);
  const cooked = [0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0];
  const cooked_2 = [0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0];
  const links: [string, number, number[]][] = [
    ['Ethernet', 1, ethernet(v4)],
    ['two VLAN tags', 1, ethernet(v4, 2)],
    ['QinQ', 1, [...Array(12).fill(2), 0x88, 0xa8, 0, 5, 0x81, 0, 0, 7, 8, 0, ...v4]],
    ['cooked', 113, [...cooked, 8, 0, ...v4]],
    ['cooked, a VLAN tag', 113, [...cooked, 0x81, 0, 0, 7, 8, 0, ...v4]],
    ['cooked v2', 276, [8, 0, ...cooked_2, ...v4]],
    ['cooked v2, a VLAN tag', 276, [0x81, 0, ...cooked_2, 0, 7, 8, 0, ...v4]],
    ['cooked v2, IPv6', 276, [0x86, 0xdd, ...cooked_2, ...v6]],
    ['BSD loopback, little endian', 0, [2, 0, 0, 0, ...v4]],
    ['BSD loopback, big endian', 0, [0, 0, 0, 2, ...v4]],
    ['BSD loopback, IPv6', 0, [30, 0, 0, 0, ...v6]],
    ['OpenBSD loopback', 108, [0, 0, 0, 24, ...v6]],
    ['raw', 101, v4],
    ['raw, IPv6', 101, v6],
    ['raw, BSD', 12, v4],
    ['raw, OpenBSD', 14, v4],
    ['IPv4', 228, v4],
    ['IPv6', 229, v6],
    ['IPv6 with an extension header', 1, ethernet(ipv6(0, [17, 0, 1, 4, 0, 0, 0, 0, ...question]))],
    ['padded to the minimum of Ethernet', 1, [...ethernet(v4), ...Array(20).fill(0)]],
  ];
  it.each(links)('%s', (_name, link, frame) => {
    expect(read(pcap([frame], { link })).events).toEqual(['>q', 'close']);
  });

  it('counts what it cannot use, by reason', () => {
    const frames = [
      ethernet(ipv4(17, CLIENT.address, SERVER.address, question, 0x2000)),
      ethernet(ipv6(44, [17, 0, 0, 1, 0, 0, 0, 1, ...question])),
      ethernet(ipv4(47, CLIENT.address, SERVER.address, [8, 0, 0, 0])),
      ethernet(ipv4(1, CLIENT.address, SERVER.address, [5, 0, 0, 0, 10, 0, 0, 9])),
      [...Array(12).fill(2), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
      ethernet(v4).slice(0, 30),
    ];
    const { counters, events } = read(pcap(frames));
    expect(events).toEqual([]);
    expect(counters).toMatchObject({
      packets: 6,
      fragments: 2,
      fragments_lost: 2,
      refused_not_tcp_udp: 1,
      refused_icmp_aside: 1,
      refused_not_ip: 1,
      refused_cut_header: 1,
    });
    expect(read(pcap([v4], { link: 147 })).counters).toMatchObject({ refused_link_unknown: 1 });
  });

  it('gives echoes as conversations of who asks, one an identifier; an error answers for whom it reports on', () => {
    const [a, b, router] = [CLIENT.address, SERVER.address, [10, 0, 0, 9]];
    const echo = (type: number, identifier: number, text: string): number[] => [
      ...[type, 0, 0, 0, identifier >> 8, identifier & 255, 0, 1],
      ...Buffer.from(text),
    ];
    const unreachable = [3, 1, 0, 0, 0, 0, 0, 0, ...ipv4(1, a, b, echo(8, 700, 'lost'))];
    const v6_error = [1, 0, 0, 0, 0, 0, 0, 0, ...ipv6(58, echo(128, 9, 'six'))];
    const frames = [
      ipv4(1, a, b, echo(8, 700, 'one')),
      // The other host asks the first at the same time.
      ipv4(1, b, a, echo(8, 0x0102, 'back')),
      ipv4(1, b, a, echo(0, 700, 'one')),
      ipv4(1, a, b, echo(0, 0x0102, 'back')),
      ipv4(1, a, b, echo(8, 700, 'lost')),
      ipv4(1, router, a, unreachable),
      ipv6(58, echo(128, 9, 'six')),
      ipv6(58, v6_error),
    ].map((packet) => ethernet(packet));
    const seen: string[] = [];
    with_file(pcap(frames), (file) => {
      const capture = new FileCapture(file);
      capture.drain((event) => {
        if (event.kind !== 'data') return;
        const { socket, bytes, start, end, direction } = event;
        const text = Buffer.from(bytes.subarray(start, end))
          .toString('latin1')
          .replace(/[^a-z]/g, '');
        const [from, to] = [socket.local, socket.remote].map((address) => address[socket.family === 4 ? 3 : 15]);
        seen.push(
          `${socket.transport} ${from}:${socket.local_port} ${direction === EGRESS ? '>' : '<'} ${to}:${socket.remote_port} ${text}`,
        );
      }, 100);
      capture.close();
    });
    expect(seen).toEqual([
      '1 1:700 > 2:0 one',
      '1 2:258 > 1:0 back',
      '1 1:700 < 2:0 one',
      '1 2:258 < 1:0 back',
      '1 1:700 > 2:0 lost',
      expect.stringMatching(/^1 1:700 < 2:0 .*lost$/),
      '58 1:9 > 2:0 six',
      expect.stringMatching(/^58 1:9 < 2:0 .*six$/),
    ]);
  });

  it('keeps the true length of packets that were cut', () => {
    expect(
      read(pcap([ethernet(ipv4(17, CLIENT.address, SERVER.address, udp(1, 2, 'abcdef')))], { snap: 45 })).events[0],
    ).toBe('>abc+3');
    expect(read(flow(EXCHANGE), { payload_max: 2 }).events).toEqual(['open', '>he+4', '>wo+3', '<ye+1', 'close']);
  });
});

describe('TCP', () => {
  const [syn, syn_ack, hello, world, yes, fin, fin2] = EXCHANGE as [
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
  ];

  it('orders segments and drops copies and overlaps', () => {
    const overlap: TcpPiece = { from_client: true, seq: 103, payload: 'lo world' };
    expect(read(flow([syn, syn_ack, world, hello, hello, overlap, yes, fin, fin2])).events).toEqual(EXCHANGE_EVENTS);
    const got = read(flow([syn, syn_ack, hello, overlap, yes, fin, fin2]));
    expect(got.events).toEqual(EXCHANGE_EVENTS);
    expect(got.counters.repeated_bytes).toBe(3);
  });

  it('shows what the capture lost as a hole, before the answer that proves it', () => {
    const got = read(flow([syn, syn_ack, hello, yes, fin, fin2]));
    expect(got.events).toEqual(['open', '>hello ', '>+5', '<yes', 'close']);
    expect(got.counters.lost_bytes).toBe(5);
    expect(read(flow([syn, syn_ack, world, yes])).events).toEqual(['open', '>+6', '>world', '<yes', 'close']);
  });

  it('wraps around the end of the sequence numbers', () => {
    const pieces: TcpPiece[] = [
      { from_client: true, seq: 0xfffffffd, payload: 'abc' },
      { from_client: true, seq: 3, payload: 'ghi' },
      { from_client: true, seq: 0, payload: 'def' },
    ];
    expect(read(flow(pieces)).events).toEqual(['>abc', '>def', '>ghi', 'close']);
  });

  it('tells roles by the handshake, then by ports that served before, then by who speaks first', () => {
    const answer_first: TcpPiece = { from_client: false, seq: 500, payload: 'late' };
    expect(read(flow([answer_first])).events).toEqual(['>late', 'close']);
    const before = ethernet(tcp(syn));
    // The same server port with another client, of which only the answer was captured.
    const other = ethernet(ipv4(6, SERVER.address, [10, 0, 0, 9], tcp_header(answer_first)));
    expect(read(pcap([before, other])).events).toContain('<late');
  });

  it('says open, fail and close; ports used again are another conversation', () => {
    const refused: TcpPiece = { from_client: false, seq: 0, ack: 100, flags: 'RA' };
    expect(read(flow([syn, refused])).events).toEqual(['fail']);
    const twice = read(flow([...EXCHANGE, ...EXCHANGE]));
    expect(twice.events).toEqual([...EXCHANGE_EVENTS, ...EXCHANGE_EVENTS]);
    expect(twice.counters.flows).toBe(2);
  });

  it('takes what was sent before a FIN and came behind it', () => {
    const ends: TcpPiece = { ...fin, ack: 500 };
    const unaware: TcpPiece = { from_client: false, seq: 500, ack: 106, flags: 'FA' };
    expect(read(flow([syn, syn_ack, hello, ends, unaware, world])).events).toEqual([
      ...['open', '>hello ', '>world', 'close'],
    ]);
    // The last acknowledgement proves that the capture missed it.
    const late: TcpPiece = { from_client: false, seq: 500, ack: 112, flags: 'FA' };
    expect(read(flow([syn, syn_ack, hello, ends, late])).events).toEqual(['open', '>hello ', '>+5', 'close']);
  });

  it('begins anew with a SYN of another number, whatever was missed of the end', () => {
    const again: TcpPiece[] = [
      { from_client: true, seq: 9099, flags: 'S' },
      { from_client: true, seq: 9100, payload: 'anew' },
    ];
    const got = read(flow([syn, syn_ack, hello, syn, ...again]));
    expect(got.events).toEqual(['open', '>hello ', 'close', '>anew', 'close']);
    expect(got.counters.flows).toBe(2);
    // Met in its middle, the same.
    expect(read(flow([hello, ...again])).events).toEqual(['>hello ', 'close', '>anew', 'close']);
  });

  it('ignores a reset of a number far from any that was sent, and data behind the end', () => {
    const forged: TcpPiece = { from_client: true, seq: 0x70000000, flags: 'R' };
    expect(read(flow([syn, syn_ack, hello, forged, world, yes])).events).toEqual([
      ...['open', '>hello ', '>world', '<yes', 'close'],
    ]);
    expect(read(flow([...EXCHANGE, world])).events).toEqual(EXCHANGE_EVENTS);
  });

  it('keeps the first of bytes that are sent again and differ', () => {
    const other: TcpPiece = { from_client: true, seq: 100, payload: 'HELLO world' };
    expect(read(flow([syn, syn_ack, hello, other])).events).toEqual(['open', '>hello ', '>world', 'close']);
  });

  it('bounds what all conversations hold together', () => {
    const budget = new HeldBudget(10_000);
    const seen: number[] = [];
    const deliver = (_bytes: Uint8Array, start: number, end: number): void => {
      seen.push(end - start);
    };
    const halves = Array.from({ length: 50 }, () => new Reassembly(deliver, budget));
    for (let i = 0; i < 20; i++) {
      for (const half of halves) {
        half.begin(0);
        half.push(new Uint8Array(400), 0, 400, 400, 1000 + i * 1000, i);
        expect(budget.bytes).toBeLessThanOrEqual(budget.bytes_max);
      }
    }
    for (const half of halves) half.flush(1e9);
    expect(budget.bytes).toBe(0);
    expect(seen.filter((bytes) => bytes === 400)).toHaveLength(1000);
  });

  it('bounds what it holds: a hole that never closes is given up', () => {
    const far = Array.from({ length: 300 }, (_, i): TcpPiece => ({ from_client: true, seq: 200 + i, payload: 'x' }));
    const got = read(flow([syn, hello, ...far]));
    expect(got.events.slice(0, 3)).toEqual(['>hello ', '>+94', '>x']);
    expect(got.events.filter((e) => e === '>x')).toHaveLength(300);
  });

  it('never throws on damaged frames', () => {
    const asks = [8, 0, 0, 0, 1, 2, 0, 1];
    const refuses = [3, 1, 0, 0, 0, 0, 0, 0, ...ipv4(1, CLIENT.address, SERVER.address, asks)];
    const icmp = [asks, refuses].map((message) => ethernet(ipv4(1, CLIENT.address, SERVER.address, message)));
    const whole = [...EXCHANGE.map((piece) => ethernet(tcp(piece), 1)), ...icmp];
    let state = 1;
    const random = (n: number): number => {
      state = (state * 48_271) % 0x7fffffff;
      return state % n;
    };
    for (let i = 0; i < 2000; i++) {
      const frames = whole.map((frame) => frame.slice(0, 10 + random(frame.length)));
      const frame = frames[random(frames.length)]!;
      frame[random(frame.length)] = random(256);
      read(pcap(frames, { link: [1, 0, 101, 113, 276][random(5)]! }));
    }
  });
});

const tshark = spawnSync('tshark', ['--version']).status === 0;
it.skipIf(!tshark)('tshark reads the same from a file with disorder, copies and a VLAN tag', () => {
  const [syn, syn_ack, hello, world, yes] = EXCHANGE as TcpPiece[] as [
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
    TcpPiece,
  ];
  const frames = [syn, syn_ack, world, hello, world, yes].map((piece) => ethernet(tcp(piece), 1));
  for (const bytes of [pcap(frames), pcapng(frames)]) {
    const text = with_file(bytes, (path) =>
      execFileSync('tshark', ['-r', path, '-q', '-z', 'follow,tcp,raw,0'], { encoding: 'utf8' }),
    );
    const lines = text.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line));
    const sides = [lines.filter((l) => !l.startsWith('\t')), lines.filter((l) => l.startsWith('\t'))];
    const [sent, received] = sides.map((side) => Buffer.from(side.join('').replaceAll('\t', ''), 'hex').toString());
    const events = read(bytes).events;
    const joined = (mark: string): string =>
      events
        .filter((e) => e.startsWith(mark))
        .map((e) => e.slice(1))
        .join('');
    expect([joined('>'), joined('<')]).toEqual([sent, received]);
    expect(sent).toBe('hello world');
  }
});
