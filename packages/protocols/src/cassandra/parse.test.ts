import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';
import { checksum } from './segments.ts';

const [driver] = load(new URL('captures/driver.json', import.meta.url));
const bytes_of = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({ direction, bytes: bytes_of(text) });

/** A header of version 5's segments whose checksum Cassandra's own code made: 123,456 bytes, a piece of a frame. */
const SEGMENT = '40e201 66e759';
/** The same with compression (of which this piece has none). */
const PACKED_SEGMENT = '40e2010000 68e885';

describe('cassandra, recorded from the driver', () => {
  it('tells statements, errors and prepared statements', () => {
    const { messages, conversation } = play([protocol], driver!);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
    const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
    const told = requests.map((m, i) => {
      const { response_status, response_code, response_result } = responses[i]!;
      const what = m.request_resource ?? '';
      return [m.request_type, what, response_status, response_code ?? response_result ?? ''].join(' | ');
    });
    expect(told).toEqual([
      'STARTUP |  | 0 | ',
      'AUTH_RESPONSE |  | 0 | ',
      'OPTIONS |  | 0 | ',
      'QUERY | SELECT * FROM system.local WHERE key=? | 0 | rows',
      'QUERY | SELECT * FROM system.peers | 0 | rows',
      'REGISTER |  | 0 | ',
      'QUERY | SELECT id, name FROM users WHERE name = ? | 0 | rows',
      'QUERY | INSERT INTO users (id, name) VALUES (?, ?) | 0 | void',
      'QUERY | SELECT * FROM nowhere | 4 | 8704',
      'QUERY | SELECT * FROM overload | 3 | 4097',
      'PREPARE | SELECT name FROM users WHERE id = ? | 0 | prepared',
      'EXECUTE | SELECT name FROM users WHERE id = ? | 0 | rows',
      'EXECUTE | SELECT name FROM users WHERE id = ? | 0 | rows',
      'BATCH | INSERT INTO users (id) VALUES (?); DELETE FROM carts WHERE id = ? | 3 | 4352',
      'QUERY | SELECT id FROM users LIMIT ? | 0 | rows',
    ]);
    expect(requests[6]).toMatchObject({
      endpoint: 'SELECT users',
      version: '4',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
    });
    expect(requests[11]?.endpoint).toBe('SELECT users');
  });

  it('never keeps what a login sends, nor values', () => {
    const open = JSON.stringify(play([protocol], driver!, { redact: false }).messages);
    expect(open).not.toContain('hidden-word');
    expect(open).toContain("name = 'secret value'");
    expect(JSON.stringify(play([protocol], driver!).messages)).not.toContain('secret value');
  });

  it('reads frames of which only the beginning was captured', () => {
    const cut = driver!.map(({ direction, bytes }) => ({
      direction,
      bytes: bytes.subarray(0, 40),
      true_length: bytes.length,
    }));
    const { messages, conversation } = play([protocol], cut);
    expect(messages).toHaveLength(play([protocol], driver!).messages.length);
    expect(conversation.counters.boundary_lost).toBe(0);
  });
});

describe('cassandra, by the specification', () => {
  it('reads bodies packed with LZ4', () => {
    // Packed by the library lz4js.
    const packed =
      'f5230000005a53454c45435420612c20622c20632c20642046524f4d2075736572732057484552452061203d203120414e4420620a0015630a0015640a00092800502031000100';
    const { messages } = play([protocol], [hex(TO_SERVER, `04 01 0007 07 0000004b 00000061 ${packed}`)]);
    expect(messages.map(brief)).toEqual([
      'request | QUERY | SELECT a, b, c, d FROM users WHERE a = ? AND b = ? AND c = ? AND d = ? AND a = ? AND b = ?',
    ]);
  });

  it('tells events as one-way, beside the answers', () => {
    const { messages } = play(
      [protocol],
      [...driver!.slice(0, 2), hex(TO_CLIENT, `84 00 ffff 0c 0000000f 000d 5354415455535f4348414e4745`)],
    );
    expect(messages.map(brief)).toContain('session | EVENT | STATUS_CHANGE');
  });

  // From the tests of another implementation, which made them with Cassandra's.
  it.each([
    ['000000', 8_251_255],
    ['0000000000', 11_185_162],
    ['40e201', 5_891_942],
    ['40e2010000', 8_775_784],
  ])('checksum of %s', (text, expected) => {
    expect(checksum(bytes_of(text), 0, text.length / 2)).toBe(expected);
  });

  it.each([
    ['plain', SEGMENT],
    ['with compression', PACKED_SEGMENT],
  ])('version 5, %s: a long frame in pieces, some of it not captured', (_name, header) => {
    const text = `SELECT ${'a, '.repeat(20)}b FROM users`;
    const length = 123_456 - 9;
    const frame = Buffer.alloc(9 + 4 + text.length);
    Buffer.from(`05000001 07`.replace(/\s/g, ''), 'hex').copy(frame);
    frame.writeUInt32BE(length, 5);
    frame.writeUInt32BE(length - 6, 9);
    frame.write(text, 13, 'latin1');
    const bytes = Uint8Array.from([...bytes_of(header), ...frame]);
    const size = bytes_of(header).length + 123_456 + 4;
    const answer = hex(TO_CLIENT, '85 00 0001 00 0000000b 00001000 0005 6e6f646573');
    const { messages, conversation } = play(
      [protocol],
      [{ direction: TO_SERVER, bytes, true_length: size }, answer],
      {},
      { hint: 'cassandra' },
    );
    expect(messages.map((m) => [m.endpoint, m.response_status, m.length])).toEqual([
      ['SELECT users', undefined, 123_456],
      [undefined, STATUS.server_error, 20],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it.each([
    ['04 00 0001 05 00000000', 2],
    ['04 00 0001 07 0000000b 00000004 555345206100 01', 3],
    ['04 00 0001 07 0000000b 00000044 555345206100 01', 0],
    ['03 00 0016 11 e0000000 0000 4d6f7a696c6c61', 0],
    ['06 00 0001 07 0000000b 00000004 555345206100 01', 0],
    [`${SEGMENT.replace('66', '67')} 05000001 07 00000010`, 0],
  ])('%s on another port: score %i', (text, score) => {
    const bytes = bytes_of(text);
    expect(infer(bytes, 0, bytes.length, TO_SERVER, 80).score).toBe(score);
  });
});
