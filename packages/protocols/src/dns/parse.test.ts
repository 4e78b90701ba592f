import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { ipv6_text } from '../domain/address.ts';
import { read_name } from '../domain/name.ts';
import { protocol } from './parse.ts';
import { answers } from './answers.ts';

function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 255]);
}

function name(text: string): number[] {
  return [...text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
}

/** A message with the question `qname`; `records` follow it as they are. */
function message(flags: number, counts: number[], qname: string, type: number, records: number[] = []): number[] {
  return [...u16(0xbeef, flags, 1, ...counts), ...name(qname), ...u16(type, 1), ...records];
}

/** A record whose owner is the question's name (pointer to offset 12). */
function record(type: number, ttl: number, data: number[]): number[] {
  return [0xc0, 12, ...u16(type, 1, 0, ttl, data.length), ...data];
}

const piece = (direction: 0 | 1, bytes: number[]): PlayedPiece => ({ direction, bytes: Uint8Array.from(bytes) });
const over_tcp = (bytes: number[]) => [...u16(bytes.length), ...bytes];
const udp = (...pieces: PlayedPiece[]) => play([protocol], pieces, {}, { transport: 'udp' });

const QUERY = message(0x0100, [0, 0, 0], 'www.example.com', 1);
const ANSWER = message(0x8180, [2, 0, 0], 'www.example.com', 1, [
  ...record(5, 60, [3, ...Buffer.from('web'), 0xc0, 16]),
  ...[3, ...Buffer.from('web'), 0xc0, 16, ...u16(1, 1, 0, 12, 4), 192, 168, 59, 22],
]);

describe('dns', () => {
  it('pairs a question and its answer by id, and learns the address', () => {
    const { messages } = udp(piece(TO_SERVER, QUERY), piece(TO_CLIENT, ANSWER));
    const shared = {
      request_id: 0xbeef,
      request_type: 'A',
      request_domain: 'www.example.com',
      request_resource: 'www.example.com',
      endpoint: 'www.example.com',
    };
    expect(messages).toMatchObject([
      { type: MESSAGE_TYPE.request, ...shared, length: QUERY.length, tcp_seq: 1 },
      {
        type: MESSAGE_TYPE.response,
        ...shared,
        response_status: STATUS.ok,
        response_code: 0,
        response_result: 'CNAME=web.example.com TTL=60;A=192.168.59.22 TTL=12',
        names: [{ name: 'www.example.com', address: '192.168.59.22', ttl_s: 12 }],
      },
    ]);
    expect(answers(Uint8Array.from(ANSWER), 0, ANSWER.length)).toEqual(messages[1]?.names);
  });

  it.each([
    [1, STATUS.client_error, 'FORMERR'],
    [2, STATUS.server_error, 'SERVFAIL'],
    [3, STATUS.client_error, 'NXDOMAIN'],
    [5, STATUS.server_error, 'REFUSED'],
  ])('response code %i', (rcode, status, text) => {
    const response = message(0x8180 | rcode, [0, 0, 0], 'no.example', 28);
    const { messages } = udp(piece(TO_CLIENT, response));
    expect(messages[0]).toMatchObject({ response_code: rcode, response_status: status, response_exception: text });
  });

  it('reads the extended response code of EDNS', () => {
    // BADVERS = 16: upper bits 1 in the OPT record's TTL (RFC 6891 section 9).
    const opt = [0, ...u16(41, 1232), 1, 0, 0, 0, ...u16(0)];
    const { messages } = udp(piece(TO_CLIENT, message(0x8180, [0, 0, 1], 'a.example', 1, opt)));
    expect(messages[0]).toMatchObject({ response_code: 16, response_exception: 'BADVERS' });
  });

  it('says the SOA when there is no answer, and only the type of records it does not read', () => {
    const soa = record(6, 12, [...name('ns.example'), ...name('root.example'), ...Array(20).fill(0)]);
    const empty = udp(piece(TO_CLIENT, message(0x8180, [0, 1, 0], 'a.example', 28, soa)));
    expect(empty.messages[0]?.response_result).toBe('SOA=ns.example TTL=12');
    const srv = record(33, 5, [0, 0, 0, 100, 0x23, 0x28, ...name('s.example')]);
    const other = udp(piece(TO_CLIENT, message(0x8180, [2, 0, 0], '_a._tcp.example', 33, [...srv, ...srv])));
    expect(other.messages[0]?.response_result).toBe('SRV');
    expect(other.messages[0]?.request_domain).toBeUndefined();
  });

  it('reads several messages of one TCP segment, and a length in a segment of its own', () => {
    const both = [...over_tcp(QUERY), ...over_tcp(QUERY)];
    const reply = over_tcp(ANSWER);
    const pieces = [piece(TO_SERVER, both), piece(TO_CLIENT, reply.slice(0, 2)), piece(TO_CLIENT, reply.slice(2))];
    const { messages, conversation } = play([protocol], pieces);
    expect(messages.map((m) => m.type)).toEqual([0, 0, 1]);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });

  it('says what is certain of a message that was captured in part', () => {
    const whole = over_tcp(ANSWER);
    const cut: PlayedPiece = {
      direction: TO_CLIENT,
      bytes: Uint8Array.from(whole.slice(0, 40)),
      true_length: whole.length,
    };
    const { messages, conversation } = play([protocol], [cut, piece(TO_CLIENT, whole)]);
    expect(messages).toMatchObject([{ request_resource: 'www.example.com', response_code: 0 }, { response_code: 0 }]);
    expect(messages[0]?.names).toBeUndefined();
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('is not claimed on the multicast port', () => {
    const { conversation } = play([protocol], [piece(TO_SERVER, QUERY)], {}, { transport: 'udp', server_port: 5353 });
    expect(conversation.state).toBe('unclaimed');
  });
});

describe('dns names', () => {
  const read = (...bytes: number[]) => read_name(Uint8Array.from(bytes), 0, 0, bytes.length);

  it('writes dots and bytes that are no text as escapes', () => {
    expect(read(0)).toBe('.');
    expect(read(1, 97, 3, 98, 46, 99, 2, 0, 200, 0)).toBe('a.b\\.c.\\000\\200');
  });

  it('refuses what does not end', () => {
    expect(read(1, 97, 0xc0, 0)).toBeUndefined();
    expect(read(0xc0, 0)).toBeUndefined();
    expect(read(5, 97)).toBeUndefined();
    expect(read(0x80, 97, 0)).toBeUndefined();
    expect(read(...Array.from({ length: 200 }, () => [1, 97]).flat(), 0)).toBeUndefined();
  });

  it('writes addresses as RFC 5952 does', () => {
    const text = (...groups: number[]) => ipv6_text(Uint8Array.from(u16(...groups)), 0);
    expect(text(0x2001, 0xdb8, 0, 0, 0, 0, 2, 1)).toBe('2001:db8::2:1');
    expect(text(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1)).toBe('2001:db8:0:1:1:1:1:1');
    expect(text(0, 0, 0, 0, 0, 0, 0, 1)).toBe('::1');
    expect(text(0, 0, 0, 0, 0, 0, 0, 0)).toBe('::');
    expect(text(1, 0, 0, 2, 0, 0, 0, 3)).toBe('1:0:0:2::3');
  });
});
