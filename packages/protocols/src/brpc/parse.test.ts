import { expect, it } from 'vitest';
import { type Message, TO_SERVER } from '../protocol.ts';
import { brief, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = () => load(new URL('captures/calls.json', import.meta.url))[0]!;
const line = (m: Message) => `${m.request_id} ${brief(m)}`;

it('reads calls whose responses come in any order', () => {
  const { messages, conversation } = play([protocol], recorded());
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(messages.map(line)).toEqual([
    '4294967298 request | Add | shop.Cart',
    '4294967298 response | status 0',
    '8589934595 request | Find | shop.Cart',
    '8589934596 request | Gone | shop.Cart',
    '8589934596 response | status 4 | Fail to find method=Gone',
    '8589934595 response | status 3 | ELIMIT',
    '9 request | Add | shop.Cart',
    '9 response | status 0',
  ]);
  expect(messages[0]).toMatchObject({ endpoint: 'shop.Cart/Add', x_request_id: '77', attribute_values: ['shop.Cart'] });
  expect(JSON.stringify(messages)).not.toContain('secret');
});

it('takes trace ids of user fields, else those of bRPC itself', () => {
  const { messages } = play([protocol], recorded());
  expect(messages[2]).toMatchObject({ trace_id: '123456789abcdef0', span_id: '123456789abcdef', parent_span_id: '5' });
  expect(messages[3]).toMatchObject({ trace_id: '0af7651916cd43dd8448eb211c80319c', x_request_id: 'req-9' });
});

it('counts bytes that nobody captured, and passes over meta data that are cut', () => {
  const [request, response] = recorded();
  const long = { ...request!, true_length: request!.bytes.length, bytes: request!.bytes.subarray(0, 50) };
  const cut = { ...request!, true_length: request!.bytes.length, bytes: request!.bytes.subarray(0, 20) };
  const { messages } = play([protocol], [long, response!, cut, ...recorded()]);
  expect(messages[0]?.length).toBe(request!.bytes.length);
  expect(messages.slice(0, 4).map(line)).toEqual([
    '4294967298 request | Add | shop.Cart',
    '4294967298 response | status 0',
    '4294967298 request | Add | shop.Cart',
    '4294967298 response | status 0',
  ]);
});

it('leaves alone what only begins alike', () => {
  const { conversation } = play([protocol], [piece(TO_SERVER, 'PRPC is a word in a text of some length')]);
  expect(conversation.protocol).toBeUndefined();
});
