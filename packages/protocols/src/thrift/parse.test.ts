import { describe, expect, it } from 'vitest';
import type { Message } from '../protocol.ts';
import { brief, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const KINDS = ['framed-binary', 'framed-compact', 'bare-binary', 'bare-compact'];
const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const line = (m: Message) => `${m.request_id} ${brief(m)}`;

// tshark 4.0 tells the same types, names and sequence ids of the binary messages; those of the compact protocol it takes as
// zigzag numbers, which the specification and the libraries do not.
describe.each(KINDS)('thrift, %s', (kind) => {
  it('reads calls, one-way calls, declared and undeclared exceptions', () => {
    const { messages, conversation } = play([protocol], recorded(kind));
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(messages.map(line)).toEqual([
      '1 request | getCart',
      '1 response | status 0',
      '2 request | place | Orders',
      '2 response | status 3 | no stock left',
      '3 request | log',
      '4 request | gone',
      '4 response | status 4 | Unknown function gone',
      '5 request | late',
      '6 request | fast',
      '6 response | status 0',
      '5 response | status 0',
    ]);
    const bytes = recorded(kind).map((p) => p.bytes.length);
    expect(messages.map((m) => m.length)).toEqual(bytes);
    expect(messages[2]?.endpoint).toBe('Orders/place');
    expect(messages[4]?.one_way).toBe(true);
    expect(messages[6]?.response_code).toBe(1);
    expect(JSON.stringify(messages)).not.toContain('secret');
  });

  it('knows the method of a call that was cut', () => {
    const [request, response] = recorded(kind);
    const cut = { ...request!, bytes: request!.bytes.subarray(0, 30), true_length: request!.bytes.length };
    const { messages } = play([protocol], [cut, response!]);
    expect(messages.map(line)).toEqual(['1 request | getCart', '1 response | status 0']);
  });
});
