import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol.ts';
import { brief, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const line = (m: Message) => `${m.request_id} ${brief(m)} ${m.endpoint}`;
const CALLS = [
  '7 request | REQUEST | 4660 33',
  '7 response | RESPONSE | 4660 | status 0 33',
  '8 request | REQUEST | 4660 153',
  '8 response | ERROR | 4660 | status 4 | E_UNKNOWN_METHOD 153',
  '9 session | REQUEST_NO_RETURN | 4660 48',
  '1 session | NOTIFICATION | 4660 32769',
  '2 session | NOTIFICATION | 4660 32770',
];

describe('some/ip', () => {
  // tshark 4.0 gives the same service, method, session, type and return code for each of these.
  it('reads datagrams: calls, events, segments, discovery', () => {
    const { messages, conversation } = play([protocol], recorded('udp'), {}, { transport: 'udp' });
    expect(messages.map(line)).toEqual([
      ...CALLS,
      '9 request | REQUEST | 4660 34',
      '9 response | RESPONSE | 4660 | status 0 34',
      '10 response | RESPONSE | 4660 | status 3 | error of the service 49',
      '1 session | NOTIFICATION | 65535 33024',
    ]);
    expect(messages[0]).toMatchObject({ version: '1', attribute_names: ['client_id'], attribute_values: ['1'] });
    expect(messages[9]?.response_code).toBe(0x2a);
    expect(conversation.counters.boundary_lost).toBe(0);
    expect(JSON.stringify(messages)).not.toContain('secret');
  });

  it('reads a stream, magic cookies included', () => {
    const { messages, conversation } = play([protocol], recorded('tcp'));
    expect(messages.map(line)).toEqual([...CALLS, '9 response | RESPONSE | 4660 | status 0 34']);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });

  it('needs no payload', () => {
    const cut = recorded('tcp').map((p) => ({ ...p, bytes: p.bytes.subarray(0, 16), true_length: p.bytes.length }));
    const { messages } = play([protocol], cut.slice(0, 2));
    expect(messages.map(line)).toEqual(CALLS.slice(0, 2));
  });

  it('leaves other datagrams alone', () => {
    const other = new Uint8Array(recorded('udp')[0]!.bytes);
    other[12] = 2;
    const pieces = [{ direction: 0, bytes: other }] as const;
    expect(play([protocol], pieces, {}, { transport: 'udp' }).conversation.protocol).toBeUndefined();
  });
});
