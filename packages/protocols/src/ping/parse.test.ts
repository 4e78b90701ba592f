import { describe, expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';

// Recorded from Debian's ping and Linux, IPv4 first, then IPv6: see captures/make.mjs.
const connections = load(new URL('captures/ping.json', import.meta.url));
const run = (pieces: readonly PlayedPiece[]) => play(protocol_list, pieces, {}, { transport: 'icmp' });
const bytes_of = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

/** Sequence numbers asked for, and what came back for which. */
function told(pieces: readonly PlayedPiece[]): string {
  const { messages, conversation } = run(pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(conversation.protocol?.card.name).toBe('ping');
  return messages
    .map((m) =>
      m.type === MESSAGE_TYPE.request
        ? `${m.request_type} ${m.request_id}`
        : `${m.request_id}: ${m.response_status} ${m.response_exception ?? ''}`.trim(),
    )
    .join(', ');
}

describe('ping, recorded', () => {
  it('pairs by sequence number; errors find the echo that they report on', () => {
    const [v4, v6] = [connections.slice(0, 7), connections.slice(7)];
    const both = ['Echo 1, 1: 0, Echo 2, 2: 0, Echo 3, 3: 0', 'Echo 1, 1: 0, Echo 2, 2: 0'];
    expect(v4.map(told)).toEqual([
      ...both,
      'Echo 1, 1: 4 time exceeded: in transit, Echo 2, 2: 4 time exceeded: in transit',
      'Echo 1, 1: 4 destination unreachable: fragmentation needed',
      'Echo 1, 1: 3 destination unreachable: host, Echo 2, 2: 3 destination unreachable: host',
      'Echo 1, 1: 3 destination unreachable: communication prohibited, Echo 2, 2: 3 destination unreachable: communication prohibited',
      'Echo 1, Echo 2',
    ]);
    expect(v6.map(told)).toEqual([
      ...both,
      'Echo 1, 1: 4 time exceeded: in transit, Echo 2, 2: 4 time exceeded: in transit',
      'Echo 1, 1: 4 packet too big',
      'Echo 1, 1: 3 destination unreachable: no route, Echo 2, 2: 3 destination unreachable: no route',
      'Echo 1, 1: 3 destination unreachable: prohibited, Echo 2, 2: 3 destination unreachable: prohibited',
      'Echo 1, Echo 2',
    ]);
  });

  it('tells the identifier and the lengths', () => {
    const { messages } = run(connections[0]!);
    const identifier = (connections[0]![0]!.bytes[4]! << 8) | connections[0]![0]!.bytes[5]!;
    expect(messages[0]).toMatchObject({ request_resource: String(identifier), length: 64, begin_ns: 1000 });
    expect(messages[1]).toMatchObject({ length: 64, begin_ns: 2000 });
  });

  it('reads what was cut off behind the head', () => {
    const cut = connections[0]!.map((p) => ({ ...p, bytes: p.bytes.slice(0, 8), true_length: p.bytes.length }));
    expect(told(cut)).toBe(told(connections[0]!));
    expect(run(cut).messages[0]?.length).toBe(64);
  });

  it('gives a lone reply in the middle of a capture, and turns the roles round', () => {
    let flips = 0;
    const [request, reply] = connections[0]!;
    const turned = [{ ...reply!, direction: TO_SERVER } as const, { ...request!, direction: TO_SERVER } as const];
    const { messages } = play(protocol_list, turned, {}, { transport: 'icmp', on_flip: () => flips++ });
    expect([messages.map((m) => m.type), flips]).toEqual([[1, 0], 1]);
  });

  it('is claimed by nobody over TCP or UDP', () => {
    for (const transport of ['tcp', 'udp'] as const) {
      const found = play(protocol_list, connections[0]!, {}, { transport }).messages;
      expect(found.filter((m) => m.request_type === 'Echo')).toEqual([]);
    }
  });
});

describe('ping, by RFC 792 and RFC 4443', () => {
  const echo = '0800 0000 1234 0001';
  const ip4 = '4500 0054 0000 4000 4001 0000 0a000001 0a000002';
  it.each([
    ['an echo request', echo, 'request'],
    ['its reply', '0000 0000 1234 0001', 'response'],
    ['the same of version 6', '8000 0000 1234 0001', 'request'],
    ['an error about it', `0301 0000 0000 0000 ${ip4} ${echo}`, 'response'],
    ['one whose IP header has options', `0301 0000 0000 0000 ${ip4.replace('45', '46')} 01010101 ${echo}`, 'response'],
    ['a code that echoes do not have', '0801 0000 1234 0001', undefined],
    ['an error about a reply', `0301 0000 0000 0000 ${ip4} ${echo.replace('08', '00')}`, undefined],
    ['an error that is cut off', `0301 0000 0000 0000 ${ip4} 0800`, undefined],
    ['an error about nothing', '0301 0000 0000 0000', undefined],
    ['a redirect', `0501 0000 0000 0000 ${ip4} ${echo}`, undefined],
    ['a timestamp', '0d00 0000 1234 0001', undefined],
    ['too short', '0800 0000 1234', undefined],
  ])('%s', (_what, hex, says) => {
    const guess = infer(bytes_of(hex), 0, bytes_of(hex).length);
    expect(guess.score === 0 ? undefined : guess.says).toBe(says);
  });

  it('names a code that no registry has by its type alone', () => {
    const error = bytes_of(`0363 0000 0000 0000 ${ip4} ${echo}`);
    const pieces = [
      { direction: TO_SERVER, bytes: bytes_of(echo) },
      { direction: TO_CLIENT, bytes: error },
    ] as const;
    const [, response] = run(pieces).messages;
    expect(response).toMatchObject({ response_code: 99, response_exception: 'destination unreachable' });
  });
});
